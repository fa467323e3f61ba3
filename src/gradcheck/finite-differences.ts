/** @file Central finite differences of a function of one number, at several distances. */

/**
 * Relative to the size of the number. The first is right for smooth losses in float64; farther ones help where rounding spoils it, nearer
 * ones where a kink (relu, max) lies within reach.
 */
const DISTANCES = [1e-4, 1e-3, 1e-5, 1e-6];

/** Of a loss in float64, relative: a few units in the last place. */
const ROUNDING = 2 ** -49;

export interface Difference {
  /** Between the derivative that was given and the difference quotient, relative to the larger. */
  readonly error: number;
  readonly quotient: number;
  /** The least difference between the quotients of two distances, relative to the larger: where it is large, they have no limit that a computer finds. */
  readonly spread: number;
}

/**
 * The difference quotient that agrees best with `derivative`. A kink near the point spoils some distances, a wrong derivative all.
 * @param scale largest derivative of its kind: what is a thousand times smaller is compared with a thousandth of that, not with itself.
 * @param enough the search ends at the first distance whose error is at most this; the quotients then count as one.
 */
export function bestDifference(f: (x: number) => number, at: number, derivative: number, scale: number, enough: number): Difference {
  let best = { error: Number.POSITIVE_INFINITY, quotient: Number.NaN };
  let spread = Number.POSITIVE_INFINITY;
  const before: { readonly quotient: number; readonly noise: number }[] = [];
  for (const distance of DISTANCES) {
    const step = distance * Math.max(1, Math.abs(at));
    const [above, below] = [at + step, at - step];
    const [high, low] = [f(above), f(below)];
    const quotient = (high - low) / (above - below);
    // What rounding alone makes of equal values: differences cannot tell it from 0.
    const noise = (ROUNDING * (Math.abs(high) + Math.abs(low))) / (above - below);
    const size = Math.max(Math.abs(derivative), Math.abs(quotient), 1e-3 * scale, 1e-9);
    const difference = Math.abs(derivative - quotient);
    const error = (difference <= noise ? 0 : difference) / size;
    if (error < best.error) best = { error, quotient };
    if (best.error <= enough) return { ...best, spread: 0 };
    for (const other of before) {
      const apart = Math.abs(quotient - other.quotient);
      const larger = Math.max(Math.abs(quotient), Math.abs(other.quotient), 1e-9);
      spread = Math.min(spread, apart <= noise + other.noise ? 0 : apart / larger);
    }
    before.push({ quotient, noise });
  }
  return { ...best, spread };
}
