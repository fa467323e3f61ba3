/** @file The reference engine keeps state, returns the rest, and shares no memory with its caller. */
import { expect, test } from 'vitest';
import { differentiate } from '../../../../src/compiler/differentiate/differentiate.ts';
import type { Program } from '../../../../src/compiler/ir/ir.ts';
import type { Session } from '../../../../src/runtime/engine.ts';
import { referenceEngine } from '../../../../src/runtime/engines/reference/reference-engine.ts';
import type { Tensor } from '../../../../src/runtime/tensor.ts';
import { exampleProgram } from '../../../ir/example-program.ts';

function float(shape: readonly number[], ...values: number[]): Tensor {
  return { dtype: 'float', shape, data: Float32Array.from(values) };
}

async function started(): Promise<Session> {
  const program = exampleProgram();
  const functions = program.functions.map((entry) => ({ ...entry, body: differentiate(entry.body) }));
  const session = await referenceEngine().compile({ ...program, functions }, {});
  await session.write(
    new Map<string, Tensor>([
      ['net.w', float([], 1)],
      ['count', { dtype: 'int', shape: [], data: Int32Array.of(0) }],
      ['lowest', float([], 5)],
      ['images', { dtype: 'uint8', shape: [3, 2], data: Uint8Array.of(1, 2, 3, 4, 5, 6) }],
    ]),
  );
  return session;
}

function inputs(...noise: readonly [number, number]): Map<string, Tensor> {
  return new Map<string, Tensor>([
    ['noise', float([2], ...noise)],
    ['rows', { dtype: 'int', shape: [2, 1], data: Int32Array.of(2, 0) }],
  ]);
}

test('a step replaces weights and state and returns metrics', async () => {
  const session = await started();
  const results = await session.run('step', inputs(0, 3));
  // Losses 1 and 4, slopes 2 (1 - 0) and 2 (1 - 3).
  expect(results.get('loss')).toEqual({ dtype: 'float', shape: [], data: Float64Array.of(5) });
  expect(results.get('pixels')?.data).toEqual(Float64Array.of(14));
  expect([...results.keys()]).toEqual(['loss', 'pixels', 'odd']);
  const kept = await session.read(['net.w', 'count']);
  expect(kept.get('net.w')?.data).toEqual(Float64Array.of(3));
  expect(kept.get('count')?.data).toEqual(Int32Array.of(1));
  await session.run('step', inputs(0, 3));
  expect((await session.read(['count'])).get('count')?.data).toEqual(Int32Array.of(2));
});

test('what is read is a copy', async () => {
  const session = await started();
  const first = (await session.read(['net.w'])).get('net.w');
  first?.data.fill(100);
  expect((await session.read(['net.w'])).get('net.w')?.data).toEqual(Float64Array.of(1));
});

test('refusals', async () => {
  const session = await started();
  await expect(session.run('fly', inputs(0, 0))).rejects.toThrow('no function fly');
  await expect(session.run('step', new Map())).rejects.toThrow('noise is neither given nor resident');
  await expect(session.write(new Map([['net.v', float([], 1)]]))).rejects.toThrow('keeps no net.v');
  await expect(session.write(new Map([['net.w', float([2], 1, 2)]]))).rejects.toThrow('net.w is float[], written as float[2]');
  const wrong: Program = { ...exampleProgram(), weights: [] };
  await expect(referenceEngine().compile(wrong, {})).rejects.toThrow('parameter net.w is neither');
});
