/** @file The body of an ONNX Scan reads values of the graph around it by name: they must be there, under the names that they end up with. */
import { expect, test } from 'vitest';
import { FunctionBuilder } from '../../../src/compiler/ir/build.ts';
import { evaluateFunction } from '../../../src/compiler/ir/evaluate/evaluate.ts';
import type { HostArray } from '../../../src/compiler/ir/host-array.ts';
import type { EntryFunction, Func, Value } from '../../../src/compiler/ir/ir.ts';
import { tensorType } from '../../../src/compiler/ir/tensor-type.ts';
import { floats } from '../../primitives/draw.ts';
import { runModel } from './run-model.ts';

const three = tensorType('float', [3]);

/** h' = tanh(h * whole + x). */
function step(): Func {
  const b = new FunctionBuilder();
  const [h, x, whole] = ['h', 'x', 'whole'].map((name) => b.parameter(name, three)) as [Value, Value, Value];
  const next = b.unary('tanh', b.binary('add', b.binary('multiply', h, whole), x));
  return b.finish([
    { name: 'h', value: next },
    { name: 'before', value: h },
    { name: 'whole', value: whole },
  ]);
}

const attributes = { body: step(), length: 4, carries: 1, sequences: 1, reverse: false };

async function expectSame(build: (b: FunctionBuilder, x: Value, w: Value) => readonly Value[]): Promise<void> {
  const b = new FunctionBuilder();
  const [x, w] = [b.parameter('x', tensorType('float', [4, 3])), b.parameter('w', three)];
  const body = b.finish(build(b, x, w).map((value, index) => ({ name: `result${index}`, value })));
  const entry: EntryFunction = { name: 'sample', body, tasks: 0, inputs: [] };
  const operands = [floats([4, 3], 1), floats([3], 2)];
  const expected = evaluateFunction(body, operands);
  const found = await runModel(entry, operands);
  expected.forEach(({ data }, index) => {
    data.forEach((value, position) => {
      expect((found[index] as ArrayLike<number>)[position]).toBeCloseTo((data as HostArray['data'])[position] as number, 5);
      expect(value).toBeTypeOf('number');
    });
  });
}

test('a value that only the body reads', async () => {
  await expectSame((b, x, w) => b.apply('scan', [w, x, b.unary('tanh', b.unary('sine', w))], attributes));
});

test('a value that is a result too', async () => {
  await expectSame((b, x, w) => {
    const whole = b.unary('sine', w);
    return [whole, ...b.apply('scan', [whole, x, whole], attributes)];
  });
});

test('constants and repeated numbers', async () => {
  await expectSame((b, x, w) => [
    ...b.apply('scan', [w, x, b.constant(0.5, [3])], attributes),
    ...b.apply('scan', [b.constant(0, [3]), x, b.broadcast(b.sum(w, [0]), [3], [])], attributes),
  ]);
});
