/** @file A spec trained on ONNX Runtime, killed with SIGKILL at random moments and resumed, ends with the bytes of a run never stopped. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RandomStream, streamKey } from '../../src/runtime/random/stream.ts';
import { RunFolder } from '../../src/runtime/run/run-folder.ts';
import { runChild } from '../runtime/run/run-child.ts';

const script = join(import.meta.dirname, 'spec-child.ts');
let root = '';
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'metac-killed-'));
});
afterAll(() => rmSync(root, { recursive: true }));

test('maml-sinusoid', { timeout: 180_000 }, async () => {
  const [first, second] = ['first', 'second'].map((name) => new RunFolder(join(root, name))) as [RunFolder, RunFolder];
  for (const whole of [first, second]) expect((await runChild(script, whole.path, false, undefined)).output).toContain('finished');
  // Same seed, same bytes: two runs that nobody stopped.
  for (const file of ['last', 'metrics'] as const) expect(readFileSync(second[file]).equals(readFileSync(first[file]))).toBe(true);

  const moments = new RandomStream(streamKey(4, 'moments of death'), 0, 0);
  const killed = new RunFolder(join(root, 'killed'));
  let kills = 0;
  for (;;) {
    const ending = await runChild(script, killed.path, existsSync(killed.record), kills < 5 ? moments.integer(600) : undefined);
    if (!ending.killed) {
      expect(ending.output).toContain('finished');
      break;
    }
    kills++;
  }
  expect(kills).toBeGreaterThanOrEqual(1);
  for (const file of ['last', 'metrics'] as const) expect(readFileSync(killed[file]).equals(readFileSync(first[file]))).toBe(true);
  expect(readFileSync(killed.best('train')).equals(readFileSync(first.best('train')))).toBe(true);
});
