/** @file Sums over dimensions of matrix products and of convolutions by group; part of the reductions pass. */
import type { Node, Value } from '../ir/ir.ts';
import type { Rewriter } from './rewriter.ts';

/**
 * Sum over batch dimensions: they are contracted instead, which is how the mean over tasks of per-task gradients becomes one product.
 * Sum over free dimensions: the operand is summed first.
 */
export function sumOfDot(node: Node<'dot_general'>, dimensions: readonly number[], graph: Rewriter): Value | undefined {
  const [lhs, rhs] = node.operands as readonly [Value, Value];
  const { lhsBatch, rhsBatch, lhsContract, rhsContract } = node.attributes;
  const free = (value: Value, bound: readonly number[]) => value.type.shape.map((_, axis) => axis).filter((axis) => !bound.includes(axis));
  const lhsFree = free(lhs, [...lhsBatch, ...lhsContract]);
  const rhsFree = free(rhs, [...rhsBatch, ...rhsContract]);
  const summed = (axes: readonly number[], offset: number) => axes.filter((_, index) => dimensions.includes(index + offset));
  const left = summed(lhsFree, lhsBatch.length);
  const right = summed(rhsFree, lhsBatch.length + lhsFree.length);
  const contracted = lhsBatch.map((_, index) => dimensions.includes(index));
  const drop = (axes: readonly number[], gone: readonly number[]) => axes.map((axis) => axis - gone.filter((other) => other < axis).length);
  return graph.emit('dot_general', [graph.sum(lhs, left), graph.sum(rhs, right)], {
    lhsBatch: drop(
      lhsBatch.filter((_, index) => !contracted[index]),
      left,
    ),
    rhsBatch: drop(
      rhsBatch.filter((_, index) => !contracted[index]),
      right,
    ),
    lhsContract: drop([...lhsContract, ...lhsBatch.filter((_, index) => contracted[index])], left),
    rhsContract: drop([...rhsContract, ...rhsBatch.filter((_, index) => contracted[index])], right),
  });
}

/**
 * A convolution with one group per task, split into [images, tasks, features, …] and summed over tasks, is an ordinary convolution over
 * the input features of all tasks. `build: false` only asks whether it would be (any value is returned then).
 */
export function sumOfConvolution(
  split: Node<'reshape'>,
  dimensions: readonly number[],
  graph: Rewriter,
  build: boolean,
): Value | undefined {
  const whole = split.operands[0] as Value;
  const node = graph.match(whole, 'convolution');
  if (node === undefined || dimensions.length !== 1 || dimensions[0] !== 1 || graph.uses(whole) > 1) return undefined;
  const { groups } = node.attributes;
  const [count, features, ...space] = whole.type.shape as readonly [number, number, ...number[]];
  const shape = split.attributes.shape;
  const perGroup = features / groups;
  const apart = [count, groups, perGroup, ...space];
  if (groups <= 1 || shape.length !== apart.length || apart.some((size, axis) => size !== shape[axis])) return undefined;
  if (!build) return whole;
  const [images, kernels] = node.operands as readonly [Value, Value];
  const [, channels, ...kernel] = kernels.type.shape as readonly [number, number, ...number[]];
  const byGroup = graph.reshape(kernels, [groups, perGroup, channels, ...kernel]);
  const order = byGroup.type.shape.map((_, axis) => (axis === 0 ? 1 : axis === 1 ? 0 : axis));
  const merged = graph.reshape(graph.transpose(byGroup, order), [perGroup, groups * channels, ...kernel]);
  return graph.emit('convolution', [images, merged], { ...node.attributes, groups: 1 });
}
