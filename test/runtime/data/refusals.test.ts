/** @file Data files that are missing, cut off, damaged, absurd or unfitting: each is a diagnostic that says what, expected, found, hint. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkSource } from '../../../src/compiler/compile.ts';
import { type Diagnostic, DiagnosticError } from '../../../src/compiler/diagnostics/diagnostic.ts';
import { prepare } from '../../../src/prepare.ts';
import { checkEpisodes } from '../../../src/runtime/data/check-episodes.ts';
import { type ImageSource, loadImageSet, loadResident } from '../../../src/runtime/data/load.ts';
import { claimedSize, damagedPng, directoryOffset, greyPng, imageZip, int32Bytes, npyOf, withNumber, zipOf } from './archives.ts';

let folder = '';
let count = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'metac-refusals-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const sourceOf = (dataset: string): ImageSource => ({ dataset, split: 'none', resize: [4, 4], rotations: [0], channels: 1 });

/** Writes a file and returns the diagnostic that reading it as a data set gives. */
async function refusalOf(name: string, content: Uint8Array | string): Promise<Diagnostic> {
  const path = join(folder, `${count++}-${name}`);
  writeFileSync(path, content);
  return refusal(() => loadImageSet(sourceOf(path)));
}

async function refusal(call: () => unknown): Promise<Diagnostic> {
  try {
    await call();
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    expect(error.diagnostic).toMatchObject({ severity: 'error', range: undefined });
    expect(error.diagnostic.title).toMatch(/^\S.{10,}[^.]$/);
    expect(error.diagnostic.found).toMatch(/\S/);
    expect(error.diagnostic.hint).toMatch(/\S/);
    return error.diagnostic;
  }
  throw new Error('it was not refused');
}

test('a good archive is read', async () => {
  const path = join(folder, 'good.zip');
  writeFileSync(path, imageZip(3, 2));
  const set = await loadImageSet(sourceOf(path));
  expect(set.classes.map(({ name, rows }) => [name, ...rows])).toEqual([
    ['c0', 0, 1],
    ['c1', 2, 3],
    ['c2', 4, 5],
  ]);
  expect(new Set(set.images)).toEqual(new Set([200]));
});

describe('paths', () => {
  test('that do not exist', async () => {
    expect(await refusal(() => loadImageSet(sourceOf('no/such/folder')))).toMatchObject({ code: 'E0701' });
    const replaced = { replacements: new Map([['omniglot', join(folder, 'gone.zip')]]) };
    expect(await refusal(() => loadImageSet(sourceOf('omniglot'), replaced))).toMatchObject({ code: 'E0701' });
  });
  test('that are unknown names', async () => {
    expect(await refusal(() => loadImageSet(sourceOf('omniglott')))).toMatchObject({ code: 'E0722' });
  });
  test('of folders without images, and of files that are no data', async () => {
    const empty = join(folder, 'empty');
    mkdirSync(empty);
    expect(await refusal(() => loadImageSet(sourceOf(empty)))).toMatchObject({ code: 'E0711' });
    expect(await refusalOf('notes.txt', 'some text')).toMatchObject({ code: 'E0704' });
    expect(await refusalOf('nothing.zip', '')).toMatchObject({ code: 'E0704' });
  });
});

