/** @file How each primitive becomes ONNX nodes: one entry per primitive, in the order of `primitives.ts`. */
import { LimitationError } from '../../diagnostics/internal-error.ts';
import type { AnyNode, Func, Node, Value } from '../../ir/ir.ts';
import type { Direction, RuntimePrimitiveName } from '../../ir/primitives.ts';
import { isStructural } from '../../ir/region.ts';
import { sizeOf } from '../../ir/tensor-type.ts';
import type { OnnxTensor } from './graph.ts';
import { convolution } from './lower-convolution.ts';
import { dotGeneral } from './lower-dot.ts';
import { exponentialMinusOne, isSplat, logPlusOne, masked } from './lower-elementwise.ts';
import { argMax, cumulativeSum, reduceMax, reduceSum } from './lower-reduce.ts';
import { scan } from './lower-scan.ts';
import { broadcastInDim, constant, gather, iota, pad, reverse, scatterAdd, slice } from './lower-shape.ts';
import { windowArgmax, windowPut, windowTake } from './lower-window.ts';
import { ELEMENT_OF, type LoweringContext } from './lowering-context.ts';

/** Adds the nodes of one application; returns its only result, or has defined its results in the context. */
type Lowering<P extends RuntimePrimitiveName> = (context: LoweringContext, node: Node<P>) => OnnxTensor | undefined;

function first(context: LoweringContext, node: { readonly operands: readonly Value[] }): OnnxTensor {
  return context.small(node.operands[0] as Value);
}

function small(context: LoweringContext, node: { readonly operands: readonly Value[] }): OnnxTensor[] {
  return node.operands.map((operand) => context.small(operand));
}

/** An ONNX operator that means the same as the primitive. */
function same(op: string) {
  return (context: LoweringContext, node: { readonly operands: readonly Value[] }): OnnxTensor =>
    context.elementwise(op, small(context, node));
}

const COMPARISONS: Readonly<Record<Direction, string>> = {
  EQ: 'Equal',
  NE: 'Equal',
  LT: 'Less',
  LE: 'LessOrEqual',
  GT: 'Greater',
  GE: 'GreaterOrEqual',
};

export const onnxLowerings: { readonly [P in RuntimePrimitiveName]: Lowering<P> } = {
  negate: same('Neg'),
  abs: same('Abs'),
  sign: same('Sign'),
  floor: same('Floor'),
  exponential: same('Exp'),
  exponential_minus_one: (context, node) => exponentialMinusOne(context, first(context, node)),
  log: same('Log'),
  log_plus_one: (context, node) => logPlusOne(context, first(context, node)),
  sqrt: same('Sqrt'),
  rsqrt: (context, node) => context.elementwise('Reciprocal', [context.elementwise('Sqrt', [first(context, node)])]),
  tanh: same('Tanh'),
  logistic: same('Sigmoid'),
  sine: same('Sin'),
  cosine: same('Cos'),
  erf: same('Erf'),
  not: same('Not'),
  add: same('Add'),
  subtract: same('Sub'),
  multiply: same('Mul'),
  divide: same('Div'),
  power: same('Pow'),
  maximum: (context, node) => {
    const [left, right] = small(context, node) as [OnnxTensor, OnnxTensor];
    // Relu runs on all threads, Max does not.
    if (isSplat(context, right, 0) && left.element === 'float32') return context.elementwise('Relu', [left]);
    if (isSplat(context, left, 0) && right.element === 'float32') return context.elementwise('Relu', [right]);
    return context.elementwise('Max', [left, right]);
  },
  minimum: same('Min'),
  and: same('And'),
  or: same('Or'),
  compare: (context, node) => {
    const { direction } = node.attributes;
    for (const value of node.results) context.defineComparison(value, node);
    const result = context.elementwise(COMPARISONS[direction], small(context, node), 'bool');
    return direction === 'NE' ? context.elementwise('Not', [result]) : result;
  },
  select: (context, node) => masked(context, node) ?? same('Where')(context, node),
  constant,
  iota,
  convert: (context, node) => context.graph.cast(first(context, node), ELEMENT_OF[node.attributes.dtype]),
  broadcast_in_dim: broadcastInDim,
  reshape: (context, node) => {
    const tensor = first(context, node);
    const { shape } = node.attributes;
    if (sizeOf(tensor.shape) === 1 && sizeOf(shape) !== 1) return context.graph.reshape(tensor, []);
    return context.graph.reshape(context.full(node.operands[0] as Value), shape);
  },
  transpose: (context, node) => context.graph.transpose(context.ranked(node.operands[0] as Value), node.attributes.permutation),
  reverse: (context, node) => reverse(context, context.ranked(node.operands[0] as Value), node.attributes.dimensions),
  slice: (context, node) => {
    const tensor = context.ranked(node.operands[0] as Value);
    const { start, limit, strides } = node.attributes;
    const whole = tensor.shape.map((size, axis) => size === 1 && (limit[axis] as number) > (start[axis] as number));
    const or = (list: readonly number[], other: number) => list.map((amount, axis) => (whole[axis] ? other : amount));
    return slice(context, tensor, or(start, 0), or(limit, 1), or(strides, 1));
  },
  pad: (context, node) => {
    const { low, high, interior } = node.attributes;
    return pad(context, context.full(node.operands[0] as Value), low, high, interior);
  },
  concatenate: (context, node) => {
    const operands = node.operands.map((operand) => context.full(operand));
    const result = (node.results[0] as Value).type;
    const element = ELEMENT_OF[result.dtype];
    return context.graph.node('Concat', operands, { element, shape: result.shape }, { axis: node.attributes.dimension });
  },
  gather,
  scatter_add: scatterAdd,
  reduce_sum: reduceSum,
  reduce_max: reduceMax,
  arg_max: argMax,
  cumulative_sum: cumulativeSum,
  dot_general: dotGeneral,
  convolution,
  window_argmax: (context, node) => {
    windowArgmax(context, node);
    return undefined;
  },
  window_take: windowTake,
  window_put: windowPut,
  stop_gradient: first,
  scan: (context, node) => {
    scan(context, node, lowerNode);
    return undefined;
  },
};

/** Adds the nodes for one IR node and defines its results. */
export function lowerNode(context: LoweringContext, node: AnyNode): void {
  if (isStructural(node)) refuse(node.op);
  const lowering = onnxLowerings[node.op] as (context: LoweringContext, node: AnyNode) => OnnxTensor | undefined;
  const result = lowering(context, node);
  if (result !== undefined) context.define(node.results[0] as Value, result);
}

/** Throws LimitationError for a function that has not been differentiated and batched: sooner than `lowerNode`, which comes with the first call. */
export function requireLowered({ nodes }: Func): void {
  for (const node of nodes) if (isStructural(node)) refuse(node.op);
}

function refuse(op: string): never {
  throw new LimitationError(`ONNX has no '${op}': the program must be differentiated and batched before it is emitted`);
}
