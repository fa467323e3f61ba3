/**
 * @file Mutated specs end with a diagnostic or success: never with an exception, never after more than a second, never with a
 * stack trace in what the user reads. `FUZZ=100000` sets how many, `FUZZ_SEED=7` where to begin; a failure prints its seed.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { builtins } from '../../src/compiler/check/builtins/table.ts';
import { check } from '../../src/compiler/check/check.ts';
import { checkSource } from '../../src/compiler/compile.ts';
import { renderDiagnostics } from '../../src/compiler/diagnostics/render.ts';
import { verifyFunction } from '../../src/compiler/ir/verify.ts';
import { lower } from '../../src/compiler/lower/lower.ts';
import { createParser, parse } from '../../src/compiler/parse/parse.ts';
import { unreached } from '../../src/compiler/reached.ts';
import { examples } from '../language/examples.ts';
import { generator } from '../primitives/draw.ts';
import { mutated } from './mutate.ts';

const root = join(import.meta.dirname, '../..');
const count = Number(process.env.FUZZ ?? 10_000);
const firstSeed = Number(process.env.FUZZ_SEED ?? 1);
/** Longest time of one spec, in milliseconds. */
const slowest = 1_000;

function textsIn(folder: string): string[] {
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.meta'))
    .map((name) => readFileSync(join(root, folder, name), 'utf8'))
    .filter((text) => text.length < 6_000);
}

const specs = [...textsIn('specs'), ...examples.map(({ source }) => source)];
const others = [...textsIn('test/parse/examples'), ...textsIn('test/errors')];
/** Half of them good specs, so that mutations get far into the checker. */
const corpus = [...others, ...Array.from({ length: others.length }, (_, index) => specs[index % specs.length] as string)];
const parser = createParser();

/** Everything that happens to a text before something is trained; returns what the user reads, and whether it was accepted. */
function judged(text: string): { readonly shown: string; readonly accepted: boolean } {
  const source = { name: 'fuzz.meta', text };
  const parsed = parse(source, parser);
  const incomplete = parsed.diagnostics.length > 0;
  const input = { source, file: parsed.file, incomplete, lostNames: parsed.lost.names, overrides: new Map(), overrideTexts: new Map() };
  const checked = check(input, builtins);
  const { model } = checked;
  const lost = model === undefined || incomplete ? [] : unreached(model);
  const shown = renderDiagnostics(source, [...parsed.diagnostics, ...checked.diagnostics, ...lost], { colour: false });
  if (model === undefined || incomplete || lost.length > 0) return { shown, accepted: false };
  for (const entry of lower(model, { chunk: 2 }).functions) verifyFunction(entry.body);
  return { shown, accepted: true };
}

function timeOf(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

it(`${count} mutated specs end with a diagnostic or success`, { timeout: 600_000 }, () => {
  let accepted = 0;
  let silent = 0;
  const slow: string[] = [];
  for (let seed = firstSeed; seed < firstSeed + count; seed++) {
    const text = mutated(generator(seed), corpus);
    const start = performance.now();
    let result: ReturnType<typeof judged>;
    try {
      result = judged(text);
    } catch (error) {
      throw new Error(`seed ${seed} ended with an exception for\n${text.slice(0, 3_000)}`, { cause: error });
    }
    // Again, in case the machine was busy with something else.
    let time = performance.now() - start;
    for (let again = 0; again < 4 && time > slowest; again++)
      time = Math.min(
        time,
        timeOf(() => judged(text)),
      );
    if (time > slowest) slow.push(`seed ${seed}: ${Math.round(time)} ms`);
    expect(result.shown, `seed ${seed} shows a stack trace`).not.toMatch(/\n\s+at .*:\d+:\d+|metac bug|\[object /);
    expect(result.shown, `seed ${seed} shows an undefined value`).not.toMatch(/(?<![\w"])(undefined|NaN)(?![\w"])/);
    if (result.accepted) accepted++;
    else if (!result.shown.includes('error[E')) silent++;
  }
  expect(slow).toEqual([]);
  expect(silent, 'refused without a word').toBe(0);
  expect(accepted / count).toBeGreaterThan(0.01);
  expect(accepted / count).toBeLessThan(0.6);
});

const settingNames = [
  'alpha',
  'train.steps',
  'train.batch',
  'fast.steps',
  'omniglot.ways',
  'sinusoids.shots',
  'evaluate.episodes',
  'net',
  '',
];

it('any setting ends with a diagnostic or success', { timeout: 120_000 }, () => {
  const spec = { name: 'fuzz.meta', text: `${examples[0]?.source}` };
  const values = ['1', '0.5', '-3', '1e30', '"text"', '[1, 2]', '28 x 28', 'linear(1, 0)', 'learned(2)', 'net', 'alpha', 'query.x'];
  for (let seed = firstSeed; seed < firstSeed + Math.min(count, 300); seed++) {
    const random = generator(seed);
    const pairs = Array.from({ length: 1 + Math.floor(random() * 2) }, () => {
      const name = settingNames[Math.floor(random() * settingNames.length)] ?? '';
      return [name, mutated(random, values)] as const;
    });
    const { diagnostics, model } = checkSource(spec, { settings: new Map(pairs) });
    const shown = renderDiagnostics(spec, diagnostics, { colour: false });
    expect(model !== undefined || shown.includes('error[E'), `seed ${seed}: refused without a word`).toBe(true);
    expect(shown, `seed ${seed}`).not.toMatch(/\n\s+at .*:\d+:\d+|metac bug|(?<![\w"])(undefined|NaN)(?![\w"])/);
  }
});
