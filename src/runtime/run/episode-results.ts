/** @file Runs an evaluation entry over a number of episodes and collects the value of each report for each episode. */
import { InternalError } from '../../compiler/diagnostics/internal-error.ts';
import type { EntryFunction } from '../../compiler/ir/ir.ts';
import type { Session, Tensors } from '../engine.ts';
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
  const underWay: { readonly first: number; readonly results: Promise<Tensors> }[] = [];
  const collect = async (): Promise<void> => {
    const oldest = underWay.shift();
    if (oldest === undefined) return;
    const results = await oldest.results;
    const used = Math.min(entry.tasks, episodes - oldest.first);
    for (const [name, list] of values) {
      const tensor = results.get(name);
      if (tensor === undefined || tensor.data.length !== entry.tasks)
        throw new InternalError(`${entry.name} gave ${tensor?.data.length ?? 'no'} values of ${name} for ${entry.tasks} tasks`);
      for (let task = 0; task < used; task++) list.push(tensor.data[task] as number);
    }
    request.progress(oldest.first + used);
  };
  for (let first = 0; first < episodes; first += entry.tasks) {
    if (request.signal?.aborted === true) {
      await Promise.all(underWay.map(({ results }) => results));
      return undefined;
    }
    // One chunk more than the engine runs at once: its inputs are drawn meanwhile.
    underWay.push({ first, results: session.run(entry.name, sampler.inputs(0, first)) });
    if (underWay.length > session.parallel) await collect();
  }
  while (underWay.length > 0) await collect();
  return values;
}
