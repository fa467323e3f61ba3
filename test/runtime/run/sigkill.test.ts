/** @file A run killed with SIGKILL at random moments, again and again, ends with the bytes of a run that was never stopped. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RandomStream, streamKey } from '../../../src/runtime/random/stream.ts';
import { RunFolder } from '../../../src/runtime/run/run-folder.ts';
import { runChild } from './run-child.ts';

let root = '';
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'metac-sigkill-'));
});
afterAll(() => rmSync(root, { recursive: true }));

const script = join(import.meta.dirname, 'child.ts');

test('killed at random moments, it resumes to the same bytes', { timeout: 120_000 }, async () => {
  const whole = new RunFolder(join(root, 'whole'));
  expect((await runChild(script, whole.path, false, undefined)).output).toContain('finished');

  const moments = new RandomStream(streamKey(20, 'moments of death'), 0, 0);
  const killed = new RunFolder(join(root, 'killed'));
  let kills = 0;
  let finished = false;
  while (!finished) {
    // Without run.json it was killed before there was a run to resume.
    const ending = await runChild(script, killed.path, existsSync(killed.record), kills < 8 ? moments.integer(160) : undefined);
    if (ending.killed) kills++;
    else {
      expect(ending.output).toContain('finished');
      finished = true;
    }
  }
  expect(kills).toBeGreaterThanOrEqual(3);
  for (const file of ['last', 'metrics'] as const) expect(readFileSync(killed[file]).equals(readFileSync(whole[file]))).toBe(true);
  expect(readFileSync(killed.best('train')).equals(readFileSync(whole.best('train')))).toBe(true);
  const left = readdirSync(killed.path, { recursive: true }).filter((name) => /lock|tmp/.test(String(name)));
  expect(left).toEqual([]);
});
