/**
 * @file Moments of a product with a small matrix, from moments of its operand. With y = W p (p: few numbers at many positions):
 *
 *   sum of y over positions             = W (sum of p)
 *   y - mean of y                       = W (p - mean of p)
 *   sum of (W q) * (V q) over positions = diag(W (q q^T) V^T)
 *
 * so the mean and the variance of a first layer, and all their derivatives, never touch the layer's result. The second moment is that of
 * centred numbers, as accurate as in two passes.
 */
import type { Node, Value } from '../ir/ir.ts';
import { sizeOf } from '../ir/tensor-type.ts';
import { splatOf, spreadOf } from './operands.ts';
import { FEW_TAPS } from './pooled-convolutions.ts';
import { type Rewriter, type Rule, rewritePass } from './rewriter.ts';

/** A product [features, taps] x [taps, ...positions] seen through a transpose. */
interface Product {
  readonly matrix: Value;
  readonly taps: Value;
  /** Dimension i of the value is dimension permutation[i] of [features, ...positions]. */
  readonly permutation: readonly number[];
}

function productUnder(graph: Rewriter, value: Value): Product | undefined {
  const transpose = graph.match(value, 'transpose');
  const node = graph.match(transpose?.operands[0] ?? value, 'dot_general');
  if (node === undefined) return undefined;
  const [matrix, taps] = node.operands as readonly [Value, Value];
  const { lhsBatch, lhsContract, rhsContract } = node.attributes;
  const plain = lhsBatch.length === 0 && lhsContract.join() === '1' && rhsContract.join() === '0' && matrix.type.shape.length === 2;
  const few = (matrix.type.shape[1] as number) <= FEW_TAPS && sizeOf(taps.type.shape.slice(1)) > (matrix.type.shape[1] as number);
  if (!plain || !few) return undefined;
  return { matrix, taps, permutation: transpose?.attributes.permutation ?? value.type.shape.map((_, axis) => axis) };
}

function positionsOf({ taps }: Product): number[] {
  return taps.type.shape.map((_, axis) => axis).slice(1);
}

/** Whether `dimensions` of the value are all its positions and nothing else. */
function areAllPositions({ permutation }: Product, dimensions: readonly number[]): boolean {
  return dimensions.length === permutation.length - 1 && !dimensions.includes(permutation.indexOf(0));
}

function times(graph: Rewriter, matrix: Value, taps: Value): Value {
  return graph.emit('dot_general', [matrix, taps], { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [0] });
}

const reduceSum: Rule<'reduce_sum'> = (operands, { dimensions }, graph) => {
  const value = operands[0] as Value;
  const whole = productUnder(graph, value);
  if (whole !== undefined && areAllPositions(whole, dimensions)) {
    return times(graph, whole.matrix, graph.sum(whole.taps, positionsOf(whole)));
  }
  const node = graph.match(value, 'multiply');
  const [left, right] = (node?.operands ?? []).map((operand) => productUnder(graph, operand));
  if (left === undefined || right === undefined || left.taps !== right.taps) return undefined;
  if (left.permutation.join() !== right.permutation.join() || !areAllPositions(left, dimensions)) return undefined;
  const positions = positionsOf(left);
  const squares = graph.emit('dot_general', [left.taps, left.taps], {
    lhsBatch: [],
    rhsBatch: [],
    lhsContract: positions,
    rhsContract: positions,
  });
  return graph.sum(graph.emit('multiply', [times(graph, left.matrix, squares), right.matrix], {}), [1]);
};

/** Whether `value`, one number per feature, is the mean of the product: a sum over its positions times 1 / their number. */
function isMean(graph: Rewriter, value: Value, product: Product): boolean {
  const scaled = graph.match(value, 'multiply');
  if (scaled === undefined) return false;
  const count = sizeOf(product.taps.type.shape.slice(1));
  return [0, 1].some((side) => {
    const sum = scaled.operands[side] as Value;
    const factor = splatOf(graph, scaled.operands[1 - side]);
    return factor === 1 / count && isSum(graph, sum, product);
  });
}

function isSum(graph: Rewriter, value: Value, product: Product): boolean {
  const node: Node<'dot_general'> | undefined = graph.match(value, 'dot_general');
  if (node === undefined || node.operands[0] !== product.matrix) return false;
  const sum = graph.match(node.operands[1], 'reduce_sum');
  return sum?.operands[0] === product.taps && sum.attributes.dimensions.join() === positionsOf(product).join();
}

const subtract: Rule<'subtract'> = (operands, _, graph) => {
  const [value, mean] = operands as readonly [Value, Value];
  const product = productUnder(graph, value);
  const spread = product === undefined ? undefined : spreadOf(graph, mean);
  if (product === undefined || spread?.source === undefined) return undefined;
  if (spread.kept.length !== 1 || spread.kept[0] !== product.permutation.indexOf(0)) return undefined;
  if (!isMean(graph, spread.source, product)) return undefined;
  const { matrix, taps, permutation } = product;
  const count = sizeOf(taps.type.shape.slice(1));
  const sum = graph.sum(taps, positionsOf(product));
  const average = graph.emit('multiply', [sum, graph.constant(1 / count, sum.type.shape)], {});
  const centred = graph.emit('subtract', [taps, graph.broadcast(average, taps.type.shape, [0])], {});
  return graph.transpose(times(graph, matrix, centred), permutation);
};

export const moments = rewritePass('moments', 'takes moments of products with small matrices from moments of their operands', {
  reduce_sum: reduceSum,
  subtract,
});
