/** @file Runs an evaluation entry over a number of episodes and collects the value of each report for each episode. */
import { InternalError } from '../../compiler/diagnostics/internal-error.ts';
import type { EntryFunction } from '../../compiler/ir/ir.ts';
import type { Session } from '../engine.ts';
import type { InputSampler } from '../episodes/sampler.ts';

export interface EpisodeRequest {
  readonly session: Session;
  readonly entry: EntryFunction;
  readonly sampler: InputSampler;
  readonly episodes: number;
  /** Names of [tasks]-shaped results; undefined for all. */
  readonly results: readonly string[] | undefined;
  readonly signal: AbortSignal | undefined;
  readonly progress: (done: number) => void;
}

/**
 * Values by result name, each of `episodes` numbers. Episode i is (step 0, task i) of its phase, so it is the same at every
 * validation and in any chunks; the last chunk may compute episodes beyond the end, which are dropped. Undefined when aborted.
 */
export async function episodeResults(request: EpisodeRequest): Promise<ReadonlyMap<string, readonly number[]> | undefined> {
  const { session, entry, sampler, episodes } = request;
  const names = request.results ?? entry.body.results.map(({ name }) => name);
  const values = new Map(names.map((name): [string, number[]] => [name, []]));
  let inputs = sampler.inputs(0, 0);
  for (let first = 0; first < episodes; first += entry.tasks) {
    if (request.signal?.aborted === true) return undefined;
    const running = session.run(entry.name, inputs);
    // The next chunk is drawn while the engine works.
    if (first + entry.tasks < episodes) inputs = sampler.inputs(0, first + entry.tasks);
    const results = await running;
    const used = Math.min(entry.tasks, episodes - first);
    for (const [name, list] of values) {
      const tensor = results.get(name);
      if (tensor === undefined || tensor.data.length !== entry.tasks)
        throw new InternalError(`${entry.name} gave ${tensor?.data.length ?? 'no'} values of ${name} for ${entry.tasks} tasks`);
      for (let task = 0; task < used; task++) list.push(tensor.data[task] as number);
    }
    request.progress(first + used);
  }
  return values;
}
