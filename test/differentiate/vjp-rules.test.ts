/** @file Every vjp rule, and the vjp of what it builds, against finite differences on all samples; ties and zeros by hand. */
import { describe, expect, test } from 'vitest';
import { differentiate } from '../../src/compiler/differentiate/differentiate.ts';
import { vjpRules } from '../../src/compiler/differentiate/vjp-rules.ts';
import { evaluateFunction } from '../../src/compiler/ir/evaluate/evaluate.ts';
import { type HostArray, hostArray } from '../../src/compiler/ir/host-array.ts';
import type { Func } from '../../src/compiler/ir/ir.ts';
import type { Attributes, PrimitiveName } from '../../src/compiler/ir/primitives.ts';
import { inferTypes } from '../../src/compiler/ir/type-rules.ts';
import { verifyFunction } from '../../src/compiler/ir/verify.ts';
import { floats } from '../primitives/draw.ts';
import { allSamples } from '../primitives/samples.ts';
import { finiteDifferences, relativeDistance } from './finite-differences.ts';
import { directional, floatParameters, gradientOf, weightedSum } from './gradients.ts';

const tolerance = 1e-6;

/** Samples with a float result, at points where finite differences are the derivative. */
const smooth = allSamples.filter(({ op, sample }) => {
  const types = sample.operands.map(({ type }) => type);
  const results = inferTypes(op, types, sample.attributes as Attributes[typeof op]);
  return sample.smooth && results.some(({ dtype }) => dtype === 'float');
});

function expectGradients(f: Func, args: readonly HostArray[]): void {
  const wrt = floatParameters(f);
  const plain = differentiate(f);
  const expanded = differentiate(gradientOf(f, wrt));
  verifyFunction(expanded, { structural: false });
  const [, ...gradients] = evaluateFunction(expanded, args);
  wrt.forEach((parameter, index) => {
    const expected = finiteDifferences(plain, args, parameter);
    expect(relativeDistance((gradients[index] as HostArray).data, expected), `parameter ${parameter}`).toBeLessThan(tolerance);
  });
}

describe('gradients of smooth samples', () => {
  test.each(smooth)('$op of sample $sample.name, once and twice', ({ op, sample }) => {
    const f = weightedSum(op, sample.operands, sample.attributes as Attributes[typeof op]);
    const weights = f.parameters.slice(sample.operands.length).map(({ value }, index) => floats(value.type.shape, 901 + index, -1, 1));
    const args = [...sample.operands, ...weights];
    expectGradients(f, args);
    const wrt = floatParameters(f);
    const directions = wrt.map((index) => floats((args[index] as HostArray).type.shape, 902 + index, -1, 1));
    expectGradients(directional(f, wrt), [...args, ...directions]);
  });
});

/** Gradients of sum(op(operands) * weights) by every float operand. */
function operandGradients<P extends PrimitiveName>(
  op: P,
  operands: readonly HostArray[],
  attributes: Attributes[P],
  weights: readonly number[],
): number[][] {
  const f = weightedSum(op, operands, attributes);
  const shape = f.parameters.at(-1)?.value.type.shape ?? [];
  const wrt = floatParameters(f).slice(0, -1);
  const [, ...gradients] = evaluateFunction(differentiate(gradientOf(f, wrt)), [...operands, hostArray('float', shape, weights)]);
  return gradients.map(({ data }) => Array.from(data, (value) => value + 0));
}

describe('at ties the first wins', () => {
  const a = hostArray('float', [3], [1, 2, 3]);
  const b = hostArray('float', [3], [1, 3, 2]);

  test('maximum and minimum', () => {
    expect(operandGradients('maximum', [a, b], {}, [10, 20, 30])).toEqual([
      [10, 0, 30],
      [0, 20, 0],
    ]);
    expect(operandGradients('minimum', [a, b], {}, [10, 20, 30])).toEqual([
      [10, 20, 0],
      [0, 0, 30],
    ]);
  });

  test('reduce_max, in row-major order whatever the order of the dimensions', () => {
    const x = hostArray('float', [2, 2, 2], [0, 7, 7, 5, 7, 1, 7, 5]);
    expect(operandGradients('reduce_max', [x], { dimensions: [2] }, [1, 2, 3, 4])).toEqual([[0, 1, 2, 0, 3, 0, 4, 0]]);
    expect(operandGradients('reduce_max', [x], { dimensions: [0, 2] }, [1, 2])).toEqual([[0, 1, 2, 0, 0, 0, 0, 0]]);
    expect(operandGradients('reduce_max', [x], { dimensions: [2, 0] }, [1, 2])).toEqual([[0, 1, 2, 0, 0, 0, 0, 0]]);
    expect(operandGradients('reduce_max', [x], { dimensions: [0, 1, 2] }, [1])).toEqual([[0, 1, 0, 0, 0, 0, 0, 0]]);
  });
});

describe('where a careless rule gives NaN', () => {
  test('powers at zero', () => {
    const zeros = hostArray('float', [4], [0, 0, 0, 0]);
    const exponents = hostArray('float', [4], [0, 1, 2, 3]);
    expect(operandGradients('power', [zeros, exponents], {}, [1, 1, 1, 1])).toEqual([
      [0, 1, 0, 0],
      [0, 0, 0, 0],
    ]);
  });

  test('second derivatives of a variable power at zero', () => {
    const operands = [hostArray('float', [3], [0, 0, 0]), hostArray('float', [3], [1, 2, 3])];
    const f = weightedSum('power', operands, {});
    const twice = differentiate(gradientOf(directional(f, [0]), [0]));
    const ones = hostArray('float', [3], [1, 1, 1]);
    const [, second] = evaluateFunction(twice, [...operands, ones, ones]);
    expect(Array.from(second?.data ?? [], (value) => value + 0)).toEqual([0, 2, 0]);
  });

  test('abs at zero', () => {
    expect(operandGradients('abs', [hostArray('float', [3], [-2, 0, 2])], {}, [1, 1, 1])).toEqual([[-1, 0, 1]]);
  });
});

test('zero derivatives are zero, not missing', () => {
  const x = hostArray('float', [2], [1.5, -0.5]);
  for (const op of ['sign', 'floor', 'stop_gradient'] as const) expect(operandGradients(op, [x], {}, [3, 4])).toEqual([[0, 0]]);
});

test('every primitive that passes no gradient says why', () => {
  const silent = Object.entries(vjpRules).flatMap(([name, rule]) => (rule.kind === 'zero' && rule.reason.length < 10 ? [name] : []));
  expect(silent).toEqual([]);
});
