/** @file How many tasks a call takes: the whole batch where it fits, without a second compilation; else what the program of one task says. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
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
  const { model } = checkSource(sourceOf(spec));
  if (model === undefined) throw new Error(`${spec} has errors`);
  return chooseChunks(compiled(spec, { chunk: 1 }).program, { chunk: wholeBatch(model, options) }, options);
}

describe('a batch that fits', () => {
  test.each(['maml-sinusoid', 'two-task-sinusoid', 'dnc-recall', 'ntm-copy'])('is compiled once: %s', (spec) => {
    const { chunk, compilations, program } = compiled(spec);
    expect({ chunk, reportChunk: chunk }).toEqual(chosen(spec));
    expect(compilations).toBe(1);
    expect(fits(program, {})).toBe(true);
  });

  test('is shared by devices', () => {
    expect(compiled('maml-sinusoid', { devices: 2 })).toMatchObject({ chunk: 12, compilations: 1 });
    expect(chosen('maml-sinusoid', { devices: 2 }).chunk).toBe(12);
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

  test('a wrong guess costs a compilation, no more', () => {
    const { model } = checkSource(sourceOf('maml-sinusoid'));
    if (model === undefined) throw new Error('maml-sinusoid has errors');
    const options = { chunkBytes: 700_000 };
    expect(likelyFits(lower(model, { chunk: 1 }), { chunk: 25 }, options)).toBe(true);
    expect(fits(compiled('maml-sinusoid', { chunk: 25 }).program, options)).toBe(false);
    const { chunk, compilations } = compiled('maml-sinusoid', options);
    expect(chunk).toBe(chosen('maml-sinusoid', options).chunk);
    expect(compilations).toBe(3);
  });
});
