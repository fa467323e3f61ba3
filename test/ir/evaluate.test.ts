/** @file The reference evaluator: against the type rules on every sample, and against slow definitions and hand-made numbers. */
import { describe, expect, test } from 'vitest';
import { FunctionBuilder } from '../../src/compiler/ir/build.ts';
import { errorFunction } from '../../src/compiler/ir/evaluate/error-function.ts';
import { evaluateFunction } from '../../src/compiler/ir/evaluate/evaluate.ts';
import { type HostArray, hostArray } from '../../src/compiler/ir/host-array.ts';
import type { Value } from '../../src/compiler/ir/ir.ts';
import type { Attributes, PrimitiveName } from '../../src/compiler/ir/primitives.ts';
import { sizeOf, stridesOf, tensorType } from '../../src/compiler/ir/tensor-type.ts';
import { inferTypes } from '../../src/compiler/ir/type-rules.ts';
import { allSamples, samples } from '../primitives/samples.ts';

function evaluateAll<P extends PrimitiveName>(op: P, operands: readonly HostArray[], attributes: Attributes[P]): readonly HostArray[] {
  const builder = new FunctionBuilder();
  const parameters = operands.map((operand, index) => builder.parameter(`operand${index}`, operand.type));
  const results = builder.apply(op, parameters, attributes).map((value, index) => ({ name: `result${index}`, value }));
  return evaluateFunction(builder.finish(results), operands);
}

function evaluateOne<P extends PrimitiveName>(op: P, operands: readonly HostArray[], attributes: Attributes[P]): HostArray {
  return evaluateAll(op, operands, attributes)[0] as HostArray;
}

function numbers(array: HostArray): number[] {
  // Zeros of either sign are equal here.
  return Array.from(array.data, (value) => value + 0);
}

/** A row-major index as coordinates. */
function coordinates(index: number, shape: readonly number[]): number[] {
  return stridesOf(shape).map((stride, axis) => Math.floor(index / stride) % (shape[axis] as number));
}

function elementAt(array: HostArray, position: readonly number[]): number {
  const inside = position.every((value, axis) => value >= 0 && value < (array.type.shape[axis] as number));
  return inside
    ? (array.data[position.reduce((sum, value, axis) => sum + value * (stridesOf(array.type.shape)[axis] as number), 0)] as number)
    : 0;
}

test.each(allSamples)('$op of sample $sample.name has the type that its rule gives', ({ op, sample }) => {
  const results = evaluateAll(op, sample.operands, sample.attributes as Attributes[typeof op]);
  const types = inferTypes(
    op,
    sample.operands.map((operand) => operand.type),
    sample.attributes as Attributes[typeof op],
  );
  expect(results.map(({ type }) => type)).toEqual(types);
  for (const result of results) {
    expect(result.data.length).toBe(sizeOf(result.type.shape));
    const kinds = { float: Float64Array, int: Int32Array, bool: Uint8Array, uint8: Uint8Array };
    expect(result.data).toBeInstanceOf(kinds[result.type.dtype]);
    expect(numbers(result).every(Number.isFinite)).toBe(true);
  }
});

test('scan hands each step the carries of the one before, its slice, and the rest whole', () => {
  const step = new FunctionBuilder();
  const [sum, x, factor] = ['sum', 'x', 'factor'].map((name) => step.parameter(name, tensorType('float', []))) as [Value, Value, Value];
  const next = step.binary('add', step.binary('multiply', sum, factor), x);
  const body = step.finish([
    { name: 'next', value: next },
    { name: 'output', value: next },
  ]);
  const run = (reverse: boolean) =>
    evaluateAll('scan', [hostArray('float', [], [1]), hostArray('float', [3], [2, 3, 4]), hostArray('float', [], [10])], {
      body,
      length: 3,
      carries: 1,
      sequences: 1,
      reverse,
    }).map(numbers);
  expect(run(false)).toEqual([[1234], [12, 123, 1234]]);
  expect(run(true)).toEqual([[1432], [1432, 143, 14]]);
});