describe('zip archives', () => {
  const zip = imageZip(3, 2);
  const directory = directoryOffset(zip, 1);

  test.each([
    ['cut off in the middle', () => zip.subarray(0, zip.length / 2), 'E0705'],
    ['cut off by one byte', () => zip.subarray(0, zip.length - 1), 'E0705'],
    ['whose directory is elsewhere', () => withNumber(zip, zip.length - 6, 7, 4), 'E0705'],
    ['that claim more entries than there are', () => withNumber(zip, zip.length - 12, 9, 2), 'E0705'],
    ['with a wrong CRC', () => withNumber(zip, directory + 16, 0x12345678, 4), 'E0706'],
    ['with a wrong size', () => withNumber(zip, directory + 24, 5, 4), 'E0706'],
    ['with a local header elsewhere', () => withNumber(zip, directory + 42, 3, 4), 'E0706'],
    ['with a packed size beyond the end', () => withNumber(zip, directory + 20, 0x00ffffff, 4), 'E0706'],
    ['that are encrypted', () => withNumber(zip, directory + 8, 1, 2), 'E0707'],
    ['with an unknown compression', () => withNumber(zip, directory + 10, 99, 2), 'E0707'],
    ['of zip64', () => withNumber(zip, directory + 20, 0xffffffff, 4), 'E0707'],
    ['that unpack to 4 GB', () => withNumber(zip, directory + 24, 0xfffffff0, 4), 'E0708'],
    ['without images in folders', () => zipOf({ 'a.png': greyPng(8, 8, 1), 'notes/a.txt': 'text' }), 'E0711'],
    ['with hidden images only', () => zipOf({ '__MACOSX/c/a.png': greyPng(8, 8, 1), 'c/.a.png': greyPng(8, 8, 1) }), 'E0711'],
  ])('%s', async (_, bytes, code) => {
    expect(await refusalOf('bad.zip', bytes())).toMatchObject({ code });
  });

  test('that expand beyond what deflate can do are refused before anything is unpacked', async () => {
    const bomb = zipOf({ 'c/a.png': new Uint8Array(2 ** 20) });
    expect(await refusalOf('bomb.zip', withNumber(bomb, directoryOffset(bomb, 0) + 24, 2 ** 25, 4))).toMatchObject({ code: 'E0708' });
  });

  test('with any byte changed are read or refused, never anything else', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(zip.length - 1), fc.integer({ min: 1, max: 255 }), async (position, change) => {
        const bytes = zip.slice();
        bytes[position] = (bytes[position] ?? 0) ^ change;
        const path = join(folder, 'fuzz.zip');
        writeFileSync(path, bytes);
        await loadImageSet(sourceOf(path)).catch((error: unknown) => expect(error).toBeInstanceOf(DiagnosticError));
      }),
      { numRuns: 400, seed: 1 },
    );
  });
});

describe('images', () => {
  const good = greyPng(8, 8, 1);
  test.each([
    ['that are text', Buffer.from('hello'), 'E0709'],
    ['that are empty', new Uint8Array(0), 'E0709'],
    ['that are only a signature', good.slice(0, 20), 'E0709'],
    ['that were cut off', good.slice(0, good.length - 20), 'E0709'],
    ['with a wrong checksum', damagedPng(), 'E0709'],
    ['with an absurd size', claimedSize(100_000, 100_000), 'E0710'],
    ['without pixels', claimedSize(0, 4), 'E0710'],
    ['smaller than the resize', greyPng(3, 8, 1), 'E0710'],
  ])('%s', async (_, png, code) => {
    const refused = await refusalOf('images.zip', zipOf({ 'c/good.png': good, 'c/z.png': png }));
    expect(refused).toMatchObject({ code });
    expect(refused.title).toContain('c/z.png');
  });

  test('of one class in two places', async () => {
    const root = join(folder, 'twice');
    mkdirSync(root);
    writeFileSync(join(root, 'a.zip'), imageZip(1, 2));
    writeFileSync(join(root, 'b.zip'), imageZip(1, 2));
    expect(await refusal(() => loadImageSet(sourceOf(root)))).toMatchObject({ code: 'E0712' });
  });
});

