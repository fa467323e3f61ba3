/** @file A run killed with SIGKILL at random moments, again and again, ends with the bytes of a run that was never stopped. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RandomStream, streamKey } from '../../../src/runtime/random/stream.ts';
import { RunFolder } from '../../../src/runtime/run/run-folder.ts';

let root = '';
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'metac-sigkill-'));
});
afterAll(() => rmSync(root, { recursive: true }));

interface Ending {
  readonly killed: boolean;
  readonly output: string;
}

/** Runs the child; kills it `delay` milliseconds after it is ready. */
async function runChild(folder: string, resume: boolean, delay: number | undefined): Promise<Ending> {
  const child: ChildProcess = spawn(
    process.execPath,
    ['--import', 'tsx', join(import.meta.dirname, 'child.ts'), folder, resume ? 'resume' : ''],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  const ready = new Promise<void>((resolve) => {
    child.stdout?.on('data', (text: Buffer) => {
      output += text.toString();
      if (output.includes('ready')) resolve();
    });
  });
  child.stderr?.on('data', (text: Buffer) => {
    output += text.toString();
  });
  const exited = new Promise<NodeJS.Signals | null>((resolve) => child.on('exit', (_, signal) => resolve(signal)));
  if (delay !== undefined) {
    await Promise.race([ready, exited]);
    await Promise.race([setTimeout(delay), exited]);
    child.kill('SIGKILL');
  }
  return { killed: (await exited) === 'SIGKILL', output };
}

test('killed at random moments, it resumes to the same bytes', { timeout: 120_000 }, async () => {
  const whole = new RunFolder(join(root, 'whole'));
  expect((await runChild(whole.path, false, undefined)).output).toContain('finished');

  const moments = new RandomStream(streamKey(20, 'moments of death'), 0, 0);
  const killed = new RunFolder(join(root, 'killed'));
  let kills = 0;
  let finished = false;
  while (!finished) {
    // Without run.json it was killed before there was a run to resume.
    const ending = await runChild(killed.path, existsSync(killed.record), kills < 8 ? moments.integer(160) : undefined);
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
