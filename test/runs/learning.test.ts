/** @file Short seeded runs of every spec on the default engine: each learns within seconds. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shortRun } from './short-run.ts';

interface ShortRun {
  readonly steps: number;
  readonly settings: Readonly<Record<string, string>>;
  /** A report of `evaluate`, and what it reaches: chance or the untrained figure is far from it. */
  readonly report: string;
  readonly least?: number;
  readonly most?: number;
}

const small = { 'validate.every': '1000', 'validate.episodes': '4', 'evaluate.episodes': '20' };

/** Small batches of two train blocks, of which the first validates. */
function phases(first: string, second: string): Readonly<Record<string, string>> {
  const validate = { [`train.${first}.validate.every`]: '1000', [`train.${first}.validate.episodes`]: '4' };
  return { [`train.${first}.batch`]: '4', [`train.${second}.batch`]: '4', ...validate };
}

const runs: Readonly<Record<string, ShortRun>> = {
  // Untrained: about 13. The noise alone: 0.01.
  'linear-regression': { steps: 3000, settings: {}, report: 'after', most: 3 },
  // A constant prediction: about 4.
  'maml-sinusoid': { steps: 1500, settings: { ...small, 'evaluate.episodes': '100' }, report: 'after_1_step', most: 3 },
  'fomaml-sinusoid': { steps: 1500, settings: { ...small, 'evaluate.episodes': '100' }, report: 'after_1_step', most: 3 },
  'meta-sgd-sinusoid': { steps: 1500, settings: { ...small, 'evaluate.episodes': '100' }, report: 'after_1', most: 3 },
  'two-task-sinusoid': { steps: 1500, settings: { ...small, 'evaluate.episodes': '100' }, report: 'after_1', most: 3 },
  'reptile-sinusoid': { steps: 1500, settings: { 'evaluate.episodes': '100' }, report: 'after', most: 1.5 },
  // Untrained: about 1,000. Adam with the best rate: 0.34.
  'learned-optimizer-quadratic': { steps: 60, settings: {}, report: 'learned', most: 0.8 },
  // After one step: 1.35. Adam: 0.16.
  'learned-optimizer-mlp': {
    steps: 40,
    settings: { horizon: '20', hidden: '4', 'omniglot.ways': '5', 'omniglot.shots': '3', 'evaluate.episodes': '5' },
    report: 'learned',
    most: 0.8,
  },
  'imaml-sinusoid': { steps: 300, settings: { ...small, 'evaluate.episodes': '100' }, report: 'after', most: 3 },
  // Chance: 0.2.
  'maml-omniglot': { steps: 40, settings: { ...small, 'train.batch': '4' }, report: 'as_trained', least: 0.4 },
  'dual-loss-omniglot': { steps: 25, settings: { ...small, 'train.batch': '4' }, report: 'accuracy(fast(query.x), query.y)', least: 0.4 },
  'maml-plus-plus-omniglot': {
    steps: 30,
    settings: { ...small, 'train.batch': '2', annealed: '20', turn: '10' },
    report: 'accuracy',
    least: 0.35,
  },
  'error-loss-omniglot': { steps: 40, settings: { ...small, 'train.batch': '4' }, report: 'accuracy', least: 0.4 },
  'f1-loss-omniglot': { steps: 40, settings: { ...small, 'train.batch': '4' }, report: 'accuracy', least: 0.4 },
  'uncertainty-loss-omniglot': { steps: 40, settings: { ...small, 'train.batch': '4' }, report: 'accuracy', least: 0.4 },
  'reptile-omniglot': { steps: 40, settings: { ...small, 'train.batch': '2' }, report: 'accuracy', least: 0.4 },
  'maml-fc-omniglot': { steps: 150, settings: { ...small, 'train.batch': '8' }, report: 'accuracy', least: 0.35 },
  'anil-omniglot': { steps: 40, settings: { ...small, 'train.batch': '4' }, report: 'one_step', least: 0.4 },
  'matching-omniglot': { steps: 20, settings: { ...small, 'train.ways': '5' }, report: 'accuracy', least: 0.5 },
  'relation-omniglot': { steps: 60, settings: small, report: 'accuracy', least: 0.4 },
  // Chance: 0.05.
  'prototypical-omniglot-20way': { steps: 15, settings: { ...small, 'train.ways': '10' }, report: 'accuracy', least: 0.3 },
  'metagan-omniglot': {
    steps: 25,
    settings: { ...phases('learner', 'generator'), 'evaluate.episodes': '20' },
    report: 'after_1_step',
    least: 0.35,
  },
  // The noise in the predictions alone: 0.2. Untrained: about 80.
  'platipus-sinusoid': { steps: 300, settings: { units: '40', 'evaluate.episodes': '50', 'evaluate.draws': '5' }, report: 'nll', most: 40 },
  // Knows which classes were seen after few steps, which tells most of a first time; chance: log 3 = 1.0986.
  'mann-omniglot': {
    steps: 120,
    settings: { 'omniglot.ways': '3', 'omniglot.shots': '3', 'evaluate.episodes': '50' },
    report: 'loss',
    most: 1.05,
  },
  // Half of the bits: 0.5.
  'ntm-copy': { steps: 300, settings: { longest: '2', 'evaluate.episodes': '50' }, report: 'wrong', most: 0.25 },
  'dnc-recall': {
    steps: 250,
    settings: { 'train.machine_steps.batch': '16', 'train.lstm_steps.batch': '16', most: '3', 'evaluate.episodes': '50' },
    report: 'wrong(by_machine)',
    most: 0.15,
  },
  'prototypical-omniglot': { steps: 15, settings: { ...small, 'train.ways': '5' }, report: 'accuracy(logits, query.y)', least: 0.6 },
};

let root = '';
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'metac-learning-'));
});
afterAll(() => rmSync(root, { recursive: true }));

const folder = new URL('../../specs/', import.meta.url);

describe('every spec learns', () => {
  it('has a short run', () => {
    const specs = readdirSync(folder).filter((name) => name.endsWith('.meta'));
    expect(Object.keys(runs).sort()).toEqual(specs.map((name) => name.replace('.meta', '')).sort());
  });

  it.each(Object.entries(runs))('%s', { timeout: 120_000 }, async (name, { steps, settings, report, least, most }) => {
    const reports = await shortRun(name, join(root, name), settings, steps);
    const mean = reports.get(report) ?? Number.NaN;
    if (least !== undefined) expect(mean).toBeGreaterThan(least);
    if (most !== undefined) expect(mean).toBeLessThan(most);
  });
});
