/** @file The PJRT layer on a CPU: failures are exceptions of the right kind, nothing is leaked, executables survive a process. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { InternalError, LimitationError } from '../../../src/compiler/diagnostics/internal-error.ts';
import { FunctionBuilder } from '../../../src/compiler/ir/build.ts';
import { DiskCache } from '../../../src/runtime/disk-cache.ts';
import { compileModule } from '../../../src/runtime/engines/xla/compile-module.ts';
import { DeviceBuffer, toDevice } from '../../../src/runtime/engines/xla/pjrt/buffers.ts';
import type { PjrtClient } from '../../../src/runtime/engines/xla/pjrt/client.ts';
import { failureOf, PjrtError } from '../../../src/runtime/engines/xla/pjrt/errors.ts';
import type { LoadedExecutable } from '../../../src/runtime/engines/xla/pjrt/executable.ts';
import { loadForeign } from '../../../src/runtime/engines/xla/pjrt/foreign.ts';
import { startPlugin } from '../../../src/runtime/engines/xla/plugins/start-plugin.ts';
import { XlaSession } from '../../../src/runtime/engines/xla/xla-session.ts';
import { inputs, START, smallProgram, undifferentiatedProgram } from '../small-program.ts';
import { cpuPlugin } from './cpu-plugin.ts';

const found = await cpuPlugin();
const folder = mkdtempSync(join(tmpdir(), 'metac-pjrt-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function start(): Promise<PjrtClient> {
  const path = 'path' in found ? found.path : '';
  return startPlugin(await loadForeign(), { path, place: '--plugin', kind: undefined }, { device: undefined, devices: 1 });
}

/** A module that repeats a number. */
const repeat = (size: number) => `module @repeat {
  func.func public @main(%x: tensor<f32>) -> tensor<${size}xf32> {
    %0 = stablehlo.broadcast_in_dim %x, dims = [] : (tensor<f32>) -> tensor<${size}xf32>
    return %0 : tensor<${size}xf32>
  }
}`;

const compile = (client: PjrtClient, text: string, cache?: DiskCache): Promise<LoadedExecutable> =>
  compileModule(client, 'the test', text, { replicas: 1, anyDevice: false, overrides: new Map() }, cache);

const scalar = { dtype: 'float', shape: [] } as const;

async function callOn7(client: PjrtClient, executable: LoadedExecutable, size: number): Promise<number[]> {
  const [device] = client.devices;
  if (device === undefined) throw new Error('no device');
  const { buffer, sent } = toDevice(client, device, scalar, Float32Array.of(7));
  try {
    const { outputs, done } = await executable.execute([[buffer.handle]], true);
    const result = new DeviceBuffer(client, { dtype: 'float', shape: [size] }, outputs[0]?.[0] ?? 0n);
    const copy = result.toHost(done);
    result.destroy();
    await Promise.all([done, sent]);
    return [...(await copy).data];
  } finally {
    buffer.destroy();
  }
}

describe.skipIf('missing' in found)('failures', () => {
  test('a text that is no program is our bug, and says what XLA says', async () => {
    const client = await start();
    const failing = compile(client, 'nonsense');
    await expect(failing).rejects.toThrow(InternalError);
    await expect(failing).rejects.toThrow(/while compiling the test.*custom op 'nonsense' is unknown/s);
    expect(client.executables).toEqual({ made: 0, destroyed: 0 });
    client.destroy();
  });

  test('a device that is too small is a limitation, and the client goes on', async () => {
    const client = await start();
    const size = 2 ** 45;
    const large = await compile(client, repeat(size));
    const error: unknown = await callOn7(client, large, size).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(PjrtError);
    const failure = failureOf('running a step', error);
    expect(failure).toBeInstanceOf(LimitationError);
    expect(String(failure)).toMatch(/ran out of memory while running a step .*--chunk/);
    const small = await compile(client, repeat(2));
    expect(await callOn7(client, small, 2)).toEqual([7, 7]);
    for (const executable of [large, small]) executable.destroy();
    expect(client.buffers.made).toBe(client.buffers.destroyed);
    client.destroy();
    expect(() => client.handle).toThrow('after it was destroyed');
  });

  test('wrong arguments are our bug', async () => {
    const client = await start();
    const executable = await compile(client, repeat(2));
    const error: unknown = await executable.execute([[]], false).catch((reason: unknown) => reason);
    expect(failureOf('running', error)).toBeInstanceOf(InternalError);
    executable.destroy();
    await expect(executable.execute([[]], false)).rejects.toThrow('after it was destroyed');
    client.destroy();
  });
});

