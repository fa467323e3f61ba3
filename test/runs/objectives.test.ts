/** @file Objectives in turn: each pulls its own way, and is felt by the other. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RunFolder } from '../../src/runtime/run/run-folder.ts';
import { shortRun } from './short-run.ts';

let root = '';
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'metac-objectives-'));
});
afterAll(() => rmSync(root, { recursive: true }));

interface Line {
  readonly step: number;
  readonly block: string;
  readonly phase: string;
  readonly metrics: Readonly<Record<string, number>>;
}

const small = {
  'train.learner.batch': '2',
  'train.generator.batch': '2',
  'train.learner.validate.every': '1000',
  'train.learner.validate.episodes': '2',
  'evaluate.episodes': '2',
};

/** Mean of a metric over steps of a block. */
function meanOf(lines: readonly Line[], block: string, metric: string, from: number, to: number): number {
  const values = lines.filter((line) => line.block === block && line.phase === 'train' && line.step >= from && line.step <= to);
  return values.reduce((sum, { metrics }) => sum + (metrics[metric] ?? Number.NaN), 0) / values.length;
}

test('a generator of fakes and the learner that tells them', { timeout: 240_000 }, async () => {
  const metrics = async (name: string, rate: string): Promise<readonly Line[]> => {
    const path = join(root, name);
    await shortRun('metagan-omniglot', path, { ...small, generator_rate: rate }, 24);
    const lines = readFileSync(new RunFolder(path).metrics, 'utf8').trim().split('\n');
    return lines.map((line) => JSON.parse(line) as Line);
  };
  const [trained, frozen] = [await metrics('trained', '3e-3'), await metrics('frozen', '0')];
  // Every step of each objective is in the metrics, the learner's first.
  expect(trained.filter(({ phase }) => phase === 'train').map(({ step, block }) => `${step} ${block}`)).toEqual(
    Array.from({ length: 48 }, (_, index) => `${Math.floor(index / 2) + 1} train.${index % 2 === 0 ? 'learner' : 'generator'}`),
  );
  // The learner learns against either generator.
  for (const lines of [trained, frozen])
    expect(meanOf(lines, 'train.learner', 'loss', 17, 24)).toBeLessThan(0.8 * meanOf(lines, 'train.learner', 'loss', 1, 5));
  // The generator that trains is taken for real more often than the one that does not, and is caught less.
  const end = (lines: readonly Line[], block: string, metric: string): number => meanOf(lines, block, metric, 17, 24);
  expect(end(trained, 'train.generator', 'loss')).toBeLessThan(end(frozen, 'train.generator', 'loss') - 0.5);
  expect(end(trained, 'train.learner', 'caught')).toBeLessThan(end(frozen, 'train.learner', 'caught'));
});
