/** @file Central finite differences of a loss, at several distances. */

/** The loss with one entry of one weight replaced by `value`. */
export type Loss = (weight: string, entry: number, value: number) => number;

/** Relative to the size of the weight, from far to near: far ones suffer from curvature and kinks (relu, max), near ones from rounding. */
const DISTANCES = [1e-3, 1e-4, 1e-5, 1e-6];

/**
 * The difference quotient that agrees best with `compiled`. A kink near the point spoils some distances, a wrong derivative all.
 * @param scale largest gradient of the weight: what is a thousand times smaller is compared with that instead of with itself.
 * @param enough stops at the first distance with an error a tenth of this.
 */
export function differenceError(
  loss: Loss,
  weight: string,
  entry: number,
  at: number,
  compiled: number,
  scale: number,
  enough: number,
): { readonly error: number; readonly differences: number } {
  let best = { error: Number.POSITIVE_INFINITY, differences: Number.NaN };
  for (const distance of DISTANCES) {
    const step = distance * Math.max(1, Math.abs(at));
    const near = slope(loss, weight, entry, at, step);
    const wide = slope(loss, weight, entry, at, 2 * step);
    // Richardson: the error of each is proportional to the square of its step, so this combination cancels it.
    const differences = near + (near - wide) / 3;
    const size = Math.max(Math.abs(compiled), Math.abs(differences), 1e-3 * scale, 1e-9);
    const error = Math.abs(compiled - differences) / size;
    if (error < best.error) best = { error, differences };
    if (best.error <= enough / 10) break;
  }
  return best;
}

function slope(loss: Loss, weight: string, entry: number, at: number, step: number): number {
  const [above, below] = [at + step, at - step];
  return (loss(weight, entry, above) - loss(weight, entry, below)) / (above - below);
}
