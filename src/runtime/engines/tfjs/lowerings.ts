/** @file How each primitive becomes kernels of TensorFlow.js: one entry per primitive, in the order of `primitives.ts`. */
import type { Node, Value } from '../../../compiler/ir/ir.ts';
import type { Direction, RuntimePrimitiveName } from '../../../compiler/ir/primitives.ts';
import { sizeOf } from '../../../compiler/ir/tensor-type.ts';
import { convolution } from './lower-convolution.ts';
import { dotGeneral } from './lower-dot.ts';
import { gather, scatterAdd } from './lower-gather.ts';
import { argMax, cumulativeSum, reduceMax, reduceSum } from './lower-reduce.ts';
import { scan } from './lower-scan.ts';
import { broadcastInDim, concatenate, constant, convert, iota, operandOf, pad, reshape, reverse, slice } from './lower-shape.ts';
import { windowArgmax, windowPut, windowTake } from './lower-window.ts';
import type { LoweringContext } from './lowering-context.ts';
import type { Ref } from './plan.ts';

/** Adds the steps of one application; returns its only result, or has defined its results in the context. */
type Lowering<P extends RuntimePrimitiveName> = (context: LoweringContext, node: Node<P>) => Ref | undefined;

type Applied = { readonly op: string; readonly operands: readonly Value[] };

/** Kernels that mean the same as the primitive. */
function unary(kernel: string) {
  return (context: LoweringContext, node: Applied): Ref => context.operations.unary(kernel, context.small(operandOf(node, 0)));
}

function binary(kernel: string) {
  return (context: LoweringContext, node: Applied): Ref =>
    context.operations.binary(kernel, context.small(operandOf(node, 0)), context.small(operandOf(node, 1)));
}

/** Of integers: the kernel of floats, exact up to 2^24. */
function throughFloats(lowering: (context: LoweringContext, left: Ref, right: Ref) => Ref) {
  return (context: LoweringContext, node: Applied): Ref => {
    const [left, right] = [context.small(operandOf(node, 0)), context.small(operandOf(node, 1))];
    if (left.dtype === 'float') return lowering(context, left, right);
    const { operations } = context;
    return operations.cast(lowering(context, operations.cast(left, 'float'), operations.cast(right, 'float')), left.dtype);
  };
}

/** Relu where it is one. On WASM, Maximum takes ten times as long and loses a NaN of its second operand: a constant comes second. */
function maximum(context: LoweringContext, node: Applied): Ref {
  const { operations, plan } = context;
  const operands = [context.small(operandOf(node, 0)), context.small(operandOf(node, 1))] as const;
  const [x, other] = plan.valuesOf(operands[0]) === undefined ? operands : [operands[1], operands[0]];
  const isRelu = x.dtype === 'float' && plan.valuesOf(other)?.every((value) => value === 0) === true;
  const stretches = sizeOf(other.shape) > sizeOf(x.shape);
  return isRelu && !stretches ? operations.unary('Relu', x) : operations.binary('Maximum', x, other);
}

const COMPARISONS: Readonly<Record<Direction, string>> = {
  EQ: 'Equal',
  NE: 'NotEqual',
  LT: 'Less',
  LE: 'LessEqual',
  GT: 'Greater',
  GE: 'GreaterEqual',
};

export const tfjsLowerings: { readonly [P in RuntimePrimitiveName]: Lowering<P> } = {
  negate: unary('Neg'),
  abs: unary('Abs'),
  sign: unary('Sign'),
  floor: unary('Floor'),
  exponential: unary('Exp'),
  exponential_minus_one: unary('Expm1'),
  log: unary('Log'),
  log_plus_one: unary('Log1p'),
  sqrt: unary('Sqrt'),
  rsqrt: unary('Rsqrt'),
  tanh: unary('Tanh'),
  logistic: unary('Sigmoid'),
  sine: unary('Sin'),
  cosine: unary('Cos'),
  erf: unary('Erf'),
  not: unary('LogicalNot'),
  add: binary('Add'),
  subtract: binary('Sub'),
  multiply: binary('Multiply'),
  divide: throughFloats(({ operations }, left, right) => operations.binary('RealDiv', left, right)),
  power: binary('Pow'),
  maximum,
  minimum: binary('Minimum'),
  and: binary('LogicalAnd'),
  or: binary('LogicalOr'),
  compare: (context, node) => {
    const [left, right] = [context.small(operandOf(node, 0)), context.small(operandOf(node, 1))];
    return context.operations.binary(COMPARISONS[node.attributes.direction], left, right, 'bool');
  },
  select: (context, node) => {
    const [condition, t, e] = node.operands.map((operand) => context.small(operand)) as [Ref, Ref, Ref];
    return context.operations.select(condition, t, e);
  },
  constant,
  iota,
  convert,
  broadcast_in_dim: broadcastInDim,
  reshape,
  transpose: (context, node) => context.operations.transpose(context.ranked(operandOf(node, 0)), node.attributes.permutation),
  reverse,
  slice,
  pad,
  concatenate,
  gather,
  scatter_add: scatterAdd,
  reduce_sum: reduceSum,
  reduce_max: reduceMax,
  arg_max: argMax,
  cumulative_sum: cumulativeSum,
  dot_general: dotGeneral,
  convolution,
  window_argmax: windowArgmax,
  window_take: windowTake,
  window_put: windowPut,
  stop_gradient: (context, node) => context.small(operandOf(node, 0)),
  scan: (context, node) => {
    scan(context, node);
    return undefined;
  },
};
