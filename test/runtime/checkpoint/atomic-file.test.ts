/** @file Writing files whole: what is no regular file is written to, and links are followed. */
import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { writeAtomically } from '../../../src/runtime/checkpoint/atomic-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'metac-atomic-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('a new file and an old one are whole, and nothing else is left', () => {
  const path = join(folder, 'plain.txt');
  for (const text of ['first', 'second, which is longer']) {
    writeAtomically(path, text);
    expect(readFileSync(path, 'utf8')).toBe(text);
  }
  writeAtomically(path, [Uint8Array.of(65), new Uint8Array(), Uint8Array.of(66, 67)]);
  expect(readFileSync(path, 'utf8')).toBe('ABC');
  expect(readdirSync(folder)).toEqual(['plain.txt']);
});

test.skipIf(process.platform === 'win32')('a link stays one, and what it leads to is replaced', () => {
  const [target, link] = [join(folder, 'target.txt'), join(folder, 'link.txt')];
  writeFileSync(target, 'old');
  symlinkSync(target, link);
  writeAtomically(link, 'new');
  expect(readFileSync(target, 'utf8')).toBe('new');
  expect(lstatSync(link).isSymbolicLink()).toBe(true);
});

test.skipIf(process.platform === 'win32')('a device is written to, not replaced', () => {
  // Through a link: if it were replaced, it would be a file of this folder.
  const link = join(folder, 'nowhere');
  symlinkSync('/dev/null', link);
  writeAtomically(link, 'gone');
  expect(statSync(link).isCharacterDevice()).toBe(true);
  expect(readdirSync('/dev').filter((name) => name.startsWith('null.'))).toEqual([]);
});