describe('npz archives', () => {
  const images = npyOf('|u1', [3, 4, 4], new Uint8Array(48));
  const labels = npyOf('<i4', [3], int32Bytes([0, 0, 1]));
  const pack = (change: Record<string, Uint8Array>) => zipOf({ 'images.npy': images, 'labels.npy': labels, ...change });

  test('that are good are read, with classes named by label', async () => {
    const path = join(folder, 'good.npz');
    writeFileSync(path, pack({}));
    expect((await loadImageSet(sourceOf(path))).classes.map(({ name, rows }) => [name, ...rows])).toEqual([
      ['0', 0, 1],
      ['1', 2],
    ]);
    const texts = Uint8Array.from(Buffer.concat(['ä', 'b'].map((text) => Buffer.from(Uint32Array.of(text.codePointAt(0) ?? 0, 0).buffer))));
    writeFileSync(path, pack({ 'classes.npy': npyOf('<U2', [2], texts) }));
    expect((await loadImageSet(sourceOf(path))).classes.map(({ name }) => name)).toEqual(['ä', 'b']);
  });

  test.each([
    ['without images', () => zipOf({ 'labels.npy': labels }), 'E0714'],
    ['with images of another type', () => pack({ 'images.npy': npyOf('<f4', [3, 2, 2], new Uint8Array(48)) }), 'E0714'],
    ['with images of two dimensions', () => pack({ 'images.npy': npyOf('|u1', [3, 16], new Uint8Array(48)) }), 'E0714'],
    ['with colours', () => pack({ 'images.npy': npyOf('|u1', [3, 4, 4, 3], new Uint8Array(144)) }), 'E0714'],
    ['with too few labels', () => pack({ 'labels.npy': npyOf('<i4', [2], int32Bytes([0, 1])) }), 'E0714'],
    ['with negative labels', () => pack({ 'labels.npy': npyOf('<i4', [3], int32Bytes([0, 1, -1])) }), 'E0714'],
    ['with labels that are fractions', () => pack({ 'labels.npy': npyOf('<f4', [3], new Uint8Array(12)) }), 'E0714'],
    ['in Fortran order', () => pack({ 'images.npy': npyOf('|u1', [3, 4, 4], new Uint8Array(48), 'True') }), 'E0713'],
    ['with an array cut off', () => pack({ 'images.npy': npyOf('|u1', [3, 4, 4], new Uint8Array(47)) }), 'E0713'],
    ['with objects', () => pack({ 'labels.npy': npyOf('|O', [3], new Uint8Array(24)) }), 'E0713'],
    ['with big-endian numbers', () => pack({ 'labels.npy': npyOf('>i4', [3], new Uint8Array(12)) }), 'E0713'],
    ['with text for an array', () => pack({ 'labels.npy': Buffer.from('not an array at all') }), 'E0713'],
    ['with an absurd shape', () => pack({ 'images.npy': npyOf('|u1', [2 ** 40, 2 ** 40, 4], new Uint8Array(48)) }), 'E0713'],
    ['with too few class names', () => pack({ 'classes.npy': npyOf('<U1', [1], Uint8Array.of(65, 0, 0, 0)) }), 'E0715'],
    ['with a class name twice', () => pack({ 'classes.npy': npyOf('<U1', [2], Uint8Array.of(65, 0, 0, 0, 65, 0, 0, 0)) }), 'E0715'],
  ])('%s', async (_, bytes, code) => {
    expect(await refusalOf('bad.npz', bytes())).toMatchObject({ code });
  });

  test.each([
    ['no labels', [0], []],
    ['fewer labels', [1], [0]],
    ['more labels', [5], [0, 0, 1, 1, 2]],
    ['labels of two dimensions', [1, 3], [0, 0, 1]],
  ])('with %s than images are refused when the spec has been compiled for them', async (_, shape, values) => {
    const path = join(folder, 'mismatched.npz');
    writeFileSync(path, pack({ 'labels.npy': npyOf('<i4', shape, int32Bytes(values)) }));
    writeFileSync(join(folder, 'mismatched.txt'), 'train 0\ntest 1\n');
    const text = `
      tasks digits { source images("${path}")  split "${join(folder, 'mismatched.txt')}"  resize 4 x 4  rotate 0, 180  ways 1  shots 1  queries 1 }
      model net(x) { return x |> flatten |> dense(2) }
      train { minimize mean(square(net(query.x)))  using sgd(rate: 0.1)  batch 1  steps 1 }`;
    expect(checkSource({ name: 'mismatched.meta', text }).diagnostics).toEqual([]);
    expect(await refusal(() => prepare({ name: 'mismatched.meta', text }))).toMatchObject({ code: 'E0714' });
  });

  test('with a class list that does not fit', async () => {
    const root = mkdtempSync(join(folder, 'listed-'));
    writeFileSync(join(root, 'set_4x4.npz'), pack({}));
    for (const list of ['not json', '[]', '{"classes": ["a"]}', '{"classes": ["a", 7]}']) {
      writeFileSync(join(root, 'set_classes.json'), list);
      expect(await refusal(() => loadImageSet(sourceOf(join(root, 'set_4x4.npz'))))).toMatchObject({ code: 'E0715' });
    }
    writeFileSync(join(root, 'set_classes.json'), '{"classes": ["a", "images_background/b/c"]}');
    expect((await loadImageSet(sourceOf(join(root, 'set_4x4.npz')))).classes.map(({ name }) => name)).toEqual(['a', 'b/c']);
  });
});

