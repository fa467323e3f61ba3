/** @file What was compiled, on disk: kept, found, and not believed when damaged. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cacheKey, DiskCache } from '../../src/runtime/disk-cache.ts';

let folder = '';
const cacheIn = (path: string) => new DiskCache(path, 'kept', 'test 1');
const body = Uint8Array.from({ length: 1000 }, (_, index) => index % 251);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'metac-disk-cache-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('gives back what was written', () => {
  const cache = cacheIn(join(folder, 'new'));
  expect(cache.read('a')).toBeUndefined();
  cache.write('a', body);
  cache.write('b', body.subarray(1));
  expect(cache.read('a')).toEqual(Buffer.from(body));
  expect(cacheIn(join(folder, 'new')).read('b')).toHaveLength(999);
});

test.each([
  ['truncated', (path: string) => truncateSync(path, 700)],
  ['empty', (path: string) => truncateSync(path, 0)],
  ['changed', (path: string) => writeFileSync(path, readFileSync(path).fill(7, 900, 901))],
  ['of another kind', (path: string) => writeFileSync(path, 'something else')],
])('an entry that is %s is removed', (_, damage) => {
  const cache = cacheIn(folder);
  cache.write('a', body);
  const path = join(folder, readdirSync(folder)[0] ?? '');
  damage(path);
  expect(cache.read('a')).toBeUndefined();
  expect(existsSync(path)).toBe(false);
});

test('an entry of another version is made again', () => {
  cacheIn(folder).write('a', body);
  expect(new DiskCache(folder, 'kept', 'test 2').read('a')).toBeUndefined();
});

test('a folder that cannot be written stops nothing', () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  const cache = cacheIn(join(file, 'below'));
  cache.write('a', body);
  expect(cache.read('a')).toBeUndefined();
  cache.remove('a');
});

test('keys differ where any part or border between parts does', () => {
  const keys = [['ab', 'c'], ['a', 'bc'], ['abc'], ['ab', 'd']].map(cacheKey);
  expect(new Set(keys).size).toBe(4);
  expect(cacheKey(['ab', 'c'])).toBe(keys[0]);
});
