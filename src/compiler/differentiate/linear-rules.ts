/** @file Vjp rules of matrix multiplication, convolution and the window primitives. */
import type { Value } from '../ir/ir.ts';
import { invertPermutation } from '../ir/permutations.ts';
import type { Attributes } from '../ir/primitives.ts';
import type { GradientBuilder } from './gradient-builder.ts';
import { type OperandRule, operandOf, perOperand, type VjpTable, zero } from './rule.ts';

type Linear = 'dot_general' | 'convolution' | 'window_argmax' | 'window_take' | 'window_put';

function range(start: number, end: number): number[] {
  return Array.from({ length: end - start }, (_, index) => start + index);
}

/** Axes in increasing order. */
function sorted(axes: readonly number[]): number[] {
  return axes.toSorted((a, b) => a - b);
}

/**
 * The cotangent of one side: the result's free dimensions of the other side are contracted with those dimensions of the other operand.
 * Of the two operand orders the one whose result needs no transpose is taken, if there is one.
 */
function dotRule(side: 0 | 1): OperandRule<'dot_general'> {
  return (g, application, cotangent) => {
    const { lhsBatch, rhsBatch, lhsContract, rhsContract } = application.attributes;
    const own = operandOf(application, side);
    const other = operandOf(application, side === 0 ? 1 : 0);
    const [ownBatch, otherBatch] = side === 0 ? [lhsBatch, rhsBatch] : [rhsBatch, lhsBatch];
    const [ownContract, otherContract] = side === 0 ? [lhsContract, rhsContract] : [rhsContract, lhsContract];
    const free = (value: Value, batch: readonly number[], contract: readonly number[]) =>
      range(0, value.type.shape.length).filter((axis) => !batch.includes(axis) && !contract.includes(axis));
    const ownFree = free(own, ownBatch, ownContract);
    const otherFree = free(other, otherBatch, otherContract);
    const batch = range(0, ownBatch.length);
    const firstFree = ownBatch.length + (side === 0 ? ownFree.length : 0);
    const contracted = range(firstFree, firstFree + otherFree.length);
    // What remains of the other operand are its contracted dimensions, in increasing order; each stands for one of `own`.
    const paired = sorted(otherContract).map((axis) => ownContract[otherContract.indexOf(axis)] as number);
    const cotangentFirst = [...ownBatch, ...ownFree, ...paired];
    const otherFirst = [...ownBatch, ...paired, ...ownFree];
    const isIdentity = (axes: readonly number[]) => axes.every((axis, index) => axis === index);
    if (isIdentity(otherFirst) && !isIdentity(cotangentFirst))
      return g.builder.emit('dot_general', [other, cotangent], {
        lhsBatch: otherBatch,
        rhsBatch: batch,
        lhsContract: otherFree,
        rhsContract: contracted,
      });
    const product = g.builder.emit('dot_general', [cotangent, other], {
      lhsBatch: batch,
      rhsBatch: otherBatch,
      lhsContract: contracted,
      rhsContract: otherFree,
    });
    return g.transpose(product, invertPermutation(cotangentFirst));
  };
}

/** Size after `dilation - 1` zeros are put between elements. */
function dilated(size: number, dilation: number): number {
  return size === 0 ? 0 : (size - 1) * dilation + 1;
}

/** Dilated sizes of image, kernel and result along each spatial dimension, with the low padding. */
function spatialSizes(lhs: Value, rhs: Value, result: Value, attributes: Attributes['convolution']) {
  return attributes.strides.map((stride, axis) => ({
    image: dilated(lhs.type.shape[axis + 2] as number, attributes.lhsDilation[axis] as number),
    kernel: dilated(rhs.type.shape[axis + 2] as number, attributes.rhsDilation[axis] as number),
    result: dilated(result.type.shape[axis + 2] as number, stride),
    low: (attributes.padding[axis] as readonly [number, number])[0],
  }));
}

