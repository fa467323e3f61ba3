/** @file Trains one reproduction as a person would: `metac train` in a process and a run folder of its own, resumed if it was interrupted. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { writeAtomically } from '../../src/runtime/checkpoint/atomic-file.ts';
import type { EvaluationResult } from '../../src/runtime/run/evaluate.ts';
import { RunFolder } from '../../src/runtime/run/run-folder.ts';
import type { Measured, Reproduction } from './reproduction.ts';
import { specHash } from './spec-hash.ts';

/** How often the time used is written down: what a process that is killed can lose of it. */
const TICK = 2_000;

export interface Place {
  /** The checkout. */
  readonly root: string;
  /** Where run folders are made. */
  readonly runs: string;
  /** The command to start: Node and the words before `train`. */
  readonly command: readonly string[];
}

/** Undefined: stopped before the end (Ctrl-C, or an error that `metac` has told); the next call goes on from there. */
export async function reproduce(reproduction: Reproduction, seed: number, place: Place): Promise<Measured | undefined> {
  const { name, spec } = reproduction;
  const path = join(place.root, 'specs', `${spec}.meta`);
  const hash = specHash(path);
  // A changed spec is another run; the old one is left as it is.
  const folder = new RunFolder(join(place.runs, `${name}-seed${seed}-${hash}`));
  const settings = Object.entries(reproduction.settings ?? {}).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
  const words = [`specs/${spec}.meta`, ...settings, '--seed', String(seed)];
  if (!existsSync(folder.result)) {
    mkdirSync(folder.path, { recursive: true });
    const started = existsSync(folder.record) ? ['--resume', folder.path] : [...words, '--run', folder.path];
    if (!(await timed([...place.command, 'train', ...started], place.root, join(folder.path, 'seconds')))) return undefined;
  }
  const result = JSON.parse(readFileSync(folder.result, 'utf8')) as EvaluationResult;
  return {
    name,
    seed,
    command: ['npx metac train', ...words.map(quoted)].join(' '),
    specHash: hash,
    steps: stepsOf(folder),
    seconds: Math.round(secondsIn(join(folder.path, 'seconds'))),
    machine: `${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB`,
    engine: result.engineDetail,
    metac: result.versions.metac ?? '',
    episodes: result.episodes,
    reports: result.reports.map(({ label, mean, interval }) => ({ label, mean, interval })),
  };
}

/** True when the process ended well. Ctrl-C reaches the process by itself, which writes a checkpoint; this one only waits for it. */
function timed(words: readonly string[], root: string, clock: string): Promise<boolean> {
  const before = secondsIn(clock);
  const start = performance.now();
  const note = (): void => writeAtomically(clock, `${before + (performance.now() - start) / 1000}\n`);
  const [program, ...rest] = words;
  if (program === undefined) throw new Error('no command to start');
  const wait = (): void => undefined;
  process.on('SIGINT', wait);
  const ticking = setInterval(note, TICK);
  return new Promise<boolean>((resolve, reject) => {
    const child = spawn(program, rest, { cwd: root, stdio: 'inherit' });
    child.on('error', reject);
    child.on('exit', (status) => {
      note();
      resolve(status === 0);
    });
  }).finally(() => {
    clearInterval(ticking);
    process.off('SIGINT', wait);
  });
}

function secondsIn(clock: string): number {
  return existsSync(clock) ? Number(readFileSync(clock, 'utf8')) : 0;
}

/** The result's checkpoint may be an earlier one, the best: the last line of the metrics tells how long training went on. */
function stepsOf(folder: RunFolder): number {
  const last = readFileSync(folder.metrics, 'utf8').trimEnd().split('\n').at(-1) ?? '{}';
  return (JSON.parse(last) as { readonly step?: number }).step ?? 0;
}

/** A word as a shell takes it. */
function quoted(word: string): string {
  return /^[\w.=/:@,-]+$/.test(word) ? word : `'${word}'`;
}
