/** @file Comparison with a file that is committed; `UPDATE=1` writes the file instead. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect } from 'vitest';

export function expectGolden(path: string, actual: string): void {
  if (process.env.UPDATE === '1') {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, actual);
    return;
  }
  expect(existsSync(path), `${path} is missing: run the test with UPDATE=1 and review it`).toBe(true);
  expect(actual).toBe(readFileSync(path, 'utf8'));
}
