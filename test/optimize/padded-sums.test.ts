/** @file Sums of padded tensors become rows of what was padded, where they do not overlap. */
import { expect, test } from 'vitest';
import { FunctionBuilder } from '../../src/compiler/ir/build.ts';
import type { Func } from '../../src/compiler/ir/ir.ts';
import { tensorType } from '../../src/compiler/ir/tensor-type.ts';
import { countPrimitives } from '../../src/compiler/optimize/pipeline.ts';
import { shapes } from '../../src/compiler/optimize/shapes.ts';
import { floats } from '../primitives/draw.ts';
import { expectSame } from './support.ts';

/** The sum of a [2, 2], b [2, 3] and c [2, 1], each at its place in [2, 8]. */
function sum(places: readonly [number, number, number]): Func {
  const b = new FunctionBuilder();
  const padded = [2, 3, 1].map((size, index) => {
    const low = places[index] as number;
    return b.emit('pad', [b.parameter(`x${index}`, tensorType('float', [2, size]))], {
      low: [0, low],
      high: [0, 8 - low - size],
      interior: [0, 0],
    });
  });
  return b.finish([{ name: 'sum', value: padded.reduce((left, right) => b.binary('add', left, right)) }]);
}

const args = [2, 3, 1].map((size, index) => floats([2, size], 700 + index));

test.each([
  [0, 2, 5],
  [6, 0, 4],
  [1, 4, 3],
] as const)('at places %i, %i and %i', (...places) => {
  const f = sum(places);
  const after = shapes.run(f);
  expectSame(f, after, args);
  expect(countPrimitives(after)).toMatchObject({ concatenate: 1 });
  expect(countPrimitives(after).pad).toBeUndefined();
});

test('overlapping ones stay a sum', () => {
  const f = sum([0, 1, 6]);
  const after = shapes.run(f);
  expectSame(f, after, args);
  expect(countPrimitives(after).add).toBeGreaterThan(0);
});
