/** @file Slices of reversed tensors: ONNX takes them from the tensor before it was reversed; the reference reverses it first. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { onnxGraph } from '../../src/compiler/emit/onnx/emit.ts';
import { FunctionBuilder } from '../../src/compiler/ir/build.ts';
import { evaluateFunction } from '../../src/compiler/ir/evaluate/evaluate.ts';
import { hostArray } from '../../src/compiler/ir/host-array.ts';
import type { Value } from '../../src/compiler/ir/ir.ts';
import { sizeOf } from '../../src/compiler/ir/tensor-type.ts';
import { onnxEngine } from '../../src/runtime/engines/onnx/onnx-engine.ts';
import { smallProgram, tensor } from './small-program.ts';

interface Cut {
  readonly size: number;
  readonly start: number;
  readonly limit: number;
  readonly stride: number;
  readonly reversed: boolean;
}

const cut = fc.integer({ min: 1, max: 5 }).chain((size) =>
  fc.record({
    size: fc.constant(size),
    start: fc.integer({ min: 0, max: size - 1 }),
    limit: fc.constant(size),
    stride: fc.integer({ min: 1, max: 3 }),
    reversed: fc.boolean(),
  }),
);

/** `ones` dimensions of 1 are put behind the reversed tensor before the slice. */
function sliceOf(builder: FunctionBuilder, x: Value, cuts: readonly Cut[], ones: number): Value {
  const dimensions = cuts.flatMap(({ reversed }, axis) => (reversed ? [axis] : []));
  const turned = dimensions.length === 0 ? x : builder.emit('reverse', [x], { dimensions });
  const behind = new Array<number>(ones).fill(1);
  const shaped = builder.reshape(turned, [...x.type.shape, ...behind]);
  return builder.emit('slice', [shaped], {
    start: [...cuts.map(({ start }) => start), ...behind.map(() => 0)],
    limit: [...cuts.map(({ limit }) => limit), ...behind],
    strides: [...cuts.map(({ stride }) => stride), ...behind],
  });
}

test('slices of reversed tensors, with dimensions of 1 put behind them', async () => {
  const samples = fc.sample(fc.tuple(fc.array(cut, { minLength: 1, maxLength: 3 }), fc.integer({ min: 0, max: 1 })), {
    numRuns: 120,
    seed: 3,
  });
  const builder = new FunctionBuilder();
  const results = samples.map(([cuts, ones], index) => {
    const x = builder.parameter(`x${index}`, { dtype: 'float', shape: cuts.map(({ size }) => size) });
    return { name: `y${index}`, value: sliceOf(builder, x, cuts, ones) };
  });
  const body = builder.finish(results);
  const given = body.parameters.map(({ value: { type } }) => Float32Array.from({ length: sizeOf(type.shape) }, (_, index) => index + 1));
  const wanted = evaluateFunction(
    body,
    body.parameters.map(({ value: { type } }, index) => hostArray('float', type.shape, given[index] as Float32Array)),
  );
  const entry = { name: 'cut', body, tasks: 1, inputs: [] };
  const session = await onnxEngine().compile(smallProgram([entry]), { threads: 1 });
  const found = await session.run(
    'cut',
    new Map(body.parameters.map(({ name, value: { type } }, index) => [name, tensor(type, given[index] as Float32Array)])),
  );
  results.forEach(({ name }, index) => {
    expect([name, ...(found.get(name)?.data ?? [])]).toEqual([name, ...(wanted[index]?.data ?? [])]);
  });
  await session.dispose();
});

test('a kernel of which only parts are used is never reversed as a whole', () => {
  const builder = new FunctionBuilder();
  const x = builder.parameter('x', { dtype: 'float', shape: [4, 3, 3] });
  const whole: Cut = { size: 4, start: 0, limit: 4, stride: 1, reversed: false };
  const even: Cut = { size: 3, start: 0, limit: 3, stride: 2, reversed: true };
  const odd: Cut = { ...even, start: 1 };
  const body = builder.finish([even, odd].map((one, index) => ({ name: `y${index}`, value: sliceOf(builder, x, [whole, one, even], 0) })));
  const { nodes } = onnxGraph({ name: 'cut', body, tasks: 1, inputs: [] });
  expect(nodes.map(({ op }) => op)).toEqual(['Slice', 'Slice']);
});
