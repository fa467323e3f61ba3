/** @file Trains a program in a run folder; stopped at any moment, it resumes to the very same numbers. */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Program } from '../../compiler/ir/ir.ts';
import { loadCheckpoint, type RunPosition } from '../checkpoint/checkpoint.ts';
import type { Session } from '../engine.ts';
import { requireSeed } from '../random/stream.ts';
import { totalSteps, trainingEntries } from './calls.ts';
import { dataTensors, initialState, initialWeights } from './initialize.ts';
import { lockRun, removeLeftovers } from './lock.ts';
import { MetricsLog } from './metrics-log.ts';
import type { TrainOptions } from './options.ts';
import {
  dataDigests,
  prepareFolder,
  RunFolder,
  type RunRecord,
  requireNoRun,
  requireSameRun,
  runtimeVersions,
  writeRecord,
  writing,
} from './run-folder.ts';
import { TrainingRun, type TrainOutcome } from './training-run.ts';

export type { TrainOutcome };

const LOGGED_STEPS = 2000;
/**
 * Trains in a run folder until all blocks have had their steps or `signal` asks to stop. Throws DiagnosticError when the folder is
 * taken or damaged, or when a loss is not finite: the last good checkpoint is kept then.
 */
export async function train(program: Program, options: TrainOptions): Promise<TrainOutcome> {
  requireSeed(options.seed);
  const folder = new RunFolder(options.folder);
  const resume = options.resume === true;
  prepareFolder(folder, resume);
  const unlock = writing(folder.path, () => lockRun(folder.path));
  try {
    for (const part of [folder.path, dirname(folder.last)]) removeLeftovers(part);
    if (!resume) requireNoRun(folder);
    const record = await recordOf(program, options);
    if (resume) requireSameRun(folder, record);
    else writeRecord(folder, record, options.spec);
    const session = await options.engine.compile(program, options.engineOptions);
    try {
      session.anticipate?.(trainingEntries(program));
      const start = await restore(program, options, folder, session);
      const log = new MetricsLog(folder.metrics, start.metricsBytes);
      try {
        return await new TrainingRun(program, options, folder, session, log, start, record.logEvery).run();
      } finally {
        log.close();
      }
    } finally {
      await session.dispose();
    }
  } finally {
    unlock();
  }
}

async function recordOf(program: Program, options: TrainOptions): Promise<RunRecord> {
  return {
    format: 'metac-run-1',
    program: program.name,
    programHash: options.programHash,
    engine: options.engine.name,
    seed: options.seed,
    protocol: program.protocol,
    settings: options.settings ?? {},
    data: dataDigests(options.resident),
    engineDetail: (await options.engine.probe()).detail,
    threads: options.engineOptions.threads ?? null,
    logEvery: options.logEvery ?? Math.max(1, Math.ceil(totalSteps(program) / LOGGED_STEPS)),
    versions: runtimeVersions(),
  };
}

/** Fills the session from the last checkpoint of the folder, or with initial values. */
async function restore(program: Program, options: TrainOptions, folder: RunFolder, session: Session): Promise<RunPosition> {
  const { seed, programHash, engine } = options;
  await session.write(dataTensors(program, options.resident));
  if (options.resume === true && existsSync(folder.last)) {
    const { position, tensors } = loadCheckpoint(folder.last, [...program.weights, ...program.state], true);
    await session.write(tensors);
    return position;
  }
  await session.write(new Map([...initialWeights(program, seed), ...initialState(program)]));
  return { step: 0, seed, programHash, engine: engine.name, best: [], metricsBytes: 0, validated: true };
}
