/** @file The final judgement: reports over episodes of the test split, with everything that the figures depend on. */
import { mkdirSync } from 'node:fs';
import type { EpisodeShape, Program, TaskSource } from '../../compiler/ir/ir.ts';
import { loadCheckpoint } from '../checkpoint/checkpoint.ts';
import type { Session } from '../engine.ts';
import { dataTensors, entryOf, initialState, initialWeights } from './initialize.ts';
import type { EvaluateOptions } from './options.ts';
import { evaluatePlanOf, makeReports, type Report } from './reports.ts';
import { dataDigests, RunFolder, runtimeVersions, writeJson, writing } from './run-folder.ts';

/** What decides, with the seed, which episodes a program is judged by and what figures over them mean. */
export interface Judgement {
  readonly protocol: Readonly<Record<string, string>>;
  readonly sources: readonly TaskSource[];
  /** Digests of the image data by tasks block. */
  readonly data: Readonly<Record<string, string>>;
  /** Reports are made of classes, or of random streams, that training and validation never see. */
  readonly split: 'test';
  readonly episodeShapes: readonly EpisodeShape[];
  readonly episodes: number;
}

/** The content of result.json: a figure never stands without its protocol. */
export interface EvaluationResult extends Judgement {
  readonly format: 'metac-result-1';
  readonly program: string;
  readonly programHash: string;
  readonly checkpoint: { readonly path: string; readonly step: number; readonly programHash: string; readonly seed: number } | null;
  readonly seed: number;
  readonly engine: string;
  readonly engineDetail: string;
  readonly threads: number | null;
  /** Of matrix products and convolutions; sums are at least float32. */
  readonly precision: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly reports: readonly Report[];
  readonly versions: Readonly<Record<string, string>>;
}

/** Throws LimitationError for a program that evaluates nothing. */
export function judgementOf(program: Program, resident: EvaluateOptions['resident']): Judgement {
  const { episodes, episodeShapes } = evaluatePlanOf(program);
  return { protocol: program.protocol, sources: program.sources, data: dataDigests(resident), split: 'test', episodeShapes, episodes };
}

/** Undefined when `signal` asked to stop. Writes result.json where a folder is given. */
export async function evaluate(program: Program, options: EvaluateOptions): Promise<EvaluationResult | undefined> {
  const { episodes, entry } = evaluatePlanOf(program);
  const { seed, resident, engine, signal, listener } = options;
  const session = await engine.compile(program, options.engineOptions);
  try {
    session.anticipate?.([entry]);
    const checkpoint = await fill(program, options, session);
    const reports = await makeReports(session, program, {
      seed,
      resident,
      signal,
      onValues: options.onValues,
      progress: (done) => listener?.({ kind: 'episodes', phase: 'evaluate', done, total: episodes }),
    });
    if (reports === undefined) return undefined;
    const result: EvaluationResult = {
      format: 'metac-result-1',
      program: program.name,
      programHash: options.programHash,
      checkpoint,
      seed,
      engine: engine.name,
      engineDetail: (await engine.probe()).detail,
      threads: options.engineOptions.threads ?? null,
      precision: engine.precision ?? (engine.floatBytes === 8 ? 'float64' : 'float32'),
      settings: options.settings ?? {},
      ...judgementOf(program, resident),
      reports,
      versions: runtimeVersions(),
    };
    if (options.folder !== undefined) {
      const folder = new RunFolder(options.folder);
      writing(folder.path, () => mkdirSync(folder.path, { recursive: true }));
      writeJson(folder.result, result);
    }
    return result;
  } finally {
    await session.dispose();
  }
}

/**
 * Only what the evaluation uses must be in the checkpoint: a spec whose `evaluate` block (or whose chunks) changed after training still
 * evaluates what was trained.
 */
async function fill(program: Program, options: EvaluateOptions, session: Session): Promise<EvaluationResult['checkpoint']> {
  await session.write(dataTensors(program, options.resident));
  const { checkpoint: path } = options;
  if (path === undefined) {
    await session.write(new Map([...initialWeights(program, options.seed), ...initialState(program)]));
    return null;
  }
  const used = new Set(entryOf(program, program.evaluate?.entry ?? '').body.parameters.map(({ name }) => name));
  const expected = [...program.weights, ...program.state].filter(({ name }) => used.has(name));
  const { position, tensors } = loadCheckpoint(path, expected, false);
  await session.write(tensors);
  const { step, programHash, seed } = position;
  return { path, step, programHash, seed };
}