test.each(samples.convolution)('convolution of sample $name is the sum that defines it', ({ operands, attributes }) => {
  const [lhs, rhs] = operands as readonly [HostArray, HostArray];
  const result = evaluateOne('convolution', operands, attributes);
  const kernel = rhs.type.shape.slice(2);
  const inChannels = rhs.type.shape[1] as number;
  const perGroup = (rhs.type.shape[0] as number) / attributes.groups;
  const expected = Array.from(result.data, (_, index) => {
    const [image, out, ...place] = coordinates(index, result.type.shape) as [number, number, ...number[]];
    let sum = 0;
    for (let channel = 0; channel < inChannels; channel++) {
      for (let element = 0; element < sizeOf(kernel); element++) {
        const offset = coordinates(element, kernel);
        const dilated = place.map(
          (x, axis) =>
            x * (attributes.strides[axis] as number) +
            (offset[axis] as number) * (attributes.rhsDilation[axis] as number) -
            (attributes.padding[axis] as readonly [number, number])[0],
        );
        if (dilated.some((x, axis) => x % (attributes.lhsDilation[axis] as number) !== 0)) continue;
        const source = dilated.map((x, axis) => x / (attributes.lhsDilation[axis] as number));
        const input = elementAt(lhs, [image, Math.floor(out / perGroup) * inChannels + channel, ...source]);
        sum += input * elementAt(rhs, [out, channel, ...offset]);
      }
    }
    return sum;
  });
  numbers(result).forEach((value, index) => {
    expect(value).toBeCloseTo(expected[index] as number, 12);
  });
});

test.each(samples.dot_general)('dot_general of sample $name is the sum that defines it', ({ operands, attributes }) => {
  const [lhs, rhs] = operands as readonly [HostArray, HostArray];
  const result = evaluateOne('dot_general', operands, attributes);
  const { lhsBatch, rhsBatch, lhsContract, rhsContract } = attributes;
  const free = (array: HostArray, taken: readonly number[]) =>
    array.type.shape.map((_, axis) => axis).filter((axis) => !taken.includes(axis));
  const lhsFree = free(lhs, [...lhsBatch, ...lhsContract]);
  const rhsFree = free(rhs, [...rhsBatch, ...rhsContract]);
  const summed = lhsContract.map((axis) => lhs.type.shape[axis] as number);
  numbers(result).forEach((value, index) => {
    const place = coordinates(index, result.type.shape);
    const fill = (array: HostArray, named: readonly (readonly [readonly number[], readonly number[]])[]) => {
      const position = array.type.shape.map(() => 0);
      for (const [axes, values] of named)
        axes.forEach((axis, order) => {
          position[axis] = values[order] as number;
        });
      return elementAt(array, position);
    };
    const batch = place.slice(0, lhsBatch.length);
    const left = place.slice(lhsBatch.length, lhsBatch.length + lhsFree.length);
    const right = place.slice(lhsBatch.length + lhsFree.length);
    let sum = 0;
    for (let k = 0; k < sizeOf(summed); k++) {
      const inner = coordinates(k, summed);
      const a = fill(lhs, [
        [lhsBatch, batch],
        [lhsFree, left],
        [lhsContract, inner],
      ]);
      sum +=
        a *
        fill(rhs, [
          [rhsBatch, batch],
          [rhsFree, right],
          [rhsContract, inner],
        ]);
    }
    expect(value).toBeCloseTo(sum, 12);
  });
});

