/**
 * @file Convolutions with few taps as a matrix product of the kernel and a small matrix of patches.
 *
 * A convolution of k taps per result reads k numbers for each of its features; with 9 taps and 64 features the patches are a seventh of the
 * result. As a matrix they are made once for all convolutions of one image (`common-subexpressions` sees to that), the gradient with respect
 * to the kernel is a product with the same matrix, and sums over positions become sums over patches (`moments`).
 */
import type { Value } from '../ir/ir.ts';
import { sizeOf } from '../ir/tensor-type.ts';
import { FEW_TAPS } from './pooled-convolutions.ts';
import { type Rewriter, type Rule, rewritePass } from './rewriter.ts';

/** Zeros before and after each dimension; negative amounts cut. */
function padOrCut(graph: Rewriter, value: Value, low: readonly number[], high: readonly number[]): Value {
  const { shape } = value.type;
  const start = low.map((amount) => Math.max(-amount, 0));
  const limit = shape.map((size, axis) => size - Math.max(-(high[axis] as number), 0));
  const ones = shape.map(() => 1);
  const whole = start.every((from) => from === 0) && limit.every((to, axis) => to === shape[axis]);
  const cut = whole ? value : graph.emit('slice', [value], { start, limit, strides: ones });
  const more = [low, high].map((amounts) => amounts.map((amount) => Math.max(amount, 0))) as [number[], number[]];
  if (more.every((amounts) => amounts.every((amount) => amount === 0))) return cut;
  return graph.emit('pad', [cut], { low: more[0], high: more[1], interior: shape.map(() => 0) });
}

const convolution: Rule<'convolution'> = (operands, attributes, graph, type) => {
  const [image, kernel] = operands as readonly [Value, Value];
  const { strides, padding, lhsDilation, rhsDilation, groups } = attributes;
  const [features, channels, ...taps] = kernel.type.shape as readonly [number, number, ...number[]];
  const count = sizeOf(kernel.type.shape.slice(1));
  if (groups !== 1 || lhsDilation.some((step) => step > 1) || count > FEW_TAPS || count > features) return undefined;
  if (taps.length !== 2 || sizeOf(type.shape) === 0 || sizeOf(image.type.shape) === 0) return undefined;
  const [images, , down, across] = type.shape as readonly [number, number, number, number];
  // [n, c, h, w] -> [c, h, w, n]: taps are then apart by whole runs of n numbers.
  const stored = graph.transpose(image, [1, 2, 3, 0]);
  const [low, high] = [0, 1].map((side) => [0, ...padding.map((pair) => pair[side] as number), 0]) as [number[], number[]];
  const padded = padOrCut(graph, stored, low, high);
  const [rows, columns] = taps as unknown as readonly [number, number];
  const parts: Value[] = [];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const start = [0, row * (rhsDilation[0] as number), column * (rhsDilation[1] as number), 0];
      const step = [1, strides[0] as number, strides[1] as number, 1];
      const limit = [channels, down, across, images].map((size, axis) => (start[axis] as number) + (size - 1) * (step[axis] as number) + 1);
      parts.push(graph.emit('slice', [padded], { start, limit, strides: step }));
    }
  }
  const patches = graph.emit('concatenate', parts, { dimension: 0 });
  const matrix = graph.reshape(graph.transpose(kernel, [0, 2, 3, 1]), [features, count]);
  const product = graph.emit('dot_general', [matrix, patches], { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [0] });
  return graph.transpose(product, [3, 0, 1, 2]);
};

export const patchProducts = rewritePass('patch-products', 'multiplies kernels of few taps with a matrix of patches', { convolution });
