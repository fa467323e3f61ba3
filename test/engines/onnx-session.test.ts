/** @file Sessions of the ONNX engine: what stays resident, what is replaced, what is returned, what is refused. */
import { describe, expect, test } from 'vitest';
import type { Session } from '../../src/runtime/engine.ts';
import { onnxEngine } from '../../src/runtime/engines/onnx/onnx-engine.ts';
import { inputs, START, smallProgram, tensor, undifferentiatedProgram, vector } from './small-program.ts';

async function ready(): Promise<Session> {
  const session = await onnxEngine().compile(smallProgram(), { threads: 1 });
  await session.write(START);
  return session;
}

describe('a session', () => {
  test('replaces weights and state, returns the other results, call after call', async () => {
    const session = await ready();
    const first = await session.run('step', inputs());
    expect([...first.keys()].sort()).toEqual(['large', 'picked', 'total']);
    expect(first.get('total')).toEqual({ dtype: 'float', shape: [], data: Float32Array.of(14) });
    expect(first.get('picked')).toEqual({ dtype: 'float', shape: [2, 2], data: Float32Array.of(254, 255, 2, 3) });
    expect(first.get('large')).toEqual({ dtype: 'bool', shape: [3], data: Uint8Array.of(1, 1, 1) });
    const second = await session.run('step', inputs());
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
    const first = await session.run('step', inputs());
    await session.run('step', inputs());
    await session.run('step', inputs());
    expect(before.get('weight')?.data).toEqual(Float32Array.of(1, 2, 3));
    expect(first.get('total')?.data[0]).toBe(14);
    await session.dispose();
  });

  test('reads what was written, and runs on it', async () => {
    const session = await ready();
    await session.run('step', inputs());
    await session.write(new Map([['weight', tensor(vector, Float32Array.of(2, 0, 0))]]));
    expect((await session.read(['weight'])).get('weight')?.data).toEqual(Float32Array.of(2, 0, 0));
    expect((await session.run('step', inputs())).get('total')?.data[0]).toBe(4);
    await session.dispose();
  });

  test('refuses a missing input, another shape, an unknown function and an unknown tensor', async () => {
    const session = await ready();
    await expect(session.run('step', new Map())).rejects.toThrow("without its input 'x'");
    const long = new Map([...inputs(), ['x', tensor({ dtype: 'float', shape: [4] }, new Float32Array(4))] as const]);
    await expect(session.run('step', long)).rejects.toThrow("'x' is float[3]");
    await expect(session.run('other', inputs())).rejects.toThrow("no function 'other'");
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
  await expect(onnxEngine().compile(undifferentiatedProgram(), {})).rejects.toThrow("ONNX has no 'gradient'");
});
