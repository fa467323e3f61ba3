/** @file Short seeded runs of every spec on the default engine: each learns within seconds. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashProgram } from '../../src/compiler/ir/serialize.ts';
import { prepare } from '../../src/prepare.ts';
import { onnxEngine } from '../../src/runtime/engines/onnx/onnx-engine.ts';
import { evaluate } from '../../src/runtime/run/evaluate.ts';
import { RunFolder } from '../../src/runtime/run/run-folder.ts';
import { train } from '../../src/runtime/run/train.ts';

interface ShortRun {
  readonly steps: number;
  readonly settings: Readonly<Record<string, string>>;
  /** A report of `evaluate`, and what it reaches: chance or the untrained figure is far from it. */
  readonly report: string;
  readonly least?: number;
  readonly most?: number;
}

const small = { 'validate.every': '1000', 'validate.episodes': '4', 'evaluate.episodes': '20' };

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
  // Chance: 0.2.
  'maml-omniglot': { steps: 40, settings: { ...small, 'train.batch': '4' }, report: 'after_1_step', least: 0.4 },
  'dual-loss-omniglot': { steps: 25, settings: { ...small, 'train.batch': '4' }, report: 'accuracy(fast(query.x), query.y)', least: 0.4 },
  'maml-fc-omniglot': { steps: 150, settings: { ...small, 'train.batch': '8' }, report: 'accuracy', least: 0.35 },
  'anil-omniglot': { steps: 40, settings: { ...small, 'train.batch': '4' }, report: 'one_step', least: 0.4 },
  'matching-omniglot': { steps: 20, settings: { ...small, 'train.ways': '5' }, report: 'accuracy', least: 0.5 },
  'relation-omniglot': { steps: 60, settings: small, report: 'accuracy', least: 0.4 },
  // Chance: 0.05.
  'prototypical-omniglot-20way': { steps: 15, settings: { ...small, 'train.ways': '10' }, report: 'accuracy', least: 0.3 },
  // Knows which classes were seen after few steps, which tells most of a first time; chance: log 3 = 1.0986.
  'mann-omniglot': {
    steps: 120,
    settings: { 'omniglot.ways': '3', 'omniglot.shots': '3', 'evaluate.episodes': '50' },
    report: 'loss',
    most: 1.05,
  },
  // Half of the bits: 0.5.
  'ntm-copy': { steps: 300, settings: { longest: '2', 'evaluate.episodes': '50' }, report: 'wrong', most: 0.25 },
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
    const text = readFileSync(new URL(`${name}.meta`, folder), 'utf8');
    const { compilation, images } = await prepare({ name: `${name}.meta`, text }, { settings: new Map(Object.entries(settings)), steps });
    const { program, diagnostics } = compilation;
    if (program === undefined) throw new Error(JSON.stringify(diagnostics));
    const run = new RunFolder(join(root, name));
    const options = { engine: onnxEngine(), engineOptions: {}, seed: 1, programHash: hashProgram(program), resident: images };
    await train(program, { ...options, folder: run.path });
    const result = await evaluate(program, { ...options, checkpoint: run.last });
    const mean = result?.reports.find((one) => one.label === report)?.mean ?? Number.NaN;
    if (least !== undefined) expect(mean).toBeGreaterThan(least);
    if (most !== undefined) expect(mean).toBeLessThan(most);
  });
});
