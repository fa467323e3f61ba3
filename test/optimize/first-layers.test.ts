/** @file Passes for first layers (pooled-convolutions, patch-products, moments) change neither a network's loss nor its gradients. */
import { describe, expect, test } from 'vitest';
import { differentiate } from '../../src/compiler/differentiate/differentiate.ts';
import { FunctionBuilder } from '../../src/compiler/ir/build.ts';
import { evaluateFunction } from '../../src/compiler/ir/evaluate/evaluate.ts';
import { hostArray } from '../../src/compiler/ir/host-array.ts';
import type { Func, Value } from '../../src/compiler/ir/ir.ts';
import type { PrimitiveName } from '../../src/compiler/ir/primitives.ts';
import { sizeOf } from '../../src/compiler/ir/tensor-type.ts';
import { removeDeadNodes } from '../../src/compiler/optimize/dead-code.ts';
import { moments } from '../../src/compiler/optimize/moments.ts';
import type { Pass } from '../../src/compiler/optimize/pass.ts';
import { patchProducts } from '../../src/compiler/optimize/patch-products.ts';
import { pooledConvolutions } from '../../src/compiler/optimize/pooled-convolutions.ts';
import { shapes } from '../../src/compiler/optimize/shapes.ts';

interface Layer {
  readonly side: number;
  readonly channels: number;
  readonly kernel: number;
  readonly stride: number;
  readonly padding: readonly [number, number];
  /** 1 for none. */
  readonly pool: number;
  /** Order the windows by x * sign(scale), as pool-first does for factors of unknown sign. */
  readonly signed: boolean;
}

const IMAGES = 3;
const FEATURES = 28;

/** Convolution, transpose to channels last, batch norm, pool; loss is the sum of the sines. Results: loss, gradients of kernel and scale. */
function network({ side, channels, kernel, stride, padding, pool, signed }: Layer): Func {
  const body = new FunctionBuilder();
  const weights = body.parameter('kernel', { dtype: 'float', shape: [FEATURES, channels, kernel, kernel] });
  const scale = body.parameter('scale', { dtype: 'float', shape: [FEATURES] });
  const x = body.parameter('x', { dtype: 'float', shape: [IMAGES, channels, side, side] });
  const convolved = body.emit('convolution', [x, weights], {
    strides: [stride, stride],
    padding: [padding, padding],
    lhsDilation: [1, 1],
    rhsDilation: [1, 1],
    groups: 1,
  });
  const y = body.transpose(convolved, [0, 2, 3, 1]);
  const spread = (value: Value, shape: readonly number[]) => body.broadcast(value, shape, [3]);
  const mean = (value: Value) => {
    const sum = body.sum(value, [0, 1, 2]);
    return body.scale('multiply', sum, 1 / (sizeOf(value.type.shape) / FEATURES));
  };
  const average = mean(y);
  const centred = body.binary('subtract', y, spread(average, y.type.shape));
  const deviation = body.unary('rsqrt', body.scale('add', mean(body.binary('multiply', centred, centred)), 0.1));
  const factor = body.binary('multiply', deviation, scale);
  let top = y;
  if (pool > 1) {
    const window = { window: [1, pool, pool, 1], strides: [1, pool, pool, 1] };
    const positive = body.compare('GE', factor, body.zerosLike(factor));
    const sign = body.select(positive, body.constant(1, [FEATURES]), body.constant(-1, [FEATURES]));
    const ordered = signed ? body.binary('multiply', y, spread(sign, y.type.shape)) : y;
    top = body.emit('window_take', [y, body.emit('window_argmax', [ordered], window)], window);
  }
  const normal = body.binary('multiply', body.binary('subtract', top, spread(average, top.type.shape)), spread(factor, top.type.shape));
  const loss = body.sum(body.unary('sine', normal), [0, 1, 2, 3]);
  const outer = new FunctionBuilder();
  const inner = body.finish([{ name: 'loss', value: loss }]);
  const operands = inner.parameters.map(({ name, value }) => outer.parameter(name, value.type));
  const results = outer.apply('gradient', operands, { body: inner, wrt: [0, 1] });
  return outer.finish(results.map((value, index) => ({ name: `result${index}`, value })));
}

function run(f: Func): Float64Array[] {
  const operands = f.parameters.map(({ name, value: { type } }) => {
    const values = Array.from({ length: sizeOf(type.shape) }, (_, index) => Math.sin(index * 1.3 + name.length) + (name === 'x' ? 1 : 0));
    return hostArray('float', type.shape, values);
  });
  return evaluateFunction(f, operands).map((result) => result.data as Float64Array);
}

function agree(layer: Layer, passes: readonly Pass[]): Func {
  const plain = network(layer);
  const before = (f: Func) => [...passes, ...passes].reduce((current, pass) => pass.run(current), f);
  const wanted = run(differentiate(plain, (f) => f));
  const changed = differentiate(plain, before);
  const found = run(changed);
  wanted.forEach((values, result) => {
    values.forEach((value, index) => {
      expect(Math.abs((found[result]?.[index] as number) - value), `result ${result}, element ${index}`).toBeLessThan(1e-9);
    });
  });
  return changed;
}

function count(f: Func, op: PrimitiveName): number {
  return f.nodes.filter((node) => node.op === op).length;
}

const layer: Layer = { side: 7, channels: 1, kernel: 3, stride: 1, padding: [1, 1], pool: 2, signed: true };

describe('first layers', () => {
  test.each<[string, Layer]>([
    ['pool with signs, odd size', layer],
    ['pool without signs', { ...layer, signed: false }],
    ['pool of three channels', { ...layer, channels: 3, side: 6 }],
    ['pool of a strided convolution', { ...layer, stride: 2, side: 9, padding: [0, 1] }],
    ['no padding', { ...layer, padding: [0, 0] }],
    ['negative padding', { ...layer, padding: [-1, 1] }],
    ['no pool, strided', { ...layer, pool: 1, stride: 2, side: 8, padding: [0, 1] }],
  ])('%s', (_, one) => {
    const changed = agree(one, [pooledConvolutions, patchProducts, shapes, moments]);
    expect(count(changed, 'convolution')).toBe(0);
    expect(count(changed, 'window_argmax')).toBe(0);
    expect(count(changed, 'window_put')).toBe(0);
  });

  test('pooled-convolutions alone leaves strided convolutions', () => {
    const changed = agree(layer, [pooledConvolutions]);
    expect(count(changed, 'window_put')).toBe(0);
    expect(count(changed, 'maximum')).toBe(3);
  });

  test('a window of more than four elements stays a pool', () => {
    const changed = agree({ ...layer, pool: 3 }, [pooledConvolutions]);
    expect(count(changed, 'window_argmax')).toBe(1);
  });

  test('a kernel of many taps stays a convolution', () => {
    const changed = agree({ ...layer, channels: 4 }, [pooledConvolutions, patchProducts]);
    expect(count(changed, 'window_argmax')).toBe(1);
    expect(count(changed, 'convolution')).toBeGreaterThan(0);
  });

  test('the variance of a product reads no tensor of the size of the layer', () => {
    const one = { ...layer, side: 12 };
    const changed = removeDeadNodes(agree(one, [pooledConvolutions, patchProducts, shapes, moments]));
    const whole = IMAGES * FEATURES * one.side * one.side;
    for (const node of changed.nodes)
      for (const { type } of node.results) expect(sizeOf(type.shape), JSON.stringify([node.op, type])).toBeLessThan(whole);
  });
});
