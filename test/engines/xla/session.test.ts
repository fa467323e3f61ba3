/** @file Sessions of the engine xla: what stays on the device, what is replaced, what is returned, what is refused; many calls at once. */
import { describe, expect, test } from 'vitest';
import { LimitationError } from '../../../src/compiler/diagnostics/internal-error.ts';
import type { Session, Tensors } from '../../../src/runtime/engine.ts';
import { xlaEngine } from '../../../src/runtime/engines/xla/xla-engine.ts';
import { inputs, START, smallProgram, tensor, undifferentiatedProgram, vector } from '../small-program.ts';
import { cpuPlugin, TEST_ENVIRONMENT } from './cpu-plugin.ts';

const found = await cpuPlugin();
const plugin = 'path' in found ? found.path : '';
const engine = (devices = 1) => xlaEngine({ plugin, devices }, TEST_ENVIRONMENT);

async function using<T>(use: (session: Session) => Promise<T>, devices = 1): Promise<T> {
  const session = await engine(devices).compile(smallProgram(), {});
  try {
    await session.write(START);
    return await use(session);
  } finally {
    await session.dispose();
  }
}

const numbers = (tensors: Tensors, name: string) => [...(tensors.get(name)?.data ?? [])];

describe.skipIf('missing' in found)('a session', () => {
  test('replaces weights and state, returns the other results, call after call', () =>
    using(async (session) => {
      const first = await session.run('step', inputs());
      expect([...first.keys()].sort()).toEqual(['large', 'picked', 'total']);
      expect(first.get('total')).toEqual({ dtype: 'float', shape: [], data: Float32Array.of(14) });
      expect(first.get('picked')).toEqual({ dtype: 'float', shape: [2, 2], data: Float32Array.of(254, 255, 2, 3) });
      expect(first.get('large')).toEqual({ dtype: 'bool', shape: [3], data: Uint8Array.of(1, 1, 1) });
      const second = await session.run('step', inputs());
      expect(numbers(second, 'total')).toEqual([5]);
      expect(numbers(second, 'large')).toEqual([0, 1, 1]);
      const state = await session.read(['weight', 'count', 'sum.weight']);
      expect(numbers(state, 'weight')).toEqual([-1, 0, 1]);
      expect(numbers(state, 'count')).toEqual([7]);
      expect(numbers(state, 'sum.weight')).toEqual([0, 0, 0]);
    }));

  test('hands out copies: later calls do not change results or what was read', () =>
    using(async (session) => {
      const before = await session.read(['weight']);
      const first = await session.run('step', inputs());
      await session.run('step', inputs());
      await session.run('step', inputs());
      expect(numbers(before, 'weight')).toEqual([1, 2, 3]);
      expect(numbers(first, 'total')).toEqual([14]);
    }));

  test('does as told in order, without waiting for the caller', () =>
    using(async (session) => {
      const calls = [session.run('step', inputs()), session.run('step', inputs([0, 0, 1]))];
      const between = session.read(['weight']);
      const written = session.write(new Map([['weight', tensor(vector, Float32Array.of(2, 0, 0))]]));
      const last = session.run('step', inputs());
      expect((await Promise.all([...calls, last])).map((result) => numbers(result, 'total'))).toEqual([[14], [5], [4]]);
      expect(numbers(await between, 'weight')).toEqual([0, 1, 1]);
      await written;
      expect(numbers(await session.read(['weight']), 'weight')).toEqual([1, -1, -1]);
    }));

  test('takes many calls at once, also more than go into one dispatch', () =>
    using(async (session) => {
      expect(session.callsAtOnce('step')).toBeGreaterThan(1);
      expect([session.callsAtOnce('look'), session.callsAtOnce('add')]).toEqual([1, 1]);
      const count = session.callsAtOnce('step') + 7;
      const calls = Array.from({ length: count }, (_, index) => inputs([index % 3, 0, 1]));
      const results = await session.runMany('step', calls);
      await session.write(START);
      const single: Tensors[] = [];
      for (const call of calls) single.push(await session.run('step', call));
      expect(results).toEqual(single);
      const looked = await session.runMany('look', [inputs([1, 0, 0]), inputs([0, 0, 1])]);
      expect(looked.map((result) => numbers(result, 'product'))).toEqual([[1 - sumOf(calls)], [3 - count]]);
      expect(await session.runMany('step', [])).toEqual([]);
    }));

  test('refuses a missing input, another shape, an unknown function and an unknown tensor, and goes on', () =>
    using(async (session) => {
      await expect(session.run('step', new Map())).rejects.toThrow("without its input 'x'");
      const long = new Map([...inputs(), ['x', tensor({ dtype: 'float', shape: [4] }, new Float32Array(4))] as const]);
      await expect(session.run('step', long)).rejects.toThrow("'x' is float[3]");
      await expect(session.run('other', inputs())).rejects.toThrow("no function 'other'");
      await expect(session.write(new Map([['other', tensor(vector, new Float32Array(3))]]))).rejects.toThrow("no tensor 'other'");
      expect(numbers(await session.run('step', inputs()), 'total')).toEqual([14]);
    }));
});

