/** @file The reports of an `evaluate` block from the weights that a session has. */
import { InternalError, LimitationError } from '../../compiler/diagnostics/internal-error.ts';
import type { Program } from '../../compiler/ir/ir.ts';
import type { ResidentImages } from '../data/resident.ts';
import type { Session } from '../engine.ts';
import { InputSampler } from '../episodes/sampler.ts';
import { episodeResults } from './episode-results.ts';
import { entryOf } from './initialize.ts';
import { type Summary, summarize } from './statistics.ts';

export interface Report extends Summary {
  /** As the spec says it: `accuracy(fast(query.x), query.y)`. */
  readonly label: string;
}

export interface ReportRequest {
  readonly seed: number;
  readonly resident: ReadonlyMap<string, ResidentImages>;
  readonly signal: AbortSignal | undefined;
  /** Told how many episodes are done. */
  readonly progress: (done: number) => void;
  /** Sees each report's value in every episode. */
  readonly onValues?: ((label: string, values: readonly number[]) => void) | undefined;
}

/** Undefined when `signal` asked to stop. Throws LimitationError for a program without an `evaluate` block. */
export async function makeReports(session: Session, program: Program, request: ReportRequest): Promise<readonly Report[] | undefined> {
  const plan = evaluatePlanOf(program);
  const { seed, resident, signal, progress } = request;
  const entry = entryOf(program, plan.entry);
  const { episodes, episodeShapes } = plan;
  const sampler = new InputSampler(entry, { seed, phase: 'evaluate', sources: program.sources, episodeShapes, resident, batch: episodes });
  const results = plan.reports.map(({ result }) => result);
  const values = await episodeResults({ session, entry, sampler, episodes, results, signal, progress });
  return (
    values &&
    plan.reports.map(({ label, result }): Report => {
      const list = values.get(result);
      if (list === undefined) throw new InternalError(`no values of ${result}`);
      request.onValues?.(label, list);
      return { label, ...summarize(list) };
    })
  );
}

export function evaluatePlanOf(program: Program): NonNullable<Program['evaluate']> {
  if (program.evaluate === undefined) throw new LimitationError(`${program.name} has no \`evaluate\` block: there is nothing to report`);
  return program.evaluate;
}
