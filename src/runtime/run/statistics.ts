/** @file Mean and 95% interval over episodes. */

export interface Summary {
  readonly mean: number;
  /** Half of the 95% confidence interval of the mean: 1.96 times the sample deviation over the root of the count. */
  readonly interval: number;
  readonly count: number;
  /** How many values are NaN or infinite (an adaptation that diverged, say), where any is: they make the mean what it is. */
  readonly notFinite?: number;
}

const NORMAL_95 = 1.96;

/** Two passes, so that the deviation of nearly equal values is exact enough. Of one value the interval is unknown: NaN. */
export function summarize(values: readonly number[]): Summary {
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const notFinite = values.reduce((sum, value) => sum + (Number.isFinite(value) ? 0 : 1), 0);
  return { mean, interval: (NORMAL_95 * Math.sqrt(squares / (count - 1))) / Math.sqrt(count), count, ...(notFinite > 0 && { notFinite }) };
}
