/** @file One N-way K-shot episode: which rows of the resident data set are its support and its query set. */
import type { ResidentClass } from '../data/resident.ts';
import type { Key } from '../random/philox.ts';
import { RandomStream } from '../random/stream.ts';

export interface EpisodeRows {
  /** [ways * shots], class-major: the label of row i is floor(i / shots). */
  readonly support: Int32Array;
  /** [ways * queries], class-major. */
  readonly query: Int32Array;
}

/**
 * Draws `ways` classes without replacement, in random order, and `shots + queries` distinct examples of each; the first are the
 * support set. The result is a function of key, step and task alone. Vinyals et al. 2016, section 4.1.
 */
export function drawEpisode(
  classes: readonly ResidentClass[],
  ways: number,
  shots: number,
  queries: number,
  key: Key,
  step: number,
  task: number,
): EpisodeRows {
  const stream = new RandomStream(key, step, task);
  const support = new Int32Array(ways * shots);
  const query = new Int32Array(ways * queries);
  stream.distinct(ways, classes.length).forEach((position, label) => {
    const { rows } = classes[position] as ResidentClass;
    stream.distinct(shots + queries, rows.length).forEach((example, index) => {
      const row = rows[example] as number;
      if (index < shots) support[label * shots + index] = row;
      else query[label * queries + index - shots] = row;
    });
  });
  return { support, query };
}
