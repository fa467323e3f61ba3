/** @file A spec trained on ONNX Runtime, killed with SIGKILL at random moments and resumed, ends with the bytes of a run never stopped. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RandomStream, streamKey } from '../../src/runtime/random/stream.ts';
import { RunFolder } from '../../src/runtime/run/run-folder.ts';
import { runChild } from '../runtime/run/run-child.ts';

let root = '';
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'metac-killed-'));
});
afterAll(() => rmSync(root, { recursive: true }));

test.each([
  ['maml-sinusoid', 'spec-child.ts', 5, ['train']],
  ['two objectives in turn', 'turns-child.ts', 3, []],
] as const)('%s', { timeout: 240_000 }, async (name, file, most, validating) => {
  const script = join(import.meta.dirname, file);
  const folder = (which: string): RunFolder => new RunFolder(join(root, `${name.replaceAll(' ', '-')}-${which}`));
  const [first, second] = [folder('first'), folder('second')];
  for (const whole of [first, second]) expect((await runChild(script, whole.path, false, undefined)).output).toContain('finished');
  // Same seed, same bytes: two runs that nobody stopped.
  for (const part of ['last', 'metrics'] as const) expect(readFileSync(second[part]).equals(readFileSync(first[part]))).toBe(true);

  const moments = new RandomStream(streamKey(4, 'moments of death'), 0, 0);
  const killed = folder('killed');
  let kills = 0;
  for (;;) {
    const ending = await runChild(script, killed.path, existsSync(killed.record), kills < most ? moments.integer(600) : undefined);
    if (!ending.killed) {
      expect(ending.output).toContain('finished');
      break;
    }
    kills++;
  }
  expect(kills).toBeGreaterThanOrEqual(1);
  for (const part of ['last', 'metrics'] as const) expect(readFileSync(killed[part]).equals(readFileSync(first[part]))).toBe(true);
  for (const block of validating) expect(readFileSync(killed.best(block)).equals(readFileSync(first.best(block)))).toBe(true);
});
