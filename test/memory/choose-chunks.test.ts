/** @file How many tasks a call takes: the whole batch where it fits, without a second compilation; else what the program of one task says. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Model } from '../../src/compiler/check/model.ts';
import { chooseChunks, fits, likelyFits, wholeBatch } from '../../src/compiler/choose-chunks.ts';
import { type CompileOptions, checkSource, compile } from '../../src/compiler/compile.ts';
import type { Program } from '../../src/compiler/ir/ir.ts';
import { lower } from '../../src/compiler/lower/lower.ts';

function sourceOf(spec: string): { name: string; text: string } {
  return { name: `${spec}.meta`, text: readFileSync(`specs/${spec}.meta`, 'utf8') };
}

/** What was compiled on the way, and what was chosen. */
function compiled(spec: string, options: CompileOptions = {}): { program: Program; chunk: number; compilations: number } {
  let compilations = 0;
  const observe: CompileOptions['observe'] = (stage) => {
    if (stage === 'optimized') compilations++;
  };
  const { program, chunk } = compile(sourceOf(spec), { ...options, observe });
  if (program === undefined) throw new Error(`${spec} does not compile`);
  return { program, chunk, compilations };
}

/** What the program of one task says. */
function chosen(spec: string, options: CompileOptions = {}): ReturnType<typeof chooseChunks> {
  return chooseChunks(compiled(spec, { chunk: 1 }).program, whole(spec, options), options);
}

function loweredOf(spec: string): { model: Model; lowered: Program } {
  const { model } = checkSource(sourceOf(spec));
  if (model === undefined) throw new Error(`${spec} has errors`);
  return { model, lowered: lower(model, { chunk: 1 }) };
}

function whole(spec: string, options: CompileOptions = {}): ReturnType<typeof wholeBatch> {
  const { model, lowered } = loweredOf(spec);
  return wholeBatch(model, lowered, options);
}

describe('a batch that fits', () => {
  test.each(['maml-sinusoid', 'two-task-sinusoid', 'dnc-recall', 'ntm-copy'])('is compiled once: %s', (spec) => {
    const { chunk, compilations, program } = compiled(spec);
    expect({ chunk, reportChunk: chunk, spread: false }).toEqual(chosen(spec));
    expect(compilations).toBe(1);
    expect(fits(program, {})).toBe(true);
  });

  test('is shared by devices', () => {
    expect(compiled('maml-sinusoid', { devices: 2 })).toMatchObject({ chunk: 13, compilations: 1 });
    expect(chosen('maml-sinusoid', { devices: 2 }).chunk).toBe(13);
  });

  test.each([
    ['maml-sinusoid', 'has too little to do', 2, 25],
    ['imaml-sinusoid', 'is shared by two', 2, 13],
    ['imaml-sinusoid', 'is shared by four', 4, 7],
    ['imaml-sinusoid', 'is shared by no more than its tasks', 64, 1],
    ['two-task-sinusoid', 'is shared by one', 64, 25],
    ['ntm-copy', 'is a recurrence of small nodes', 2, 16],
    ['mann-omniglot', 'is a recurrence with large weights', 2, 16],
  ])('among processors: %s %s', (spec, _, processors, tasks) => {
    expect(compiled(spec, { processors })).toMatchObject({ chunk: tasks, compilations: 1 });
    expect(chosen(spec, { processors }).chunk).toBe(tasks);
  });

  test('is reported on whole where processors share the training', () => {
    const { program } = compiled('imaml-sinusoid', { processors: 2 });
    expect(program.functions.map(({ name, tasks }) => [name, tasks])).toEqual(
      expect.arrayContaining([
        ['train.accumulate', 13],
        ['evaluate', 25],
      ]),
    );
  });
});

describe('a batch that does not fit', () => {
  test.each([
    ['maml-omniglot', 'one task is chosen, whose program there is', 1],
    ['maml-fc-omniglot', 'some are chosen', 2],
    ['platipus-sinusoid', 'all but two', 2],
  ])('%s: %s', (spec, _, most) => {
    const { chunk, compilations } = compiled(spec);
    expect(chunk).toBe(chosen(spec).chunk);
    expect(compilations).toBe(most);
  });

  test('is shared by as many processors as have enough to do', () => {
    expect(compiled('platipus-sinusoid', { processors: 2 })).toMatchObject({ chunk: 13, compilations: 2 });
    expect(compiled('platipus-sinusoid', { processors: 64 })).toMatchObject({ chunk: 7, compilations: 2 });
  });

  test('a wrong guess costs a compilation, no more', () => {
    const { lowered } = loweredOf('maml-sinusoid');
    const options = { chunkBytes: 700_000 };
    expect(likelyFits(lowered, whole('maml-sinusoid'), options)).toBe(true);
    expect(fits(compiled('maml-sinusoid', { chunk: 25 }).program, options)).toBe(false);
    const { chunk, compilations } = compiled('maml-sinusoid', options);
    expect(chunk).toBe(chosen('maml-sinusoid', options).chunk);
    expect(compilations).toBe(3);
  });
});
