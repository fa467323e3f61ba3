/** @file The printer's text is stable and tells functions apart. */
import { expect, test } from 'vitest';
import { FunctionBuilder } from '../../src/compiler/ir/build.ts';
import type { Func } from '../../src/compiler/ir/ir.ts';
import { printFunction, printProgram } from '../../src/compiler/ir/print.ts';
import { exampleProgram } from './example-program.ts';

test('a program', () => {
  expect(printProgram(exampleProgram())).toMatchInlineSnapshot(`
    "program example (metac-ir 1)
    weight net.w: float[]
    state count: int[] = 0
    state lowest: float[] = Infinity
    tasks {"name":"waves","kind":"generated","pool":100}
    tasks {"name":"digits","kind":"images","pool":0,"images":{"dataset":"omniglot","split":"vinyals","resize":[28,28],"rotations":[0,90],"channels":1}}
    train {"name":"train","batch":2,"steps":10,"step":"step","episodeShapes":[{"tasks":"digits","ways":1,"shots":1,"queries":0}],"metrics":["loss"],"validate":{"every":5,"episodes":4,"entry":"step","episodeShapes":[{"tasks":"digits","ways":1,"shots":1,"queries":0}]}}
    evaluate {"episodes":4,"entry":"step","episodeShapes":[{"tasks":"digits","ways":1,"shots":1,"queries":0}],"reports":[{"label":"loss","result":"loss"}]}
    protocol order: second

    function step (2 tasks)
      draw noise: float[2] {distribution=normal, stream=waves.noise, perTask=true}
      examples rows: int[2, 1] {tasks=digits, episode=first, part=support}
      data images: uint8[3, 2] {tasks=digits}
    body (
      net.w = %0: float[]
      count = %1: int[]
      noise = %2: float[2]
      rows = %3: int[2, 1]
      images = %4: uint8[3, 2]
    ) {
      %5: float[2], %6: float[2] = map_tasks %0, %2 {mapped=[false, true], tasks=2} (
        w = %0: float[]
        x = %1: float[]
      ) {
        %2: float[], %3: float[] = gradient %0, %1 {wrt=[0]} (
          w = %0: float[]
          x = %1: float[]
        ) {
          %2: float[] = subtract %0, %1
          %3: float[] = multiply %2, %2
          return loss = %3
        }
        return loss = %2
        return slope = %3
      }
      %7: uint8[2, 1, 2] = gather %4, %3 {axis=0, batchDims=0}
      %8: float[2, 1, 2] = convert %7 {dtype=float}
      %9: float[] = reduce_sum %8 {dimensions=[0, 1, 2]}
      %10: float[4] = constant {dtype=float, shape=[4], values=[NaN, Infinity, -Infinity, -0]}
      %11: float[] = reduce_sum %5 {dimensions=[0]}
      %12: float[] = reduce_sum %6 {dimensions=[0]}
      %13: float[] = subtract %0, %12
      %14: int[] = constant {dtype=int, shape=[], values=[1]}
      %15: int[] = add %1, %14
      return loss = %11
      return net.w = %13
      return count = %15
      return pixels = %9
      return odd = %10
    }
    "
  `);
});

function longConstant(last: number): Func {
  const builder = new FunctionBuilder();
  const values = Array.from({ length: 12 }, (_, index) => (index === 11 ? last : index / 4));
  return builder.finish([{ name: 'c', value: builder.emit('constant', [], { dtype: 'float', shape: [12], values }) }]);
}

test('long constants are short, and different ones look different', () => {
  const text = printFunction(longConstant(1));
  expect(text).toContain('values=[0, 0.25, 0.5, … 12 values, #');
  expect(printFunction(longConstant(1))).toBe(text);
  expect(printFunction(longConstant(2))).not.toBe(text);
});

test('a wrong function is printable', () => {
  const builder = new FunctionBuilder();
  const f = builder.finish([{ name: 'c', value: builder.constant(1) }]);
  expect(printFunction({ ...f, nodes: [] })).toContain('return c = %?');
});
