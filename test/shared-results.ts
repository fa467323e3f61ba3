/**
 * @file Results that several test files need, computed by the first that asks and kept in a folder for this one run of the tests: the
 * reference engine takes longer over the first steps of a spec than most engines do, and is compared with each of them.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { writeAtomically } from '../src/runtime/checkpoint/atomic-file.ts';

const FOLDER = 'METAC_SHARED_RESULTS';

/** Global setup of vitest: makes the folder, and removes it after the last test. */
export default function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'metac-shared-'));
  process.env[FOLDER] = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}

/** What `compute` gives: data that V8 can serialise. `key` names all that it depends on, in letters, digits and dashes. */
export async function sharedResult<T>(key: string, compute: () => Promise<T>): Promise<T> {
  const folder = process.env[FOLDER];
  if (folder === undefined) throw new Error('vitest.config.ts names test/shared-results.ts as its global setup');
  const path = join(folder, key);
  if (existsSync(path)) return deserialize(readFileSync(path)) as T;
  const result = await compute();
  // Two files may compute the same at once: each puts down a whole file, and both are equal.
  writeAtomically(path, [serialize(result)]);
  return result;
}
