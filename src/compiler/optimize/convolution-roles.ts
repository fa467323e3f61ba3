/**
 * @file A convolution with a small image and a big kernel is one with the roles exchanged. Second derivatives are full of them: the derivative of a
 * kernel gradient slides the whole image over a 3 x 3 "image" in a sea of padding, multiplying zeros hundreds of times for each number.
 *
 *   convolution(l, r; low) = swap(convolution(reverse r, reverse l; low + L - R))    L, R: spatial sizes of l and r
 *
 * where swap exchanges the first two dimensions: result[n, o] sums l[n, c] r[o, c], which is symmetric in n and o up to the direction of space. High padding is what the size of the result asks for.
 */
import type { Value } from '../ir/ir.ts';
import type { Attributes } from '../ir/primitives.ts';
import { type Rewriter, type Rule, rewritePass } from './rewriter.ts';

function spatial(value: Value): readonly number[] {
  return value.type.shape.slice(2);
}

function product(shape: readonly number[]): number {
  return shape.reduce((size, length) => size * length, 1);
}

function dilated(size: number, dilation: number): number {
  return size === 0 ? 0 : (size - 1) * dilation + 1;
}

/** Splits dimension `axis` into groups first, moves the groups to `axis` 1 - axis, and merges: [G*a, b] <-> [a, G*b]. */
function moveGroups(graph: Rewriter, value: Value, axis: 0 | 1, groups: number): Value {
  if (groups === 1) return value;
  const [first, second, ...rest] = value.type.shape as readonly [number, number, ...number[]];
  const tail = rest.map((_, index) => index + 3);
  if (axis === 0) {
    const split = graph.reshape(value, [groups, first / groups, second, ...rest]);
    return graph.reshape(graph.transpose(split, [1, 0, 2, ...tail]), [first / groups, groups * second, ...rest]);
  }
  const split = graph.reshape(value, [first, groups, second / groups, ...rest]);
  return graph.reshape(graph.transpose(split, [1, 0, 2, ...tail]), [groups * first, second / groups, ...rest]);
}

/** [n, G*o] -> [o, G*n]. */
function swapOutside(graph: Rewriter, value: Value, groups: number): Value {
  const [first, second, ...rest] = value.type.shape as readonly [number, number, ...number[]];
  if (groups === 1) return graph.transpose(value, [1, 0, ...rest.map((_, index) => index + 2)]);
  const tail = rest.map((_, index) => index + 3);
  const split = graph.reshape(value, [first, groups, second / groups, ...rest]);
  return graph.reshape(graph.transpose(split, [2, 1, 0, ...tail]), [second / groups, groups * first, ...rest]);
}

/** Padding of the exchanged convolution. What strides leave unread of the operands stays unread. */
function exchangedPadding(lhs: Value, rhs: Value, result: readonly number[], attributes: Attributes['convolution']) {
  const { strides, padding, lhsDilation, rhsDilation } = attributes;
  return strides.map((stride, axis) => {
    const image = dilated(spatial(lhs)[axis] as number, lhsDilation[axis] as number);
    const kernel = dilated(spatial(rhs)[axis] as number, rhsDilation[axis] as number);
    const [low] = padding[axis] as readonly [number, number];
    return [low + image - kernel, ((result[axis] as number) - 1) * stride - low] as const;
  });
}

const convolution: Rule<'convolution'> = (operands, attributes, graph, type) => {
  const [lhs, rhs] = operands as readonly [Value, Value];
  const result = type.shape.slice(2);
  if (type.shape.includes(0) || product(spatial(lhs)) >= product(spatial(rhs)) || product(result) < product(spatial(lhs))) return undefined;
  const padding = exchangedPadding(lhs, rhs, result, attributes);
  const { strides, lhsDilation, rhsDilation, groups } = attributes;
  const space = strides.map((_, axis) => axis + 2);
  const reversed = (value: Value): Value => graph.emit('reverse', [value], { dimensions: space });
  const images = moveGroups(graph, reversed(rhs), 0, groups);
  const kernels = moveGroups(graph, reversed(lhs), 1, groups);
  const exchanged = graph.emit('convolution', [images, kernels], {
    strides,
    padding,
    lhsDilation: rhsDilation,
    rhsDilation: lhsDilation,
    groups,
  });
  return swapOutside(graph, exchanged, groups);
};

export const convolutionRoles = rewritePass('convolution-roles', 'exchanges image and kernel where the kernel is the bigger one', {
  convolution,
});
