/** @file Vjp rules of the primitives that make tensors, move their elements or sum them: all linear, so each rule is a transpose. */

import type { Value } from '../ir/ir.ts';
import { invertPermutation } from '../ir/permutations.ts';
import { type OperandRule, operandOf, perOperand, type VjpTable, zero } from './rule.ts';

type Shaping =
  | 'constant'
  | 'iota'
  | 'broadcast_in_dim'
  | 'reshape'
  | 'transpose'
  | 'reverse'
  | 'slice'
  | 'pad'
  | 'concatenate'
  | 'gather'
  | 'scatter_add'
  | 'reduce_sum'
  | 'reduce_max'
  | 'arg_max'
  | 'cumulative_sum';

function keptDimensions(rank: number, removed: readonly number[]): number[] {
  return Array.from({ length: rank }, (_, axis) => axis).filter((axis) => !removed.includes(axis));
}

const broadcastRule: OperandRule<'broadcast_in_dim'> = (g, application, cotangent) => {
  const { shape, dimensions } = application.attributes;
  const operand = operandOf(application, 0);
  const same = (axis: number): boolean => {
    const source = dimensions.indexOf(axis);
    return source >= 0 && operand.type.shape[source] === shape[axis];
  };
  const summed = keptDimensions(shape.length, []).filter((axis) => !same(axis));
  return g.reshape(g.sum(cotangent, summed), operand.type.shape);
};

const sliceRule: OperandRule<'slice'> = (g, application, cotangent) => {
  const { start, strides } = application.attributes;
  const interior = strides.map((stride) => stride - 1);
  const high = operandOf(application, 0).type.shape.map((size, axis) => {
    const count = cotangent.type.shape[axis] as number;
    const covered = count === 0 ? 0 : (count - 1) * (strides[axis] as number) + 1;
    return size - (start[axis] as number) - covered;
  });
  return g.builder.emit('pad', [cotangent], { low: start, high, interior });
};

const padRule: OperandRule<'pad'> = (g, application, cotangent) => {
  const { low, interior } = application.attributes;
  const limit = operandOf(application, 0).type.shape.map((size, axis) => {
    const covered = size === 0 ? 0 : (size - 1) * ((interior[axis] as number) + 1) + 1;
    return (low[axis] as number) + covered;
  });
  return g.builder.emit('slice', [cotangent], { start: low, limit, strides: interior.map((zeros) => zeros + 1) });
};

const concatenateRule: OperandRule<'concatenate'> = (g, { operands, attributes }, cotangent, index) => {
  const { dimension } = attributes;
  const sizeAt = (value: Value) => value.type.shape[dimension] as number;
  const from = operands.slice(0, index).reduce((sum, operand) => sum + sizeAt(operand), 0);
  const to = from + sizeAt(operands[index] as Value);
  const { shape } = cotangent.type;
  return g.builder.emit('slice', [cotangent], {
    start: shape.map((_, axis) => (axis === dimension ? from : 0)),
    limit: shape.map((size, axis) => (axis === dimension ? to : size)),
    strides: shape.map(() => 1),
  });
};

/**
 * The first maximum takes the cotangent. It is found by its index, never by `x == max(x)`: a fused kernel that computes x again may round
 * differently, and then no element is equal. Several dimensions are brought together first, so that "first" is in row-major order.
 */
const reduceMaxRule: OperandRule<'reduce_max'> = (g, application, cotangent) => {
  const operand = operandOf(application, 0);
  const { shape } = operand.type;
  const { dimensions } = application.attributes;
  if (dimensions.length === 0) return cotangent;
  const sorted = dimensions.toSorted((a, b) => a - b);
  const kept = keptDimensions(shape.length, sorted);
  const permutation = sorted.length === 1 ? kept.concat(sorted).toSorted((a, b) => a - b) : [...kept, ...sorted];
  const dimension = sorted.length === 1 ? (sorted[0] as number) : kept.length;
  const moved = permutation.map((axis) => shape[axis] as number);
  const flat = sorted.length === 1 ? shape : [...moved.slice(0, kept.length), moved.slice(kept.length).reduce((a, b) => a * b, 1)];
  const rows = g.reshape(g.transpose(operand, permutation), flat);
  const winner = g.builder.emit('arg_max', [rows], { dimension });
  const others = keptDimensions(flat.length, [dimension]);
  const position = g.builder.emit('iota', [], { dtype: 'int', shape: flat, dimension });
  const wins = g.builder.compare('EQ', position, g.builder.broadcast(winner, flat, others));
  const gradient = g.where(wins, true, g.broadcast(cotangent, flat, others));
  return g.transpose(g.reshape(gradient, moved), invertPermutation(permutation));
};

export const shapeRules: VjpTable<Shaping> = {
  constant: zero('it has no operands'),
  iota: zero('it has no operands'),
  broadcast_in_dim: perOperand(broadcastRule),
  reshape: perOperand((g, application, cotangent) => g.reshape(cotangent, operandOf(application, 0).type.shape)),
  transpose: perOperand((g, { attributes }, cotangent) => g.transpose(cotangent, invertPermutation(attributes.permutation))),
  reverse: perOperand((g, { attributes }, cotangent) => g.builder.emit('reverse', [cotangent], attributes)),
  slice: perOperand(sliceRule),
  pad: perOperand(padRule),
  concatenate: { kind: 'variadic', rule: concatenateRule },
  gather: perOperand((g, application, cotangent) =>
    g.builder.emit('scatter_add', [cotangent, operandOf(application, 1)], {
      ...application.attributes,
      shape: operandOf(application, 0).type.shape,
    }),
  ),
  scatter_add: perOperand((g, application, cotangent) => {
    const { axis, batchDims } = application.attributes;
    return g.builder.emit('gather', [cotangent, operandOf(application, 1)], { axis, batchDims });
  }),
  reduce_sum: perOperand((g, application, cotangent) => {
    const { shape } = operandOf(application, 0).type;
    return g.broadcast(cotangent, shape, keptDimensions(shape.length, application.attributes.dimensions));
  }),
  reduce_max: perOperand(reduceMaxRule),
  arg_max: zero('its result is an index'),
  cumulative_sum: perOperand((g, { attributes }, cotangent) =>
    g.builder.emit('cumulative_sum', [cotangent], { ...attributes, reverse: !attributes.reverse }),
  ),
};
