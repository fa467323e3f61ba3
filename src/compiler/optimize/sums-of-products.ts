/** @file A sum of products whose factors are repeated against each other is a matrix product: the big table of products is never made. */
import type { Value } from '../ir/ir.ts';
import { contract, type Labelled } from './contraction.ts';
import { properAxes, restrict, spreadOf, usedOnce } from './operands.ts';
import { type Rewriter, type Rule, rewritePass } from './rewriter.ts';

/** The factor without repetitions and without dimensions of size 1, labelled by the dimensions of the product; undefined for a number. */
function factor(graph: Rewriter, value: Value): readonly number[] | undefined {
  const spread = spreadOf(graph, value);
  if (spread === undefined) return properAxes(value.type.shape);
  return spread.source === undefined ? undefined : spread.kept;
}

function labelled(graph: Rewriter, value: Value, axes: readonly number[]): Labelled {
  const spread = spreadOf(graph, value);
  const sizes = axes.map((axis) => value.type.shape[axis] as number);
  return { value: spread === undefined ? graph.reshape(value, sizes) : restrict(graph, value, spread, axes), labels: axes };
}

const reduceSum: Rule<'reduce_sum'> = (operands, { dimensions }, graph, type) => {
  const product = operands[0] as Value;
  const node = graph.match(product, 'multiply');
  const { shape, dtype } = product.type;
  if (node === undefined || dtype !== 'float' || !usedOnce(graph, product) || shape.includes(0)) return undefined;
  const [left, right] = node.operands as readonly [Value, Value];
  const onLeft = factor(graph, left);
  const onRight = factor(graph, right);
  if (onLeft === undefined || onRight === undefined) return undefined;
  const shared = onLeft.filter((axis) => onRight.includes(axis));
  const contracted = shared.filter((axis) => dimensions.includes(axis));
  const freeLeft = onLeft.filter((axis) => !shared.includes(axis));
  const freeRight = onRight.filter((axis) => !shared.includes(axis));
  // What neither side varies along only multiplies: hoist-broadcasts takes it out first.
  const covered = shared.length + freeLeft.length + freeRight.length === properAxes(shape).length;
  if (contracted.length === 0 || !covered) return undefined;
  // Without a free dimension on both sides a product is no faster than multiply-and-sum, unless there is no batch: then it is one product
  // of a matrix and a vector, or of two vectors.
  const unbatched = shared.length === contracted.length;
  if (!unbatched && (freeLeft.length === 0 || freeRight.length === 0)) return undefined;
  const kept = properAxes(shape).filter((axis) => !dimensions.includes(axis));
  const sizes = kept.map((axis) => shape[axis] as number);
  return graph.reshape(contract(graph, labelled(graph, left, onLeft), labelled(graph, right, onRight), kept, sizes), type.shape);
};

export const sumsOfProducts = rewritePass('sums-of-products', 'turns multiply and reduce_sum into dot_general where a factor is repeated', {
  reduce_sum: reduceSum,
});