describe.skipIf('missing' in found)('over 1,000 steps', () => {
  test('every buffer that is made is destroyed, and memory stays as it is', { timeout: 60_000 }, async () => {
    const client = await start();
    const session = new XlaSession(client, smallProgram(), { precision: 'float32', devices: 1, cache: undefined });
    await session.write(START);
    const resident = client.buffers.made - client.buffers.destroyed;
    const steps = async (count: number): Promise<number> => {
      for (let step = 0; step < count; step++) {
        await session.run('step', inputs());
        await session.run('add', inputs());
        await session.run('apply', new Map());
        if (step % 50 === 0) await session.runMany('step', [inputs(), inputs(), inputs()]);
        if (step % 100 === 0) await session.read(['weight', 'count']);
      }
      return process.memoryUsage().rss;
    };
    const before = await steps(500);
    const after = await steps(1000);
    // A leak of one small buffer for each call would be some hundred bytes of XLA's; of its outputs' memory, more.
    expect((after - before) / 2 ** 20).toBeLessThan(24);
    const { made, destroyed } = client.buffers;
    expect(made).toBeGreaterThan(10_000);
    // Weights, states, and the data set.
    expect(made - destroyed).toBeLessThanOrEqual(resident + 2);
    await session.dispose();
    expect(client.buffers.destroyed).toBe(client.buffers.made);
    expect(client.executables.destroyed).toBe(client.executables.made);
    expect(client.executables.made).toBe(4);
  });
});

describe.skipIf('missing' in found)('ahead of the calls', () => {
  const session = (client: PjrtClient, program = smallProgram()) =>
    new XlaSession(client, program, { precision: 'float32', devices: 1, cache: undefined });

  test('what is announced is compiled, once, in the form in which it will be called', async () => {
    const client = await start();
    const announced = session(client);
    const entries = ['step', 'add', 'apply'];
    announced.anticipate(entries);
    announced.anticipate(entries);
    await vi.waitFor(() => expect(client.executables.made).toBe(3), { timeout: 20_000 });
    await announced.write(START);
    await announced.runMany('step', [inputs(), inputs()]);
    for (const name of ['add', 'apply']) await announced.runMany(name, [inputs()]);
    expect(client.executables.made).toBe(3);
    await announced.run('look', inputs());
    expect(client.executables.made).toBe(4);
    await announced.dispose();
    expect(client.executables.destroyed).toBe(4);
  });

  test('what is announced and cannot be compiled fails when it is called', async () => {
    const client = await start();
    const announced = session(client, undifferentiatedProgram());
    announced.anticipate(['look']);
    await setImmediate();
    await expect(announced.run('look', new Map())).rejects.toThrow("'gradient'");
    await announced.dispose();
  });

  test('a large data set is sent by another thread, and can be sent again', async () => {
    const client = await start();
    const type = { dtype: 'uint8', shape: [2 ** 18, 100] } as const;
    const b = new FunctionBuilder();
    const index = b.parameter('index', { dtype: 'int', shape: [2] });
    const rows = b.emit('gather', [b.parameter('set', type), index], { axis: 0, batchDims: 0 });
    const examples = { kind: 'examples', name: 'index', type: index.type, tasks: 't', episode: 't', part: 'support' } as const;
    const data = { kind: 'data', name: 'set', type, tasks: 't' } as const;
    const body = b.finish([{ name: 'rows', value: b.sum(b.emit('convert', [rows], { dtype: 'float' }), [1]) }]);
    const large = session(client, smallProgram([{ name: 'look', body, tasks: 1, inputs: [examples, data] }]));
    for (const factor of [1, 2]) {
      const set = new Uint8Array(2 ** 18 * 100);
      for (let row = 0; row < 2 ** 18; row++) set.fill((factor * row) % 251, row * 100, (row + 1) * 100);
      await large.write(new Map([['set', { ...type, data: set }]]));
      const results = await large.run('look', new Map([['index', { dtype: 'int', shape: [2], data: Int32Array.of(7, 2 ** 18 - 1) }]]));
      expect([...(results.get('rows')?.data ?? [])]).toEqual([700 * factor, 100 * ((factor * (2 ** 18 - 1)) % 251)]);
    }
    await large.dispose();
    expect(client.buffers.destroyed).toBe(client.buffers.made);
  });
});

describe.skipIf('missing' in found)('executables on disk', () => {
  test('are loaded instead of compiled; a damaged one is compiled again', async () => {
    const path = join(folder, 'cache');
    const cache = new DiskCache(path, 'xla', 'test 1');
    const client = await start();
    const first = await compile(client, repeat(3), cache);
    const [entry] = readdirSync(path).map((name) => join(path, name)) as [string];
    const written = readFileSync(entry);
    const again = await compile(client, repeat(3), cache);
    expect(await callOn7(client, again, 3)).toEqual([7, 7, 7]);
    expect(readdirSync(path)).toHaveLength(1);

    truncateSync(entry, written.length - 10);
    const mended = await compile(client, repeat(3), cache);
    expect(await callOn7(client, mended, 3)).toEqual([7, 7, 7]);
    expect(statSync(entry).size).toBe(written.length);

    // Whole, but not what this plugin takes.
    cache.write(/([0-9a-f]+)\.xla$/.exec(entry)?.[1] ?? '', Uint8Array.of(1, 2, 3));
    const other = await compile(client, repeat(3), cache);
    expect(await callOn7(client, other, 3)).toEqual([7, 7, 7]);
    expect(statSync(entry).size).toBe(written.length);

    writeFileSync(join(path, 'notes.txt'), 'not an entry');
    await compile(client, repeat(4), cache).then((executable) => executable.destroy());
    expect(readdirSync(path)).toHaveLength(3);
    for (const executable of [first, again, mended, other]) executable.destroy();
    client.destroy();
  });
});
