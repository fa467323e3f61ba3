/** @file The table: how each primitive is written in StableHLO. Most primitives are StableHLO's own. */
import type { Node, Value } from '../../ir/ir.ts';
import type { RuntimePrimitiveName } from '../../ir/primitives.ts';
import { convolution } from './lower-convolution.ts';
import { dotGeneral } from './lower-dot.ts';
import { gather, scatterAdd } from './lower-gather.ts';
import { argMax, cumulativeSum, reduceMax, reduceSum } from './lower-reduce.ts';
import { scan } from './lower-scan.ts';
import { windowArgmax, windowPut, windowTake } from './lower-window.ts';
import type { LoweringContext } from './lowering-context.ts';
import { ELEMENT_OF, type StableTensor, typeText } from './tensor.ts';

/** Adds the operations of one application; returns its result, or its results. */
type Lowering<P extends RuntimePrimitiveName> = (context: LoweringContext, node: Node<P>) => StableTensor | readonly StableTensor[];

function first(context: LoweringContext, node: { readonly operands: readonly Value[] }): StableTensor {
  return context.of(node.operands[0] as Value);
}

/** The operation of that name, elementwise on operands of one type. */
function same(op: string) {
  return (context: LoweringContext, node: { readonly operands: readonly Value[] }): StableTensor =>
    context.builder.elementwise(op, ...context.operands(node));
}

export const stableHloLowerings: { readonly [P in RuntimePrimitiveName]: Lowering<P> } = {
  negate: same('stablehlo.negate'),
  abs: same('stablehlo.abs'),
  sign: same('stablehlo.sign'),
  floor: same('stablehlo.floor'),
  exponential: same('stablehlo.exponential'),
  exponential_minus_one: same('stablehlo.exponential_minus_one'),
  log: same('stablehlo.log'),
  log_plus_one: same('stablehlo.log_plus_one'),
  sqrt: same('stablehlo.sqrt'),
  rsqrt: same('stablehlo.rsqrt'),
  tanh: same('stablehlo.tanh'),
  logistic: same('stablehlo.logistic'),
  sine: same('stablehlo.sine'),
  cosine: same('stablehlo.cosine'),
  // The one function that StableHLO leaves to its client dialect; every XLA plugin reads it, for JAX writes it.
  erf: (context, node) => {
    const operand = first(context, node);
    return context.builder.operation(`chlo.erf ${operand.name} : ${typeText(operand)} -> ${typeText(operand)}`, operand);
  },
  not: same('stablehlo.not'),
  add: same('stablehlo.add'),
  subtract: same('stablehlo.subtract'),
  multiply: same('stablehlo.multiply'),
  divide: same('stablehlo.divide'),
  power: same('stablehlo.power'),
  maximum: same('stablehlo.maximum'),
  minimum: same('stablehlo.minimum'),
  and: same('stablehlo.and'),
  or: same('stablehlo.or'),
  compare: (context, node) => {
    const [left, right] = context.operands(node) as readonly [StableTensor, StableTensor];
    return context.builder.compare(node.attributes.direction, left, right);
  },
  select: (context, node) => {
    const [predicate, onTrue, onFalse] = context.operands(node) as readonly [StableTensor, StableTensor, StableTensor];
    return context.builder.select(predicate, onTrue, onFalse);
  },
  constant: (context, node) => {
    const { dtype, shape, values } = node.attributes;
    return context.builder.constant(ELEMENT_OF[dtype], shape, values);
  },
  iota: (context, node) => {
    const { dtype, shape, dimension } = node.attributes;
    return context.builder.iota(ELEMENT_OF[dtype], shape, dimension);
  },
  convert: (context, node) => context.builder.convert(first(context, node), ELEMENT_OF[node.attributes.dtype]),
  broadcast_in_dim: (context, node) => context.builder.broadcast(first(context, node), node.attributes.shape, node.attributes.dimensions),
  reshape: (context, node) => context.builder.reshape(first(context, node), node.attributes.shape),
  transpose: (context, node) => context.builder.transpose(first(context, node), node.attributes.permutation),
  reverse: (context, node) => context.builder.reverse(first(context, node), node.attributes.dimensions),
  slice: (context, node) => {
    const { start, limit, strides } = node.attributes;
    return context.builder.slice(first(context, node), start, limit, strides);
  },
  pad: (context, node) => {
    const { low, high, interior } = node.attributes;
    return context.builder.pad(first(context, node), low, high, interior);
  },
  concatenate: (context, node) => context.builder.concatenate(context.operands(node), node.attributes.dimension),
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
  stop_gradient: first,
  scan,
};
