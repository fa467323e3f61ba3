/** @file What episodes promise: they do not depend on chunks, classes and examples are distinct, pools repeat, phases differ. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FunctionBuilder } from '../../../src/compiler/ir/build.ts';
import type { EntryFunction, InputDeclaration, TaskSource } from '../../../src/compiler/ir/ir.ts';
import { tensorType } from '../../../src/compiler/ir/tensor-type.ts';
import type { ResidentImages } from '../../../src/runtime/data/resident.ts';
import type { Tensors } from '../../../src/runtime/engine.ts';
import { InputSampler, type SamplerContext } from '../../../src/runtime/episodes/sampler.ts';

const WAYS = 3;
const SHOTS = 2;
const QUERIES = 4;
const CLASSES = 7;
const PER_CLASS = 9;

function residentOf(): ResidentImages {
  const classes = Array.from({ length: CLASSES }, (_, index) => ({
    name: `class${index}`,
    rows: Int32Array.from({ length: PER_CLASS }, (_, example) => index * PER_CLASS + example),
  }));
  const tensor = { dtype: 'uint8' as const, shape: [CLASSES * PER_CLASS, 1, 1, 1], data: new Uint8Array(CLASSES * PER_CLASS) };
  return { tensor, rows: CLASSES * PER_CLASS, classes: { train: classes, validate: classes, evaluate: classes }, digest: '' };
}

function entryOf(tasks: number): EntryFunction {
  const draw = (name: string, perTask: boolean, block: string | undefined): InputDeclaration => ({
    kind: 'draw',
    name,
    type: tensorType('float', perTask ? [tasks, 5] : [5]),
    distribution: name === 'noise' ? 'normal' : 'uniform',
    stream: name,
    perTask,
    tasks: block,
  });
  const examples = (part: 'support' | 'query', episode: string): InputDeclaration => ({
    kind: 'examples',
    name: `${episode}.${part}`,
    type: tensorType('int', [tasks, WAYS * (part === 'support' ? SHOTS : QUERIES)]),
    tasks: 'images',
    episode,
    part,
  });
  const inputs = [
    draw('amplitude', true, 'waves'),
    draw('noise', true, undefined),
    draw('shared', false, undefined),
    examples('support', 'first'),
    examples('query', 'first'),
    examples('support', 'second'),
  ];
  return { name: 'step', body: new FunctionBuilder().finish([]), tasks, inputs };
}

function contextOf(changes: Partial<SamplerContext> = {}, pool = 0): SamplerContext {
  const sources: TaskSource[] = [
    { name: 'waves', kind: 'generated', pool },
    { name: 'images', kind: 'images', pool: 0 },
  ];
  const episodeShapes = [{ tasks: 'images', ways: WAYS, shots: SHOTS, queries: QUERIES }];
  const resident = new Map([['images', residentOf()]]);
  return { seed: 1, phase: 'train', sources, episodeShapes, resident, batch: 12, ...changes };
}

function numbers(inputs: Tensors, name: string): number[] {
  return [...(inputs.get(name)?.data ?? [])];
}

function rowsOfTask(inputs: Tensors, name: string, task: number): number[] {
  const all = numbers(inputs, name);
  const each = (inputs.get(name)?.shape[1] ?? 0) as number;
  return all.slice(task * each, (task + 1) * each);
}

test('the tasks of a step are the same in any chunks; places left over repeat the last, and are not live', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(1, 2, 3, 4, 5, 6, 7),
      fc.nat(1000),
      fc.nat(2 ** 40),
      fc.constantFrom(0, 5, 40),
      (chunk, step, seed, pool) => {
        const whole = new InputSampler(entryOf(12), contextOf({ seed }, pool)).inputs(step, 0);
        const entry = entryOf(chunk);
        const live: InputDeclaration = { kind: 'live', name: 'live', type: { dtype: 'float', shape: [chunk] } };
        const sampler = new InputSampler({ ...entry, inputs: [...entry.inputs, live] }, contextOf({ seed }, pool));
        for (let first = 0; first < 12; first += chunk) {
          const part = sampler.inputs(step, first);
          const tasks = Array.from({ length: chunk }, (_, task) => first + task);
          for (const name of ['amplitude', 'noise', 'first.support', 'first.query', 'second.support'])
            tasks.forEach((task, place) => {
              expect(rowsOfTask(part, name, place)).toEqual(rowsOfTask(whole, name, Math.min(task, 11)));
            });
          expect(numbers(part, 'shared')).toEqual(numbers(whole, 'shared'));
          expect(numbers(part, 'live')).toEqual(tasks.map((task) => (task < 12 ? 1 : 0)));
        }
      },
    ),
    { numRuns: 40, seed: 1 },
  );
});

describe('episodes', () => {
  const sampler = new InputSampler(entryOf(12), contextOf());

  test('have distinct classes, distinct examples, and support apart from query, class-major', () => {
    for (let step = 0; step < 100; step++) {
      const inputs = sampler.inputs(step, 0);
      for (let task = 0; task < 12; task++) {
        const support = rowsOfTask(inputs, 'first.support', task);
        const query = rowsOfTask(inputs, 'first.query', task);
        expect(new Set([...support, ...query]).size).toBe(WAYS * (SHOTS + QUERIES));
        const classOf = (row: number) => Math.floor(row / PER_CLASS);
        const labels = support.filter((_, index) => index % SHOTS === 0).map(classOf);
        expect(new Set(labels).size).toBe(WAYS);
        expect(support.map(classOf)).toEqual(labels.flatMap((label) => new Array<number>(SHOTS).fill(label)));
        expect(query.map(classOf)).toEqual(labels.flatMap((label) => new Array<number>(QUERIES).fill(label)));
      }
    }
  });

  test('use every class under every label and every example equally often', () => {
    const byLabel = new Array<number>(WAYS * CLASSES).fill(0);
    const byRow = new Array<number>(CLASSES * PER_CLASS).fill(0);
    const steps = 1000;
    for (let step = 0; step < steps; step++) {
      numbers(sampler.inputs(step, 0), 'first.support').forEach((row, index) => {
        const label = Math.floor(index / SHOTS) % WAYS;
        const cell = label * CLASSES + Math.floor(row / PER_CLASS);
        byLabel[cell] = (byLabel[cell] ?? 0) + 1;
        byRow[row] = (byRow[row] ?? 0) + 1;
      });
    }
    const perCell = (steps * 12 * SHOTS) / CLASSES;
    const perRow = (steps * 12 * WAYS * SHOTS) / (CLASSES * PER_CLASS);
    for (const count of byLabel) expect(Math.abs(count - perCell)).toBeLessThan(5 * Math.sqrt(perCell * SHOTS));
    for (const count of byRow) expect(Math.abs(count - perRow)).toBeLessThan(5 * Math.sqrt(perRow));
  });

  test('differ by step, task, episode name, phase and seed', () => {
    const seen = new Set<string>();
    const add = (changes: Partial<SamplerContext>, step: number): void => {
      const inputs = new InputSampler(entryOf(2), contextOf(changes)).inputs(step, 0);
      for (const task of [0, 1]) {
        seen.add(String(rowsOfTask(inputs, 'amplitude', task)));
        seen.add(String(rowsOfTask(inputs, 'first.support', task)));
        seen.add(String(rowsOfTask(inputs, 'second.support', task)));
      }
    };
    add({}, 0);
    add({}, 1);
    add({ phase: 'validate' }, 0);
    add({ phase: 'evaluate' }, 0);
    add({ seed: 2 }, 0);
    expect(seen.size).toBe(5 * 6);
  });

  test('that the data cannot give are refused', () => {
    const shapes = (ways: number, queries: number) => ({ episodeShapes: [{ tasks: 'images', ways, shots: SHOTS, queries }] });
    expect(() => new InputSampler(entryOf(2), contextOf(shapes(8, 4)))).toThrow(/E0720/);
    expect(() => new InputSampler(entryOf(2), contextOf(shapes(3, 8)))).toThrow(/E0721/);
  });
});

describe('a pool', () => {
  const POOL = 30;
  const sampler = new InputSampler(entryOf(12), contextOf({}, POOL));

  test('is visited whole in every epoch, in another order, with the same data', () => {
    const visits: string[] = [];
    for (let step = 0; step < 10; step++) {
      const inputs = sampler.inputs(step, 0);
      for (let task = 0; task < 12; task++) visits.push(String(rowsOfTask(inputs, 'amplitude', task)));
    }
    const epochs = [0, 1, 2, 3].map((epoch) => visits.slice(epoch * POOL, (epoch + 1) * POOL));
    for (const epoch of epochs) {
      expect(new Set(epoch).size).toBe(POOL);
      expect(new Set(epoch)).toEqual(new Set(epochs[0]));
    }
    expect(new Set(epochs.map((epoch) => epoch.join('|'))).size).toBe(4);
  });

  test('fixes the data of its tasks, not the noise of training', () => {
    const noise = new Set<string>();
    for (let step = 0; step < 10; step++)
      for (let task = 0; task < 12; task++) noise.add(String(rowsOfTask(sampler.inputs(step, 0), 'noise', task)));
    expect(noise.size).toBe(120);
  });

  test('is for training only', () => {
    const inputsOf = (pool: number) => new InputSampler(entryOf(12), contextOf({ phase: 'evaluate' }, pool)).inputs(0, 0);
    expect(numbers(inputsOf(POOL), 'amplitude')).toEqual(numbers(inputsOf(0), 'amplitude'));
  });
});
