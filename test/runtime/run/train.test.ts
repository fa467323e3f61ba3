/** @file What a run promises: reproducible, independent of chunks, stoppable, resumable, careful with NaN and with other processes. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeSafetensors } from '../../../src/runtime/checkpoint/safetensors.ts';
import type { Engine } from '../../../src/runtime/engine.ts';
import { evaluate } from '../../../src/runtime/run/evaluate.ts';
import type { RunEvent } from '../../../src/runtime/run/events.ts';
import { InMemoryRun } from '../../../src/runtime/run/in-memory-run.ts';
import type { TrainOptions } from '../../../src/runtime/run/options.ts';
import { RunFolder } from '../../../src/runtime/run/run-folder.ts';
import { train } from '../../../src/runtime/run/train.ts';
import { hostEngine } from './host-engine.ts';
import { tinyProgram } from './tiny-program.ts';

let root = '';
let count = 0;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'metac-train-'));
});
afterAll(() => rmSync(root, { recursive: true }));

function optionsOf(changes: Partial<TrainOptions> = {}): TrainOptions {
  const folder = join(root, `run${count++}`);
  return { folder, engine: hostEngine(), engineOptions: {}, seed: 1, programHash: 'hash', resident: new Map(), ...changes };
}

const metricsOf = (folder: string) => readFileSync(new RunFolder(folder).metrics, 'utf8');
const lastOf = (folder: string) => readFileSync(new RunFolder(folder).last);
const weightOf = (path: string) => decodeSafetensors(readFileSync(path)).tensors.get('w')?.data[0] ?? Number.NaN;

test('whoever asks to stop before the first step gets a run of no steps, which can be resumed', async () => {
  const options = optionsOf({ signal: AbortSignal.abort() });
  expect(await train(tinyProgram({ steps: 60 }), options)).toMatchObject({ status: 'stopped', step: 0 });
  const { signal: _, ...rest } = options;
  expect(await train(tinyProgram({ steps: 60 }), { ...rest, resume: true })).toMatchObject({ status: 'finished', step: 60 });
  const whole = optionsOf();
  await train(tinyProgram({ steps: 60 }), whole);
  expect(metricsOf(options.folder)).toBe(metricsOf(whole.folder));
  expect(lastOf(options.folder)).toEqual(lastOf(whole.folder));
});

test('a run in memory lets go of its session once, however often it is told', async () => {
  const host = hostEngine();
  let disposed = 0;
  const engine: Engine = {
    ...host,
    compile: async (program, options) => {
      const session = await host.compile(program, options);
      return { ...session, dispose: () => Promise.resolve(void disposed++) };
    },
  };
  const run = await InMemoryRun.start(tinyProgram({ steps: 3 }), { engine, seed: 0 });
  await Promise.all([run.dispose(), run.dispose()]);
  await run.dispose();
  expect(disposed).toBe(1);
});

describe('a run', () => {
  test('learns, logs, validates and keeps the best', async () => {
    const events: RunEvent[] = [];
    const options = optionsOf({ listener: (event) => events.push(event), spec: 'the spec\n', settings: { alpha: '0.5' } });
    const outcome = await train(tinyProgram({ steps: 60 }), options);
    expect(outcome).toMatchObject({ status: 'finished', step: 60, best: [{ block: 'train', metric: 'error' }] });
    const lines = metricsOf(options.folder)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { step: number; phase: string });
    expect(lines.filter(({ phase }) => phase === 'train').map(({ step }) => step)).toEqual(
      Array.from({ length: 60 }, (_, index) => index + 1),
    );
    expect(lines.filter(({ phase }) => phase === 'validate').map(({ step }) => step)).toEqual([
      5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60,
    ]);
    expect(weightOf(new RunFolder(options.folder).last)).toBeGreaterThan(0.9);
    const validations = events.filter((event) => event.kind === 'validation');
    const best = Math.min(...validations.map(({ summaries }) => summaries.get('error')?.mean ?? Number.NaN));
    expect(outcome.best[0]?.mean).toBe(best);
    expect(existsSync(new RunFolder(options.folder).best('train'))).toBe(true);
    expect(readFileSync(new RunFolder(options.folder).spec, 'utf8')).toBe('the spec\n');
    expect(JSON.parse(readFileSync(new RunFolder(options.folder).record, 'utf8'))).toMatchObject({
      seed: 1,
      engine: 'host',
      settings: { alpha: '0.5' },
    });
    expect(events.at(-1)).toEqual({ kind: 'finished', step: 60 });
    expect(existsSync(join(options.folder, 'run.lock'))).toBe(false);
  });

  test('asks for the next steps before the metrics of the last have come back, and for none across a validation', async () => {
    const asked: number[] = [];
    const plain = hostEngine();
    // Metrics of a step are held back until the next step was asked for; each fifth is validated, which waits for it.
    const engine: Engine = {
      ...plain,
      compile: async (program, engineOptions) => {
        const session = await plain.compile(program, engineOptions);
        let wake: () => void = () => undefined;
        return {
          ...session,
          runMany: async (entry, calls) => {
            wake();
            asked.push(asked.length + 1);
            const next = new Promise<void>((resolve) => {
              wake = resolve;
            });
            const pauses = asked.length % 5 === 0;
            const results = await session.runMany(entry, calls);
            if (!pauses) await next;
            return results;
          },
        };
      },
    };
    const [held, free] = [optionsOf({ engine }), optionsOf()];
    for (const options of [held, free]) await train(tinyProgram(), options);
    expect(asked).toHaveLength(20);
    expect(metricsOf(held.folder)).toBe(metricsOf(free.folder));
    expect(lastOf(held.folder).equals(lastOf(free.folder))).toBe(true);
  });

  test('gives the same bytes for the same seed and others for another', async () => {
    const [first, second, third] = [optionsOf(), optionsOf(), optionsOf({ seed: 2 })];
    for (const options of [first, second, third]) await train(tinyProgram(), options);
    expect(metricsOf(first.folder)).toBe(metricsOf(second.folder));
    expect(lastOf(first.folder).equals(lastOf(second.folder))).toBe(true);
    expect(metricsOf(first.folder)).not.toBe(metricsOf(third.folder));
  });

  test('in chunks takes the same tasks: the same weights but for rounding', async () => {
    const weights: number[] = [];
    for (const chunk of [1, 2, 3, 6]) {
      const options = optionsOf();
      await train(tinyProgram({ chunk, pool: 9 }), options);
      weights.push(weightOf(new RunFolder(options.folder).last));
    }
    for (const weight of weights) expect(weight).toBeCloseTo(weights[0] ?? Number.NaN, 5);
  });
});

describe('stopping', () => {
  test.each([3, 13, 17])('after call %i and resuming gives the bytes of an uninterrupted run', async (at) => {
    const program = tinyProgram({ chunk: 2 });
    const whole = optionsOf();
    await train(program, whole);
    const controller = new AbortController();
    const engine = hostEngine({ onRun: (_, call) => (call === at ? controller.abort() : undefined) });
    const stopped = optionsOf({ engine, signal: controller.signal });
    const outcome = await train(program, stopped);
    expect(outcome.status).toBe('stopped');
    expect(outcome.step).toBeLessThan(20);
    expect(await train(program, { ...optionsOf(), folder: stopped.folder, resume: true })).toMatchObject({ status: 'finished', step: 20 });
    expect(metricsOf(stopped.folder)).toBe(metricsOf(whole.folder));
    expect(lastOf(stopped.folder).equals(lastOf(whole.folder))).toBe(true);
  });

  test('during a validation repeats that validation', async () => {
    const program = tinyProgram();
    const whole = optionsOf();
    await train(program, whole);
    const controller = new AbortController();
    let validations = 0;
    const engine = hostEngine({
      onRun: (entry) => {
        if (entry === 'validate' && ++validations === 5) controller.abort();
      },
    });
    const stopped = optionsOf({ engine, signal: controller.signal });
    expect(await train(program, stopped)).toMatchObject({ status: 'stopped', step: 10 });
    await train(program, { ...optionsOf(), folder: stopped.folder, resume: true });
    expect(metricsOf(stopped.folder)).toBe(metricsOf(whole.folder));
    expect(lastOf(stopped.folder).equals(lastOf(whole.folder))).toBe(true);
  });

  test('by an error of the engine leaves a checkpoint that resumes', async () => {
    const program = tinyProgram();
    const whole = optionsOf();
    await train(program, whole);
    const engine = hostEngine({
      onRun: (_, call) => {
        if (call === 17) throw new Error('the engine broke');
      },
    });
    const broken = optionsOf({ engine, checkpointSteps: 4 });
    await expect(train(program, broken)).rejects.toThrow('the engine broke');
    await train(program, { ...optionsOf(), folder: broken.folder, resume: true });
    expect(metricsOf(broken.folder)).toBe(metricsOf(whole.folder));
  });
});

describe('refusals', () => {
  const code = (expected: string) => ({ diagnostic: { code: expected } });

  test('a folder that holds a run, and resuming where there is none', async () => {
    const options = optionsOf();
    await train(tinyProgram(), options);
    await expect(train(tinyProgram(), options)).rejects.toMatchObject(code('E0801'));
    await expect(train(tinyProgram(), optionsOf({ resume: true }))).rejects.toMatchObject(code('E0803'));
  });

  test('a folder that cannot be made', async () => {
    const file = join(root, 'a-file');
    writeFileSync(file, '');
    const options = optionsOf({ folder: join(file, 'run') });
    await expect(train(tinyProgram(), options)).rejects.toMatchObject(code('E0810'));
    const trained = optionsOf();
    await train(tinyProgram(), trained);
    const checkpoint = new RunFolder(trained.folder).last;
    await expect(evaluate(tinyProgram(), { ...trained, folder: join(file, 'run'), checkpoint })).rejects.toMatchObject(code('E0810'));
  });

  test('resuming with another program, seed or interval', async () => {
    const options = { ...optionsOf(), resume: false };
    await train(tinyProgram(), options);
    for (const change of [{ programHash: 'other' }, { seed: 3 }, { logEvery: 7 }])
      await expect(train(tinyProgram(), { ...options, resume: true, ...change })).rejects.toMatchObject(code('E0804'));
  });

  test('a seed that is none, before anything is written', async () => {
    const options = optionsOf({ seed: 1.5 });
    await expect(train(tinyProgram(), options)).rejects.toThrow(new RangeError('a seed is a whole number from 0 to 2^53 - 1, not 1.5'));
    expect(existsSync(options.folder)).toBe(false);
  });

  test('resuming with other data', async () => {
    const images = (digest: string): TrainOptions['resident'] =>
      new Map([
        [
          'unused',
          {
            tensor: { dtype: 'uint8', shape: [0, 1, 1, 1], data: new Uint8Array(0) },
            rows: 0,
            classes: { train: [], validate: [], evaluate: [] },
            digest,
          },
        ],
      ]);
    const options = optionsOf({ resident: images('first') });
    await train(tinyProgram(), options);
    const resumed = { ...options, resume: true };
    await expect(train(tinyProgram(), { ...resumed, resident: images('second') })).rejects.toMatchObject(code('E0804'));
    expect(await train(tinyProgram(), resumed)).toMatchObject({ status: 'finished' });
  });

  test('a second process while the first runs; not the lock of a dead one', async () => {
    const options = optionsOf();
    let second: unknown;
    const engine = hostEngine({
      onRun: async (_, call) => {
        if (call === 3) second = await train(tinyProgram(), options).catch((error: unknown) => error);
      },
    });
    await train(tinyProgram(), { ...options, engine });
    expect(second).toMatchObject(code('E0802'));
    writeFileSync(join(options.folder, 'run.lock'), 'elsewhere\n1\n');
    await expect(train(tinyProgram(), { ...options, resume: true })).rejects.toMatchObject(code('E0802'));
    const { hostname } = await import('node:os');
    writeFileSync(join(options.folder, 'run.lock'), `${hostname()}\n${process.pid}\nanother start`);
    expect(await train(tinyProgram(), { ...options, resume: true })).toMatchObject({ status: 'finished' });
  });

  test('a loss that is not a number, with the last good checkpoint kept', async () => {
    const options = optionsOf({ checkpointSteps: 1 });
    const program = tinyProgram({ rate: 1e9, steps: 50 });
    await expect(train(program, options)).rejects.toMatchObject({
      diagnostic: { code: 'E0808', range: { start: 10, end: 20 }, hint: /last good checkpoint/, found: /`multiply`/ },
    });
    expect(Number.isFinite(weightOf(new RunFolder(options.folder).last))).toBe(true);
  });

  test('a damaged checkpoint and a metrics file that is shorter than it says', async () => {
    const options = optionsOf();
    await train(tinyProgram(), options);
    const bytes = lastOf(options.folder);
    const resumed = { ...options, resume: true };
    writeFileSync(new RunFolder(options.folder).last, bytes.subarray(0, bytes.length - 3));
    await expect(train(tinyProgram(), resumed)).rejects.toMatchObject(code('E0805'));
    writeFileSync(new RunFolder(options.folder).last, bytes);
    await expect(train(tinyProgram({ chunk: 2 }), resumed)).rejects.toMatchObject(code('E0807'));
    writeFileSync(new RunFolder(options.folder).metrics, '');
    await expect(train(tinyProgram(), resumed)).rejects.toMatchObject(code('E0809'));
  });
});

describe('evaluation', () => {
  test('names its protocol, and does not depend on chunks', async () => {
    const options = optionsOf();
    await train(tinyProgram(), options);
    const checkpoint = new RunFolder(options.folder).last;
    const results = [];
    for (const evaluateChunk of [1, 4, 10]) {
      const { folder, ...rest } = options;
      results.push(
        await evaluate(tinyProgram({ evaluateChunk, chunk: 3 }), { ...rest, checkpoint, ...(evaluateChunk === 4 ? { folder } : {}) }),
      );
    }
    expect(results[0]).toMatchObject({ episodes: 10, seed: 1, protocol: { order: 'none' }, checkpoint: { step: 20 } });
    expect(results[0]?.reports).toMatchObject([{ label: 'error of w', count: 10 }]);
    for (const result of results) expect(result?.reports).toEqual(results[0]?.reports);
    expect(JSON.parse(readFileSync(new RunFolder(options.folder).result, 'utf8'))).toMatchObject({ reports: results[0]?.reports });
  });

  test('of a missing checkpoint is refused', async () => {
    const checkpoint = join(root, 'nothing.safetensors');
    await expect(evaluate(tinyProgram(), { ...optionsOf(), checkpoint })).rejects.toMatchObject({ diagnostic: { code: 'E0806' } });
  });
});