describe('splits', () => {
  const load = (split: string, dataset = join(folder, 'good.zip')) => {
    writeFileSync(join(folder, 'good.zip'), imageZip(3, 2));
    const path = join(folder, 'split.txt');
    if (split !== '') writeFileSync(path, split);
    return loadResident({ ...sourceOf(dataset), split: split === '' ? 'vinyal' : path });
  };

  test('that are good', async () => {
    const { classes } = await load('# three classes\ntrain c0\n\nval c1\r\ntest   c2\n');
    expect([classes.train, classes.validate, classes.evaluate].map((list) => list.map(({ name }) => name))).toEqual([
      ['c0'],
      ['c1'],
      ['c2'],
    ]);
  });

  test.each([
    ['an unknown name', '', 'E0716'],
    ['an unknown word', 'training c0\n', 'E0717'],
    ['a word without a class', 'train c0\ntest\n', 'E0717'],
    ['a class in two splits', 'train c0\ntest c0\n', 'E0718'],
    ['a class twice', 'train c0\ntrain c0\n', 'E0718'],
    ['an unknown class', 'train c0\ntest C1\n', 'E0719'],
  ])('%s', async (_, split, code) => {
    expect(await refusal(() => load(split))).toMatchObject({ code });
  });

  test('an unknown class gets a suggestion, and the number of unknown ones', async () => {
    expect(await refusal(() => load('train C0\ntest c1\n'))).toMatchObject({ hint: 'did you mean `c0`?', found: 'one unknown class' });
    expect(await refusal(() => load('train zebra\ntest lion\n'))).toMatchObject({ found: /^2 unknown classes/ });
  });

  test('whose file does not exist', async () => {
    const source = { ...sourceOf(join(folder, 'good.zip')), split: 'lists/none.txt' };
    expect(await refusal(() => loadResident(source))).toMatchObject({ code: 'E0701', title: /split file/ });
  });

  test('too small for the episodes', async () => {
    const resident = await load('train c0\ntrain c1\ntest c2\n');
    const shape = { tasks: 'images', ways: 2, shots: 1, queries: 1 };
    expect(() => checkEpisodes(resident, 'train', shape)).not.toThrow();
    expect(await refusal(() => checkEpisodes(resident, 'evaluate', shape))).toMatchObject({ code: 'E0720' });
    expect(await refusal(() => checkEpisodes(resident, 'train', { ...shape, shots: 2 }))).toMatchObject({ code: 'E0721' });
  });
});

test('a damaged cache entry is made again', async () => {
  const { readdirSync } = await import('node:fs');
  const path = join(folder, 'cached.zip');
  writeFileSync(path, imageZip(2, 2));
  const cacheFolder = join(folder, 'cache');
  const first = await loadImageSet(sourceOf(path), { cacheFolder });
  const entry = join(cacheFolder, readdirSync(cacheFolder)[0] ?? '');
  const bytes = readFileSync(entry);
  for (const damaged of [bytes.subarray(0, 50), Buffer.from('no tensors'), Buffer.alloc(0)]) {
    writeFileSync(entry, damaged);
    expect(await loadImageSet(sourceOf(path), { cacheFolder })).toEqual(first);
    expect(readFileSync(entry).equals(bytes)).toBe(true);
  }
  writeFileSync(path, imageZip(3, 2));
  expect((await loadImageSet(sourceOf(path), { cacheFolder })).classes).toHaveLength(3);
});