/** Of the first number of each call. */
function sumOf(calls: readonly Tensors[]): number {
  return calls.reduce((sum, call) => sum + (call.get('x')?.data[0] ?? 0), 0);
}

describe.skipIf('missing' in found).each([1, 2, 4])('on %i devices', (devices) => {
  test('chunks are added up over the devices, and every device has the new weights', () =>
    using(async (session) => {
      const added = [0, 1, 2, 3, 4].map((index) => session.run('add', inputs([index, 1, 0])));
      const applied = await session.run('apply', new Map());
      await Promise.all(added);
      // sum.weight = weight * (10, 5, 0)
      expect(numbers(applied, 'length')).toEqual([20]);
      expect(numbers(await session.read(['weight']), 'weight')).toEqual([-9, -8, 3]);
      // Successive calls look on successive devices.
      for (let turn = 0; turn < devices + 1; turn++) {
        expect(numbers(await session.run('look', inputs([1, 1, 1])), 'product')).toEqual([-14]);
      }
      expect(numbers(await session.run('apply', new Map()), 'length')).toEqual([0]);
    }, devices));

  test('a whole step leaves the same on all', () =>
    using(async (session) => {
      expect(numbers(await session.run('step', inputs()), 'total')).toEqual([14]);
      await session.runMany('step', [inputs(), inputs()]);
      for (let turn = 0; turn < devices + 1; turn++) {
        expect(numbers(await session.run('look', inputs([1, 10, 100])), 'product')).toEqual([-2 - 10]);
      }
    }, devices));
});

describe.skipIf('missing' in found)('the engine', () => {
  test('says its platform, device, version and plugin', async () => {
    const { available, detail } = await engine(2).probe();
    expect(available).toBe(true);
    expect(detail).toMatch(/^cpu, 2 x cpu, PJRT API 0\.\d+, .*\.so$/);
  });

  test('refuses a program that is not differentiated before anything starts', async () => {
    await expect(engine().compile(undifferentiatedProgram(), {})).rejects.toThrow("StableHLO has no 'gradient'");
  });

  test('refuses a device that the plugin does not drive', async () => {
    const other = xlaEngine({ plugin, device: 'cuda' }, TEST_ENVIRONMENT);
    expect(await other.probe()).toEqual({ available: false, detail: `the PJRT plugin ${plugin} drives cpu, not cuda` });
    await expect(other.compile(smallProgram(), {})).rejects.toThrow(LimitationError);
  });

  test('auto does not take it for a CPU', async () => {
    expect(await xlaEngine({}, { ...TEST_ENVIRONMENT, METAC_PJRT_PLUGIN: plugin }).unfitForAuto?.()).toContain('only one for CPUs works');
    expect(await xlaEngine({ plugin }, TEST_ENVIRONMENT).unfitForAuto?.()).toBeUndefined();
  });
});
