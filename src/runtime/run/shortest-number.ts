/** @file Numbers as text: the fewest digits that give the same float32 back. */

/**
 * JSON for a number of an engine whose floats have `floatBytes` bytes. Numbers that JSON lacks become texts ("NaN", "Infinity").
 * @param value is rounded to the precision first, so that a mean of float32 losses is not printed with digits it does not have.
 */
export function jsonNumber(value: number, floatBytes: 4 | 8): number | string {
  const rounded = floatBytes === 4 ? shortestFloat32(value) : value;
  return Number.isFinite(rounded) ? rounded : String(rounded);
}

/** The float64 that prints with the fewest digits among those that round to the same float32. */
export function shortestFloat32(value: number): number {
  const single = Math.fround(value);
  if (!Number.isFinite(single)) return single;
  for (let digits = 1; digits <= 9; digits++) {
    const candidate = Number(single.toPrecision(digits));
    if (Math.fround(candidate) === single) return candidate;
  }
  return single;
}
