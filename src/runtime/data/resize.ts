/** @file Exact area ("box") resize: each result is the mean of the area it covers, by integer arithmetic, rounded half up. */

interface Span {
  readonly start: number;
  /** Overlaps with consecutive source pixels, in units of 1/target of a source pixel; they sum to `source`. */
  readonly weights: readonly number[];
}

/** @param from source pixels; @param to target pixels, at most `from`. */
function spans(from: number, to: number): Span[] {
  return Array.from({ length: to }, (_, index) => {
    const low = index * from;
    const high = low + from;
    const start = Math.floor(low / to);
    const weights: number[] = [];
    for (let pixel = start; pixel * to < high; pixel++) weights.push(Math.min(high, (pixel + 1) * to) - Math.max(low, pixel * to));
    return { start, weights };
  });
}

/** A function that resizes images of one size; it keeps its tables and its scratch space. */
export function boxResizer(
  height: number,
  width: number,
  newHeight: number,
  newWidth: number,
): (source: Uint8Array, target: Uint8Array, offset: number) => void {
  if (height === newHeight && width === newWidth) return (source, target, offset) => target.set(source, offset);
  const columns = spans(width, newWidth);
  const rows = spans(height, newHeight);
  const area = height * width;
  const narrow = new Float64Array(height * newWidth);
  return (source, target, offset) => {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < newWidth; x++) {
        const { start, weights } = columns[x] as Span;
        let sum = 0;
        for (let index = 0; index < weights.length; index++)
          sum += (weights[index] as number) * (source[y * width + start + index] as number);
        narrow[y * newWidth + x] = sum;
      }
    }
    for (let y = 0; y < newHeight; y++) {
      const { start, weights } = rows[y] as Span;
      for (let x = 0; x < newWidth; x++) {
        let sum = 0;
        for (let index = 0; index < weights.length; index++)
          sum += (weights[index] as number) * (narrow[(start + index) * newWidth + x] as number);
        target[offset + y * newWidth + x] = Math.floor((2 * sum + area) / (2 * area));
      }
    }
  };
}