/** [G*a, b, ...rest] or [b, G*a, ...rest] split at `axis` into groups, dimensions permuted, and merged by `shape`. */
function regroup(g: GradientBuilder, value: Value, axis: number, groups: number, permutation: readonly number[], shape: readonly number[]) {
  const before = value.type.shape;
  const split = [...before.slice(0, axis), groups, (before[axis] as number) / groups, ...before.slice(axis + 1)];
  return g.reshape(g.transpose(g.reshape(value, split), permutation), shape);
}

/**
 * Image gradient: the cotangent, dilated by the strides, convolved with the kernel turned around in space and, per group, with inputs and
 * outputs exchanged. The padding makes the result exactly as large as the image; it is negative where the image was never seen.
 */
const imageRule: OperandRule<'convolution'> = (g, application, cotangent) => {
  const [lhs, rhs] = [operandOf(application, 0), operandOf(application, 1)];
  const { strides, lhsDilation, rhsDilation, groups } = application.attributes;
  const [outChannels, inChannels, ...kernel] = rhs.type.shape as readonly [number, number, ...number[]];
  const spatial = range(0, kernel.length);
  const turned = g.builder.emit('reverse', [rhs], { dimensions: spatial.map((axis) => axis + 2) });
  const swapped =
    groups === 1
      ? g.transpose(turned, [1, 0, ...spatial.map((axis) => axis + 2)])
      : regroup(
          g,
          turned,
          0,
          groups,
          [0, 2, 1, ...spatial.map((axis) => axis + 3)],
          [groups * inChannels, outChannels / groups, ...kernel],
        );
  const padding = spatialSizes(lhs, rhs, cotangent, application.attributes).map(({ image, kernel: reach, result, low }) => {
    const before = reach - low - 1;
    return [before, image + reach - 1 - result - before] as const;
  });
  return g.builder.emit('convolution', [cotangent, swapped], { strides: lhsDilation, padding, lhsDilation: strides, rhsDilation, groups });
};

/**
 * Kernel gradient: the image as [C, G*N, ...] convolved, in the same groups, with the cotangent as [G*O, N, ...] dilated by the strides;
 * the sum over images is then the sum over channels. The high padding crops what no kernel element reached.
 */
const kernelRule: OperandRule<'convolution'> = (g, application, cotangent) => {
  const [lhs, rhs] = [operandOf(application, 0), operandOf(application, 1)];
  const { strides, lhsDilation, rhsDilation, groups } = application.attributes;
  const [images, channels, ...size] = lhs.type.shape as readonly [number, number, ...number[]];
  const spatial = range(0, size.length);
  const exchange = [1, 0, ...spatial.map((axis) => axis + 2)];
  const image =
    groups === 1
      ? g.transpose(lhs, exchange)
      : regroup(g, lhs, 1, groups, [2, 1, 0, ...spatial.map((axis) => axis + 3)], [channels / groups, groups * images, ...size]);
  const padding = spatialSizes(lhs, rhs, cotangent, application.attributes).map(
    ({ image: whole, kernel: reach, result, low }) => [low, result + reach - 1 - whole - low] as const,
  );
  const gradient = g.builder.emit('convolution', [image, g.transpose(cotangent, exchange)], {
    strides: rhsDilation,
    padding,
    lhsDilation,
    rhsDilation: strides,
    groups,
  });
  return g.transpose(gradient, exchange);
};

export const linearRules: VjpTable<Linear> = {
  dot_general: perOperand(dotRule(0), dotRule(1)),
  convolution: perOperand(imageRule, kernelRule),
  window_argmax: zero('its result is an index'),
  window_take: perOperand((g, application, cotangent) =>
    g.builder.emit('window_put', [cotangent, operandOf(application, 1)], {
      ...application.attributes,
      shape: operandOf(application, 0).type.shape,
    }),
  ),
  window_put: perOperand((g, application, cotangent) => {
    const { window, strides } = application.attributes;
    return g.builder.emit('window_take', [cotangent, operandOf(application, 1)], { window, strides });
  }),
};
