/** @file Sessions of the ONNX engine: what stays resident, what is replaced, what is returned, what is refused. */
import { describe, expect, test } from 'vitest';
import { FunctionBuilder } from '../../src/compiler/ir/build.ts';
import type { EntryFunction, Program } from '../../src/compiler/ir/ir.ts';
import type { TensorType } from '../../src/compiler/ir/tensor-type.ts';
import type { Session } from '../../src/runtime/engine.ts';
import { onnxEngine } from '../../src/runtime/engines/onnx/onnx-engine.ts';
import type { Tensor, TensorData } from '../../src/runtime/tensor.ts';

const vector: TensorType = { dtype: 'float', shape: [3] };
const images: TensorType = { dtype: 'uint8', shape: [4, 2] };
const rows: TensorType = { dtype: 'int', shape: [2] };

/** weight -= x; count += 1; total = sum of weight * weight before; picked: rows of the data set; `unused` is read by nobody. */
function stepEntry(): EntryFunction {
  const b = new FunctionBuilder();
  const weight = b.parameter('weight', vector);
  const count = b.parameter('count', { dtype: 'float', shape: [] });
  b.parameter('unused', vector);
  const x = b.parameter('x', vector);
  const data = b.parameter('data', images);
  const index = b.parameter('index', rows);
  const picked = b.emit('convert', [b.emit('gather', [data, index], { axis: 0, batchDims: 0 })], { dtype: 'float' });
  const body = b.finish([
    { name: 'weight', value: b.binary('subtract', weight, x) },
    { name: 'count', value: b.scale('add', count, 1) },
    { name: 'total', value: b.sum(b.binary('multiply', weight, weight), [0]) },
    { name: 'picked', value: picked },
    { name: 'large', value: b.compare('GT', weight, b.zerosLike(weight)) },
  ]);
  return {
    name: 'step',
    body,
    tasks: 1,
    inputs: [
      { kind: 'draw', name: 'x', type: vector, distribution: 'normal', stream: 's', perTask: false, tasks: undefined },
      { kind: 'examples', name: 'index', type: rows, tasks: 't', episode: 't', part: 'support' },
      { kind: 'data', name: 'data', type: images, tasks: 't' },
    ],
  };
}

function program(functions: readonly EntryFunction[]): Program {
  return {
    format: 'metac-ir',
    version: 1,
    name: 'test',
    weights: [{ name: 'weight', type: vector }],
    state: [
      { name: 'count', type: { dtype: 'float', shape: [] }, initial: 5 },
      { name: 'unused', type: vector, initial: 2 },
    ],
    sources: [],
    functions,
    train: [],
    evaluate: undefined,
    protocol: {},
  };
}

function tensor(type: TensorType, data: TensorData): Tensor {
  return { ...type, data };
}

const inputs = new Map([
  ['x', tensor(vector, Float32Array.of(1, 1, 1))],
  ['index', tensor(rows, Int32Array.of(3, 1))],
]);

async function ready(): Promise<Session> {
  const session = await onnxEngine().compile(program([stepEntry()]), { threads: 1 });
  await session.write(
    new Map([
      ['weight', tensor(vector, Float64Array.of(1, 2, 3))],
      ['data', tensor(images, Uint8Array.of(0, 1, 2, 3, 4, 5, 254, 255))],
    ]),
  );
  return session;
}

describe('a session', () => {
  test('replaces weights and state, returns the other results, call after call', async () => {
    const session = await ready();
    const first = await session.run('step', inputs);
    expect([...first.keys()].sort()).toEqual(['large', 'picked', 'total']);
    expect(first.get('total')).toEqual({ dtype: 'float', shape: [], data: Float32Array.of(14) });
    expect(first.get('picked')).toEqual({ dtype: 'float', shape: [2, 2], data: Float32Array.of(254, 255, 2, 3) });
    expect(first.get('large')).toEqual({ dtype: 'bool', shape: [3], data: Uint8Array.of(1, 1, 1) });
    const second = await session.run('step', inputs);
    expect(second.get('total')?.data[0]).toBe(5);
    expect(second.get('large')?.data).toEqual(Uint8Array.of(0, 1, 1));
    const state = await session.read(['weight', 'count', 'unused']);
    expect(state.get('weight')?.data).toEqual(Float32Array.of(-1, 0, 1));
    expect(state.get('count')?.data).toEqual(Float32Array.of(7));
    expect(state.get('unused')?.data).toEqual(Float32Array.of(2, 2, 2));
    await session.dispose();
  });

  test('hands out copies: later calls do not change results or what was read', async () => {
    const session = await ready();
    const before = await session.read(['weight']);
    const first = await session.run('step', inputs);
    await session.run('step', inputs);
    await session.run('step', inputs);
    expect(before.get('weight')?.data).toEqual(Float32Array.of(1, 2, 3));
    expect(first.get('total')?.data[0]).toBe(14);
    await session.dispose();
  });

  test('reads what was written, and runs on it', async () => {
    const session = await ready();
    await session.run('step', inputs);
    await session.write(new Map([['weight', tensor(vector, Float32Array.of(2, 0, 0))]]));
    expect((await session.read(['weight'])).get('weight')?.data).toEqual(Float32Array.of(2, 0, 0));
    expect((await session.run('step', inputs)).get('total')?.data[0]).toBe(4);
    await session.dispose();
  });

  test('refuses a missing input, another shape, an unknown function and an unknown tensor', async () => {
    const session = await ready();
    await expect(session.run('step', new Map())).rejects.toThrow("without its input 'x'");
    const long = new Map([...inputs, ['x', tensor({ dtype: 'float', shape: [4] }, new Float32Array(4))] as const]);
    await expect(session.run('step', long)).rejects.toThrow("'x' is float[3]");
    await expect(session.run('other', inputs)).rejects.toThrow("no function 'other'");
    await expect(session.write(new Map([['other', tensor(vector, new Float32Array(3))]]))).rejects.toThrow("no tensor 'other'");
    await session.dispose();
  });
});

test('the engine says that it is available and with which version', async () => {
  const { available, detail } = await onnxEngine().probe();
  expect(available).toBe(true);
  expect(detail).toMatch(/onnxruntime-node \d+\.\d+/);
});

test('a program that is not differentiated is refused before it runs', async () => {
  const inner = new FunctionBuilder();
  const w = inner.parameter('w', vector);
  const body = inner.finish([{ name: 'loss', value: inner.sum(inner.binary('multiply', w, w), [0]) }]);
  const b = new FunctionBuilder();
  const [, gradient] = b.apply('gradient', [b.parameter('weight', vector)], { body, wrt: [0] });
  if (gradient === undefined) throw new Error('no gradient');
  const entry = { name: 'step', body: b.finish([{ name: 'weight', value: gradient }]), tasks: 0, inputs: [] };
  await expect(onnxEngine().compile(program([entry]), {})).rejects.toThrow("ONNX has no 'gradient'");
});
