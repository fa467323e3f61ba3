/** @file Work on weights alone: taken out of an entry function where it pays, and done again when a weight changes. */
import { expect, test } from 'vitest';
import { FunctionBuilder } from '../../src/compiler/ir/build.ts';
import type { EntryFunction, Value } from '../../src/compiler/ir/ir.ts';
import type { TensorType } from '../../src/compiler/ir/tensor-type.ts';
import { onnxEngine } from '../../src/runtime/engines/onnx/onnx-engine.ts';
import { sharedWork } from '../../src/runtime/engines/onnx/shared-work.ts';
import { smallProgram, tensor } from './small-program.ts';

const large: TensorType = { dtype: 'float', shape: [400, 300] };
const resident = new Set(['table', 'vector']);

/** total = sum of x * (of the table); the table is made by `of`. */
function lookEntry(of: (builder: FunctionBuilder, table: Value, x: Value) => Value, type = large): EntryFunction {
  const b = new FunctionBuilder();
  const table = b.parameter('table', type);
  const x = b.parameter('x', type);
  const product = b.binary('multiply', of(b, table, x), x);
  const body = b.finish([{ name: 'total', value: b.sum(product, [0, 1]) }]);
  return {
    name: 'look',
    body,
    tasks: 1,
    inputs: [{ kind: 'draw', name: 'x', type, distribution: 'normal', stream: 's', perTask: false, tasks: undefined }],
  };
}

const turned = (b: FunctionBuilder, table: Value): Value => b.emit('reverse', [table], { dimensions: [0] });

/** table = its rows turned round, negated. */
function flipEntry(): EntryFunction {
  const b = new FunctionBuilder();
  const negated = b.unary('negate', b.emit('reverse', [b.parameter('table', large)], { dimensions: [1] }));
  return { name: 'flip', body: b.finish([{ name: 'table', value: negated }]), tasks: 0, inputs: [] };
}

test('takes out what weights alone give, up to the last node that moves anything', () => {
  const work = sharedWork(
    lookEntry((b, table) => b.reshape(turned(b, table), [400, 300])),
    resident,
  );
  expect(work?.shared.body.nodes.map(({ op }) => op)).toEqual(['reverse']);
  expect(work?.shared.body.parameters.map(({ name }) => name)).toEqual(['table']);
  expect(work?.shared.body.results.map(({ name }) => name)).toEqual(['look/shared0']);
  expect(work?.rest.body.nodes.map(({ op }) => op)).toEqual(['multiply', 'reduce_sum']);
});

test('leaves alone what is small, what a call gives, what the call replaces, and what may not be finite', () => {
  expect(sharedWork(lookEntry(turned, { dtype: 'float', shape: [20, 30] }), resident)).toBeUndefined();
  expect(sharedWork(lookEntry(turned), new Set(['other']))).toBeUndefined();
  expect(
    sharedWork(
      lookEntry((b, table, x) => b.binary('add', table, x)),
      resident,
    ),
  ).toBeUndefined();
  expect(sharedWork(flipEntry(), resident)).toBeUndefined();
  // A mask of it must stay a choice: a product would keep the infinity.
  expect(
    sharedWork(
      lookEntry((b, table) => b.unary('log', turned(b, table))),
      resident,
    ),
  ).toBeUndefined();
});

test('a session does it again when the weight is written or replaced', async () => {
  const program = { ...smallProgram([lookEntry(turned), flipEntry()]), weights: [{ name: 'table', type: large }], state: [], train: [] };
  const session = await onnxEngine().compile(program, { threads: 1 });
  const values = Float32Array.from({ length: 120_000 }, (_, index) => ((index * 7919) % 1000) / 1000 - 0.5);
  const x = Float32Array.from({ length: 120_000 }, (_, index) => ((index * 104_729) % 1000) / 1000 - 0.5);
  const inputs = new Map([['x', tensor(large, x)]]);
  const expected = (table: Float32Array): number =>
    x.reduce((sum, one, index) => sum + one * (table[(399 - Math.floor(index / 300)) * 300 + (index % 300)] as number), 0);
  const total = async (): Promise<number> => (await session.run('look', inputs)).get('total')?.data[0] as number;
  await session.write(new Map([['table', tensor(large, values)]]));
  expect(await total()).toBeCloseTo(expected(values), 1);
  expect(await total()).toBeCloseTo(expected(values), 1);
  await session.run('flip', new Map());
  const flipped = (await session.read(['table'])).get('table')?.data as Float32Array;
  expect(flipped[0]).toBeCloseTo(-(values[299] as number), 6);
  expect(await total()).toBeCloseTo(expected(flipped), 1);
  expect(Math.abs(expected(flipped) - expected(values))).toBeGreaterThan(1);
  await session.write(new Map([['table', tensor(large, x)]]));
  expect(await total()).toBeCloseTo(expected(x), 1);
  await session.dispose();
});
