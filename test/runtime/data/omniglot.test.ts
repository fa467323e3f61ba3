/** @file The shipped Omniglot and its originals: the same bytes from both, the splits, the rotations. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ImageSet } from '../../../src/runtime/data/image-set.ts';
import { type ImageSource, loadImageSet, loadSplit } from '../../../src/runtime/data/load.ts';
import { makeResident } from '../../../src/runtime/data/resident.ts';
import { splitClasses } from '../../../src/runtime/data/splits.ts';

const SAMPLE = 'test/fixtures/omniglot-sample.zip';
const source: ImageSource = { dataset: 'omniglot', split: 'vinyals', resize: [28, 28], rotations: [0], channels: 1 };

let folder = '';
let packed: ImageSet;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'metac-omniglot-'));
  packed = await loadImageSet(source);
});
afterAll(() => rmSync(folder, { recursive: true }));

function imagesOf(set: ImageSet, name: string): Buffer {
  const found = set.classes.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no class ${name}`);
  const area = set.height * set.width;
  return Buffer.concat([...found.rows].map((row) => set.images.subarray(row * area, (row + 1) * area)));
}

test('the pack has all 1623 characters with 20 drawings each', () => {
  expect(packed.classes).toHaveLength(1623);
  expect(packed.images).toHaveLength(32_460 * 28 * 28);
  expect(packed.classes.every((one) => one.rows.length === 20)).toBe(true);
  expect(packed.classes[0]?.name).toBe('Alphabet_of_the_Magi/character01');
});

describe.each(['vinyals', 'lake'])('split %s', (split) => {
  test('names classes of the pack, every one at most once', () => {
    const { train, validate, evaluate } = splitClasses(packed, loadSplit({ ...source, split }), split);
    expect([train.length, validate.length, evaluate.length]).toEqual(split === 'vinyals' ? [1028, 172, 423] : [806, 158, 659]);
    expect(new Set([...train, ...validate, ...evaluate]).size).toBe(1623);
  });
});

test('the lake split keeps whole alphabets apart', () => {
  const { train, validate, evaluate } = loadSplit({ ...source, split: 'lake' });
  const alphabets = (names: readonly string[]) => new Set(names.map((name) => name.split('/')[0]));
  expect([alphabets(train).size, alphabets(validate).size, alphabets(evaluate).size]).toEqual([25, 5, 20]);
  expect(new Set([...alphabets(train), ...alphabets(validate), ...alphabets(evaluate)]).size).toBe(50);
});

describe('the same images from', () => {
  const expectSame = (set: ImageSet): void => {
    expect(set.classes).toHaveLength(6);
    for (const { name, rows } of set.classes) {
      expect(rows).toHaveLength(20);
      expect(imagesOf(set, name).equals(imagesOf(packed, name))).toBe(true);
    }
  };

  test('a zip of the originals', async () => {
    expectSame(await loadImageSet(source, { replacements: new Map([['omniglot', SAMPLE]]) }));
  });

  test('a folder with that zip', async () => {
    writeFileSync(join(folder, 'anything.zip'), readFileSync(SAMPLE));
    expectSame(await loadImageSet(source, { replacements: new Map([['omniglot', folder]]) }));
  });

  test('a folder of PNG files, given as a path', async () => {
    const root = mkdtempSync(join(folder, 'unpacked-'));
    const { mkdirSync } = await import('node:fs');
    for (const [name, bytes] of Object.entries(unzipSync(readFileSync(SAMPLE)))) {
      mkdirSync(join(root, name, '..'), { recursive: true });
      writeFileSync(join(root, name), bytes);
    }
    writeFileSync(join(root, 'notes.txt'), 'not an image');
    expectSame(await loadImageSet({ ...source, dataset: root }));
  });

  test('the cache, the second time', async () => {
    const cacheFolder = join(folder, 'cache');
    const options = { replacements: new Map([['omniglot', SAMPLE]]), cacheFolder };
    expectSame(await loadImageSet(source, options));
    let decoded = 0;
    expectSame(
      await loadImageSet(source, {
        ...options,
        progress: () => {
          decoded++;
        },
      }),
    );
    expect(decoded).toBe(0);
  });
});

test('originals resize to any smaller size, and only the pack refuses a larger one', async () => {
  const options = { replacements: new Map([['omniglot', SAMPLE]]) };
  const large = await loadImageSet({ ...source, resize: [105, 105] }, options);
  expect([large.height, large.width]).toEqual([105, 105]);
  expect(new Set(large.images)).toEqual(new Set([0, 255]));
  const small = await loadImageSet({ ...source, resize: [14, 14] });
  expect(small.images).toHaveLength(32_460 * 14 * 14);
  await expect(loadImageSet({ ...source, resize: [64, 64] })).rejects.toMatchObject({ diagnostic: { code: 'E0710' } });
});

test('quarter turns are counter-clockwise, exact, and classes of their own', () => {
  const set: ImageSet = {
    name: 'tiny',
    height: 2,
    width: 2,
    images: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
    classes: [
      { name: 'a', rows: Int32Array.of(0) },
      { name: 'b', rows: Int32Array.of(1) },
    ],
  };
  const { tensor, classes } = makeResident(set, [0, 90, 180, 270], { train: [1], validate: [0], evaluate: [] });
  expect(tensor.shape).toEqual([8, 2, 2, 1]);
  expect([...tensor.data].slice(0, 4)).toEqual([1, 2, 3, 4]);
  expect([...tensor.data].slice(8, 12)).toEqual([2, 4, 1, 3]);
  expect([...tensor.data].slice(16, 20)).toEqual([4, 3, 2, 1]);
  expect([...tensor.data].slice(24, 28)).toEqual([3, 1, 4, 2]);
  expect(classes.train.map(({ name, rows }) => [name, ...rows])).toEqual([
    ['b', 1],
    ['b rotated 90', 3],
    ['b rotated 180', 5],
    ['b rotated 270', 7],
  ]);
  expect(classes.evaluate).toEqual([]);
});

test('turns images of any size, blank pixels and packs that start anywhere', () => {
  for (const [height, width, count] of [
    [5, 5, 3],
    [3, 7, 5],
    [1, 1, 2],
  ] as const) {
    const area = height * width;
    const bytes = Uint8Array.from({ length: 1 + count * area }, (_, index) => (index % 3 === 0 ? 0 : 1 + (index % 255)));
    const images = bytes.subarray(1);
    const set: ImageSet = { name: 'odd', height, width, images, classes: [] };
    const rotations = height === width ? [0, 90, 180, 270] : [0, 180];
    const { data } = makeResident(set, rotations, { train: [], validate: [], evaluate: [] }).tensor;
    rotations.forEach((degrees, copy) => {
      for (let index = 0; index < images.length; index++) {
        const pixel = index % area;
        const [y, x] = [Math.floor(pixel / width), pixel % width];
        const turned = { 0: [y, x], 90: [width - 1 - x, y], 180: [height - 1 - y, width - 1 - x], 270: [x, height - 1 - y] };
        const [row, place] = turned[degrees as keyof typeof turned] as [number, number];
        expect([degrees, y, x, data[copy * images.length + index - pixel + row * width + place]]).toEqual([degrees, y, x, images[index]]);
      }
    });
  }
});

test('the digest tells images, rotations and splits apart', () => {
  const set = (value: number): ImageSet => ({
    name: 'tiny',
    height: 1,
    width: 1,
    images: Uint8Array.of(value, 2),
    classes: [
      { name: 'a', rows: Int32Array.of(0) },
      { name: 'b', rows: Int32Array.of(1) },
    ],
  });
  const one = { train: [0], validate: [1], evaluate: [] };
  const digests = [
    makeResident(set(1), [0], one),
    makeResident(set(1), [0], one),
    makeResident(set(3), [0], one),
    makeResident(set(1), [0, 90], one),
    makeResident(set(1), [0], { ...one, validate: [], evaluate: [1] }),
  ].map(({ digest }) => digest);
  expect(digests[0]).toBe(digests[1]);
  expect(new Set(digests).size).toBe(4);
});