describe('hand-made numbers', () => {
  const row = hostArray('float', [2, 3], [1, 5, 5, -1, -7, -1]);

  test('maxima, and the first of equal ones', () => {
    expect(numbers(evaluateOne('reduce_max', [row], { dimensions: [1] }))).toEqual([5, -1]);
    expect(numbers(evaluateOne('reduce_max', [row], { dimensions: [0, 1] }))).toEqual([5]);
    expect(numbers(evaluateOne('arg_max', [row], { dimension: 1 }))).toEqual([1, 0]);
    expect(numbers(evaluateOne('arg_max', [row], { dimension: 0 }))).toEqual([0, 0, 0]);
    const tied = samples.window_argmax.find(({ name }) => name === 'ties');
    expect(numbers(evaluateOne('window_argmax', tied?.operands ?? [], { window: [1, 2, 2], strides: [1, 2, 2] }))).toEqual([0, 1, 1, 0]);
  });

  test('a NaN wins every maximum and minimum', () => {
    const withNaN = hostArray('float', [3], [1, Number.NaN, 2]);
    const other = hostArray('float', [3], [3, 4, Number.NaN]);
    expect(numbers(evaluateOne('reduce_max', [withNaN], { dimensions: [0] }))).toEqual([Number.NaN]);
    expect(numbers(evaluateOne('arg_max', [withNaN], { dimension: 0 }))).toEqual([1]);
    expect(numbers(evaluateOne('maximum', [withNaN, other], {}))).toEqual([3, Number.NaN, Number.NaN]);
    expect(numbers(evaluateOne('minimum', [withNaN, other], {}))).toEqual([1, Number.NaN, Number.NaN]);
  });

  test('sums', () => {
    expect(numbers(evaluateOne('reduce_sum', [row], { dimensions: [0] }))).toEqual([0, -2, 4]);
    expect(numbers(evaluateOne('reduce_sum', [row], { dimensions: [1] }))).toEqual([11, -9]);
    const cumulative = (reverse: boolean, exclusive: boolean) =>
      numbers(evaluateOne('cumulative_sum', [hostArray('float', [3], [1, 2, 4])], { dimension: 0, reverse, exclusive }));
    expect(cumulative(false, false)).toEqual([1, 3, 7]);
    expect(cumulative(false, true)).toEqual([0, 1, 3]);
    expect(cumulative(true, false)).toEqual([7, 6, 4]);
    expect(cumulative(true, true)).toEqual([6, 4, 0]);
  });

  test('moving elements', () => {
    const matrix = hostArray('float', [2, 3], [1, 2, 3, 4, 5, 6]);
    expect(numbers(evaluateOne('transpose', [matrix], { permutation: [1, 0] }))).toEqual([1, 4, 2, 5, 3, 6]);
    expect(numbers(evaluateOne('reverse', [matrix], { dimensions: [1] }))).toEqual([3, 2, 1, 6, 5, 4]);
    expect(numbers(evaluateOne('slice', [matrix], { start: [0, 0], limit: [2, 3], strides: [1, 2] }))).toEqual([1, 3, 4, 6]);
    expect(numbers(evaluateOne('pad', [matrix], { low: [1, 0], high: [0, 1], interior: [0, 1] }))).toEqual([
      ...[0, 0, 0, 0, 0, 0],
      ...[1, 0, 2, 0, 3, 0],
      ...[4, 0, 5, 0, 6, 0],
    ]);
    const column = hostArray('float', [2, 1], [8, 9]);
    expect(numbers(evaluateOne('concatenate', [column, matrix], { dimension: 1 }))).toEqual([8, 1, 2, 3, 9, 4, 5, 6]);
    expect(numbers(evaluateOne('broadcast_in_dim', [column], { shape: [2, 2, 2], dimensions: [0, 2] }))).toEqual([8, 8, 8, 8, 9, 9, 9, 9]);
    const picks = hostArray('int', [2, 2], [2, 0, 1, 1]);
    expect(numbers(evaluateOne('gather', [matrix, picks], { axis: 1, batchDims: 1 }))).toEqual([3, 1, 5, 5]);
    expect(numbers(evaluateOne('gather', [matrix, hostArray('int', [], [1])], { axis: 0, batchDims: 0 }))).toEqual([4, 5, 6]);
    const updates = hostArray('float', [2, 2], [1, 2, 3, 4]);
    expect(numbers(evaluateOne('scatter_add', [updates, picks], { axis: 1, batchDims: 1, shape: [2, 3] }))).toEqual([2, 0, 1, 0, 7, 0]);
    expect(numbers(evaluateOne('iota', [], { dtype: 'int', shape: [2, 3], dimension: 0 }))).toEqual([0, 0, 0, 1, 1, 1]);
  });

  test('windows', () => {
    const x = hostArray('float', [5], [1, 9, 2, 4, 8]);
    const geometry = { window: [3], strides: [2] };
    const choice = evaluateOne('window_argmax', [x], geometry);
    expect(numbers(choice)).toEqual([1, 2]);
    expect(numbers(evaluateOne('window_take', [x, choice], geometry))).toEqual([9, 8]);
    const same = hostArray('int', [2], [2, 0]);
    const updates = hostArray('float', [2], [10, 100]);
    expect(numbers(evaluateOne('window_put', [updates, same], { ...geometry, shape: [5] }))).toEqual([0, 0, 110, 0, 0]);
  });

  test('conversions and whole numbers', () => {
    expect(numbers(evaluateOne('convert', [hostArray('float', [4], [-1.7, -0.2, 1.7, 3])], { dtype: 'int' }))).toEqual([-1, 0, 1, 3]);
    expect(numbers(evaluateOne('convert', [hostArray('float', [3], [0, 0.5, -2])], { dtype: 'bool' }))).toEqual([0, 1, 1]);
    const sevens = hostArray('int', [3], [7, -7, 7]);
    expect(numbers(evaluateOne('divide', [sevens, hostArray('int', [3], [2, 2, -2])], {}))).toEqual([3, -3, -3]);
  });

  // Values from Abramowitz and Stegun, table 7.1, and mpmath.
  test.each([
    [0, 0],
    [0.5, 0.5204998778130465],
    [1, 0.8427007929497149],
    [-2, -0.9953222650189527],
    [2.9, 0.9999589021219005],
    [3.1, 0.9999883513426328],
    [5, 0.9999999999984626],
    [10, 1],
  ])('erf(%d)', (x, expected) => {
    expect(Math.abs(errorFunction(x) - expected)).toBeLessThan(4e-16 + 1e-15 * Math.abs(expected));
  });
});

