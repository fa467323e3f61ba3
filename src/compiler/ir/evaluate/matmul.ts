/** @file Matrix products for dot_general and convolution: plain loops, unrolled by four, which is what keeps JavaScript near its best. */
import type { HostData } from '../host-array.ts';

/** Where a matrix begins in each of result, left and right. */
export type Starts = readonly [number, number, number];
/** Rows of left, the contracted length, columns of right. */
export type Sizes = readonly [number, number, number];

/** Below this many columns, sums along the contracted length are faster than row updates: a row would be over before it began. */
export const fewColumns = 16;

/** result[rows, columns] += left[rows, inner] right[inner, columns], all row-major. */
export function addProduct(result: HostData, left: HostData, right: HostData, [rows, inner, columns]: Sizes, starts: Starts): void {
  const [resultStart, leftStart, rightStart] = starts;
  for (let row = 0; row < rows; row++) {
    const to = resultStart + row * columns;
    const from = leftStart + row * inner;
    let k = 0;
    for (; k + 4 <= inner; k += 4) {
      const a = left[from + k] as number;
      const b = left[from + k + 1] as number;
      const c = left[from + k + 2] as number;
      const d = left[from + k + 3] as number;
      const first = rightStart + k * columns;
      const second = first + columns;
      const third = second + columns;
      const fourth = third + columns;
      for (let column = 0; column < columns; column++)
        result[to + column] =
          (result[to + column] as number) +
          a * (right[first + column] as number) +
          b * (right[second + column] as number) +
          c * (right[third + column] as number) +
          d * (right[fourth + column] as number);
    }
    for (; k < inner; k++) {
      const a = left[from + k] as number;
      const first = rightStart + k * columns;
      for (let column = 0; column < columns; column++)
        result[to + column] = (result[to + column] as number) + a * (right[first + column] as number);
    }
  }
}

/** result[rows, columns] += left[rows, inner] right[columns, inner]^T. */
export function addProductTransposed(
  result: HostData,
  left: HostData,
  right: HostData,
  [rows, inner, columns]: Sizes,
  starts: Starts,
): void {
  const [resultStart, leftStart, rightStart] = starts;
  for (let row = 0; row < rows; row++) {
    const from = leftStart + row * inner;
    for (let column = 0; column < columns; column++) {
      const other = rightStart + column * inner;
      // Four sums, so that additions need not wait for each other.
      let [a, b, c, d] = [0, 0, 0, 0];
      let k = 0;
      for (; k + 4 <= inner; k += 4) {
        a += (left[from + k] as number) * (right[other + k] as number);
        b += (left[from + k + 1] as number) * (right[other + k + 1] as number);
        c += (left[from + k + 2] as number) * (right[other + k + 2] as number);
        d += (left[from + k + 3] as number) * (right[other + k + 3] as number);
      }
      for (; k < inner; k++) a += (left[from + k] as number) * (right[other + k] as number);
      const to = resultStart + row * columns + column;
      result[to] = (result[to] as number) + (a + b + (c + d));
    }
  }
}
