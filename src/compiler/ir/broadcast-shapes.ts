/** @file Broadcasting of shapes as ONNX, NumPy and TensorFlow have it: aligned at the last dimension, sizes of 1 stretch. */

/** `shape` with 1s in front up to `rank`. */
export function rankedShape(shape: readonly number[], rank: number): number[] {
  return [...new Array<number>(rank - shape.length).fill(1), ...shape];
}

/** The shape of two operands together. */
export function broadcastShapes(left: readonly number[], right: readonly number[]): number[] {
  const rank = Math.max(left.length, right.length);
  const [a, b] = [rankedShape(left, rank), rankedShape(right, rank)];
  return a.map((size, axis) => (size === 1 ? (b[axis] as number) : size));
}
