/** @file Programs that were kept: the very same, found for what they follow from and for nothing else. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type CompileOptions, checkSource } from '../../src/compiler/compile.ts';
import { hashProgram, serializeProgram } from '../../src/compiler/ir/serialize.ts';
import { type PrepareOptions, prepare } from '../../src/prepare.ts';
import { ProgramCache, programCache } from '../../src/program-cache.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'metac-programs-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const source = (name: string) => ({ name: `${name}.meta`, text: readFileSync(`specs/${name}.meta`, 'utf8') });
const cache = (build = 'one') => new ProgramCache(folder, build);

async function prepared(name: string, options: PrepareOptions = {}) {
  const { compilation, programHash } = await prepare(source(name), { programs: cache(), ...options });
  if (compilation.program === undefined) throw new Error('the spec has errors');
  return { ...compilation, program: compilation.program, hash: programHash() };
}

test.each(['maml-sinusoid', 'linear-regression', 'ntm-copy', 'prototypical-omniglot'])(
  '%s is the same program, with the same warnings',
  async (name) => {
    const first = await prepared(name);
    const kept = await prepared(name);
    // What a compilation leaves behind, and a kept program does not.
    expect([first.passes.length > 0, kept.passes.length]).toEqual([true, 0]);
    expect(serializeProgram(kept.program)).toBe(serializeProgram(first.program));
    expect([kept.chunk, kept.hash, kept.diagnostics]).toEqual([first.chunk, first.hash, first.diagnostics]);
    expect(kept.hash).toBe(hashProgram(kept.program));
    expect(kept.model?.name).toBe(name);
  },
);

test('what a program follows from, each for itself', () => {
  const spec = source('maml-sinusoid');
  const keys = [
    cache().key(spec, {}),
    cache('two').key(spec, {}),
    cache().key({ ...spec, name: 'other.meta' }, {}),
    cache().key({ ...spec, text: `${spec.text} ` }, {}),
    ...[
      { settings: new Map([['fast.steps', '2']]) },
      { settings: new Map([['fast.steps', '3']]) },
      { rows: new Map([['sinusoids', 2]]) },
      { chunk: 1 },
      { devices: 1 },
      { chunkBytes: 1 },
    ].map((options: CompileOptions) => cache().key(spec, options)),
  ];
  expect(keys.every((key) => key !== undefined)).toBe(true);
  expect(new Set(keys).size).toBe(keys.length);
  expect(cache().key(spec, {})).toBe(keys[0]);
});

test('compilations with more to do, or that look at the machine, are not skipped', async () => {
  const spec = source('maml-sinusoid');
  for (const options of [{ verify: true }, { exactRoots: true }, { observe: () => undefined }])
    expect(cache().key(spec, options)).toBeUndefined();
  const bounded = { name: 'bounded.meta', text: `memory <= 2GB\n${spec.text}` };
  const checked = checkSource(bounded);
  expect(checked.model?.memory).toBeDefined();
  expect(cache().key(bounded, { checked })).toBeUndefined();
  await prepared('maml-sinusoid', { verify: true });
  expect(readdirSync(folder)).toEqual([]);
});

test('an entry that is damaged is compiled again', async () => {
  const first = await prepared('maml-sinusoid');
  const [entry] = readdirSync(folder);
  const path = join(folder, entry ?? '');
  writeFileSync(path, readFileSync(path).fill(48, 500, 501));
  const again = await prepared('maml-sinusoid');
  expect(again.passes.length).toBeGreaterThan(0);
  expect(again.hash).toBe(first.hash);
  expect((await prepared('maml-sinusoid')).passes).toEqual([]);
});

test('a spec with errors leaves nothing', async () => {
  const wrong = { name: 'wrong.meta', text: 'train { minimize nothing }' };
  const { compilation, programHash } = await prepare(wrong, { programs: cache() });
  expect(compilation.program).toBeUndefined();
  expect(programHash).toThrow('no program');
  expect(readdirSync(folder)).toEqual([]);
});

test('sources that run without a build keep nothing', () => {
  expect(programCache({ METAC_CACHE: folder })).toBeUndefined();
});
