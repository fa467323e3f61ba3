/** @file Primitives that make tensors and move their elements. */
import { InternalError } from '../../../compiler/diagnostics/internal-error.ts';
import { rankedShape } from '../../../compiler/ir/broadcast-shapes.ts';
import type { Node, Value } from '../../../compiler/ir/ir.ts';
import { sizeOf } from '../../../compiler/ir/tensor-type.ts';
import type { LoweringContext } from './lowering-context.ts';
import type { Ref } from './plan.ts';
import type { TensorOperations } from './tensor-operations.ts';

export function operandOf(node: { readonly op: string; readonly operands: readonly Value[] }, index: number): Value {
  const operand = node.operands[index];
  if (operand === undefined) throw new InternalError(`${node.op} has no operand ${index}`);
  return operand;
}

export function resultShape(node: Node): readonly number[] {
  return (node.results[0] as Value).type.shape;
}

/** A constant; a splat is a scalar. */
export function constant({ plan }: LoweringContext, { attributes: { dtype, shape, values } }: Node<'constant'>): Ref {
  return values.length === 1 && sizeOf(shape) > 0 ? plan.scalar(dtype, values[0] as number) : plan.constant(dtype, shape, values);
}

/** 0, 1, … along one dimension, small along the others. */
export function iota({ plan }: LoweringContext, { attributes: { dtype, shape, dimension } }: Node<'iota'>): Ref {
  const sizes = shape.map((size, axis) => (axis === dimension ? size : 1));
  return plan.constant(
    dtype,
    sizes,
    Array.from({ length: shape[dimension] as number }, (_, index) => index),
  );
}

/** Costs a reshape at most: the sizes of 1 stretch when a kernel needs it. */
export function broadcastInDim(context: LoweringContext, node: Node<'broadcast_in_dim'>): Ref {
  const { shape, dimensions } = node.attributes;
  const value = operandOf(node, 0);
  const sizes = new Array<number>(shape.length).fill(1);
  dimensions.forEach((target, axis) => {
    sizes[target] = context.ranked(value).shape[axis] as number;
  });
  const tensor = context.small(value);
  const asItIs = tensor.shape.length <= shape.length && rankedShape(tensor.shape, shape.length).every((size, axis) => size === sizes[axis]);
  if (asItIs) return tensor;
  const first = sizes.findIndex((size) => size !== 1);
  return context.operations.reshape(tensor, first < 0 ? [] : sizes.slice(first));
}

export function reshape(context: LoweringContext, node: Node<'reshape'>): Ref {
  const value = operandOf(node, 0);
  const { shape } = node.attributes;
  const host = context.hostOf(value);
  if (host !== undefined && host.kind === 'input') context.defineHost(node.results[0] as Value, host);
  const tensor = context.small(value);
  if (sizeOf(tensor.shape) === 1 && sizeOf(shape) !== 1) return context.operations.reshape(tensor, []);
  return context.operations.reshape(context.full(value), shape);
}

export function reverse(context: LoweringContext, node: Node<'reverse'>): Ref {
  const { operations } = context;
  return node.attributes.dimensions.reduce(
    (tensor, axis) => {
      const size = tensor.shape[axis] as number;
      if (size <= 1) return tensor;
      return operations.take(
        tensor,
        axis,
        Array.from({ length: size }, (_, index) => size - 1 - index),
      );
    },
    context.ranked(operandOf(node, 0)),
  );
}

export function slice(context: LoweringContext, node: Node<'slice'>): Ref {
  const { start, limit, strides } = node.attributes;
  const value = operandOf(node, 0);
  const result = resultShape(node);
  const tensor = context.ranked(value);
  if (sizeOf(result) === 0) return context.operations.zeros(tensor.dtype, result);
  const cut = tensor.shape.map((size, axis) => ({ axis, part: (result[axis] as number) / size }));
  // What leaves the least first: the others then have less to copy. A size of 1 is one element or stands for many equal ones.
  return cut
    .filter(({ axis }) => tensor.shape[axis] !== 1)
    .sort((left, right) => left.part - right.part)
    .reduce(
      (part, { axis }) => context.operations.slice(part, axis, start[axis] as number, limit[axis] as number, strides[axis] as number),
      tensor,
    );
}

export function pad(context: LoweringContext, node: Node<'pad'>): Ref {
  const { low, high, interior } = node.attributes;
  return padWith(context.operations, context.full(operandOf(node, 0)), low, high, interior);
}

/** Zeros around (negative: cut off) and between the elements of every dimension. */
export function padWith(
  operations: TensorOperations,
  operand: Ref,
  low: readonly number[],
  high: readonly number[],
  interior: readonly number[],
): Ref {
  return operand.shape.reduce((tensor: Ref, size, axis) => {
    const between = size > 1 ? (interior[axis] as number) : 0;
    const spread = between > 0 ? interleave(operations, tensor, axis, between) : tensor;
    const length = spread.shape[axis] as number;
    const [before, after] = [low[axis] as number, high[axis] as number];
    const cut = operations.slice(spread, axis, Math.max(0, -before), length + Math.min(0, after), 1);
    return operations.padAround(cut, axis, Math.max(0, before), Math.max(0, after));
  }, operand);
}

/** `zeros` zeros between neighbours along one dimension: [.., n, ..] as [.., n, 1, ..], of which the 1 is padded, then without the last. */
function interleave(operations: TensorOperations, x: Ref, axis: number, zeros: number): Ref {
  const size = x.shape[axis] as number;
  const [before, after] = [sizeOf(x.shape.slice(0, axis)), sizeOf(x.shape.slice(axis + 1))];
  const padded = operations.padAround(operations.reshape(x, [before * size, 1, after]), 1, 0, zeros);
  const whole = x.shape.map((length, index) => (index === axis ? length * (zeros + 1) : length));
  return operations.slice(operations.reshape(padded, whole), axis, 0, size * (zeros + 1) - zeros, 1);
}

export function concatenate(context: LoweringContext, node: Node<'concatenate'>): Ref {
  return context.operations.concatenate(
    node.operands.map((operand) => context.full(operand)),
    node.attributes.dimension,
  );
}

export function convert(context: LoweringContext, node: Node<'convert'>): Ref {
  const { operations, plan } = context;
  const tensor = context.small(operandOf(node, 0));
  const { dtype } = node.attributes;
  if (dtype !== 'bool' || tensor.dtype === 'bool') return operations.cast(tensor, dtype);
  return operations.binary('NotEqual', tensor, plan.scalar(tensor.dtype, 0), 'bool');
}