test('map_tasks runs its body for every task, with shared operands whole', () => {
  const body = new FunctionBuilder();
  const own = body.parameter('own', tensorType('float', [2]));
  const shared = body.parameter('shared', tensorType('float', [2]));
  const region = body.finish([
    { name: 'sum', value: body.binary('add', own, shared) },
    { name: 'shared', value: shared },
  ]);
  const builder = new FunctionBuilder();
  const x = builder.parameter('x', tensorType('float', [3, 2]));
  const y = builder.parameter('y', tensorType('float', [2]));
  const [sum, copies] = builder.apply('map_tasks', [x, y], { body: region, mapped: [true, false], tasks: 3 });
  const f = builder.finish([
    { name: 'sum', value: sum ?? x },
    { name: 'copies', value: copies ?? x },
  ]);
  const results = evaluateFunction(f, [hostArray('float', [3, 2], [1, 2, 3, 4, 5, 6]), hostArray('float', [2], [10, 20])]);
  expect(results.map(numbers)).toEqual([
    [11, 22, 13, 24, 15, 26],
    [10, 20, 10, 20, 10, 20],
  ]);
});

test('refusals: a gradient node, an argument of another type, an index out of range', () => {
  const body = new FunctionBuilder();
  const w = body.parameter('w', tensorType('float', []));
  const region = body.finish([{ name: 'loss', value: body.binary('multiply', w, w) }]);
  const builder = new FunctionBuilder();
  const x = builder.parameter('x', tensorType('float', []));
  const [loss] = builder.apply('gradient', [x], { body: region, wrt: [0] });
  const f = builder.finish([{ name: 'loss', value: loss ?? x }]);
  expect(() => evaluateFunction(f, [hostArray('float', [], [1])])).toThrow('differentiate first');
  expect(() => evaluateFunction(f, [hostArray('int', [], [1])])).toThrow('argument x: expected float[], found int[]');
  const rows = hostArray('float', [2, 1], [1, 2]);
  expect(() => evaluateOne('gather', [rows, hostArray('int', [1], [2])], { axis: 0, batchDims: 0 })).toThrow('index 2 is outside');
});
