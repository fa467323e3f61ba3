/** @file What ONNX Runtime is expected to allocate, for functions small enough to count by hand. */
import { expect, test } from 'vitest';
import { FunctionBuilder } from '../../src/compiler/ir/build.ts';
import { tensorType } from '../../src/compiler/ir/tensor-type.ts';
import { plannedBytes } from '../../src/runtime/engines/onnx/planned-memory.ts';

const KB = 1000;

test('buffers of one shape are used again, and held in between', () => {
  const builder = new FunctionBuilder();
  const x = builder.parameter('x', tensorType('float', [250]));
  const one = builder.unary('tanh', x);
  const two = builder.unary('sine', one);
  const three = builder.unary('cosine', two);
  const four = builder.unary('tanh', three);
  // `one` is free when `three` is made, `two` when `four` is.
  expect(plannedBytes(builder.finish([{ name: 'y', value: four }]))).toBe(2 * KB);
});

test('another shape needs a buffer of its own, though one as large is free', () => {
  const builder = new FunctionBuilder();
  const x = builder.parameter('x', tensorType('float', [250]));
  const one = builder.unary('tanh', x);
  const turned = builder.reshape(builder.unary('sine', one), [25, 10]);
  const three = builder.unary('cosine', builder.transpose(turned, [1, 0]));
  const last = builder.unary('tanh', builder.reshape(three, [250]));
  // The transposed and its cosine are of a new shape; the sine's buffer waits meanwhile for the last, which has its shape.
  expect(plannedBytes(builder.finish([{ name: 'y', value: last }]))).toBe(3 * KB);
});

test('parameters, constants and what is repeated on the fly need nothing', () => {
  const builder = new FunctionBuilder();
  const x = builder.parameter('x', tensorType('float', [250]));
  const sum = builder.binary('add', x, builder.broadcast(builder.constant(2), [250], []));
  expect(plannedBytes(builder.finish([{ name: 'y', value: sum }]))).toBe(KB);
});

test('a recurrence needs what one of its steps needs', () => {
  const step = new FunctionBuilder();
  const state = step.parameter('state', tensorType('float', [250]));
  const next = step.unary('tanh', step.unary('sine', state));
  const body = step.finish([{ name: 'state', value: next }]);
  const bytes = [3, 300].map((length) => {
    const outer = new FunctionBuilder();
    const start = outer.parameter('x', tensorType('float', [250]));
    const [last] = outer.apply('scan', [start], { body, length, carries: 1, sequences: 0, reverse: false });
    return plannedBytes(outer.finish([{ name: 'y', value: last as typeof start }]));
  });
  expect(bytes).toEqual([4 * KB, 4 * KB]);
});
