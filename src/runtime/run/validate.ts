/** @file Validation during training: always the same episodes of the validation split. */
import type { Program, TrainPlan, ValidatePlan } from '../../compiler/ir/ir.ts';
import type { Session } from '../engine.ts';
import { InputSampler } from '../episodes/sampler.ts';
import { episodeResults } from './episode-results.ts';
import { entryOf } from './initialize.ts';
import type { RunOptions } from './options.ts';
import { jsonNumber } from './shortest-number.ts';
import { type Summary, summarize } from './statistics.ts';

export interface Validator {
  readonly plan: TrainPlan;
  readonly validate: ValidatePlan;
  /** Summaries by result; undefined when it was interrupted. */
  run(
    session: Session,
    signal: AbortSignal | undefined,
    progress: (done: number) => void,
  ): Promise<ReadonlyMap<string, Summary> | undefined>;
}

export function validatePlans(program: Program, { seed, resident }: RunOptions): readonly Validator[] {
  return program.train.flatMap((plan) => {
    const { validate } = plan;
    if (validate === undefined) return [];
    const entry = entryOf(program, validate.entry);
    const { episodes, episodeShapes } = validate;
    const sampler = new InputSampler(entry, {
      seed,
      phase: 'validate',
      sources: program.sources,
      episodeShapes,
      resident,
      batch: episodes,
    });
    const run: Validator['run'] = async (session, signal, progress) => {
      const values = await episodeResults({ session, entry, sampler, episodes, results: undefined, signal, progress });
      return values === undefined ? undefined : new Map([...values].map(([name, list]) => [name, summarize(list)]));
    };
    return [{ plan, validate, run }];
  });
}

/** Summaries as metrics.jsonl has them. */
export function summaryRecord(summaries: ReadonlyMap<string, Summary>, floatBytes: 4 | 8): Readonly<Record<string, object>> {
  const number = (value: number): number | string => jsonNumber(value, floatBytes);
  return Object.fromEntries(
    [...summaries].map(([name, { mean, interval, notFinite }]) => [
      name,
      { mean: number(mean), interval: number(interval), ...(notFinite !== undefined && { notFinite }) },
    ]),
  );
}
