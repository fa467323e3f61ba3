/** @file Numbers that scale an operand or the result of something bilinear go where there is least to multiply. */
import type { Value } from '../ir/ir.ts';
import type { Attributes } from '../ir/primitives.ts';
import { sizeOf } from '../ir/tensor-type.ts';
import { splatOf, spreadOf, usedOnce } from './operands.ts';
import { type Rewriter, type Rule, rewritePass } from './rewriter.ts';

type Bilinear = 'dot_general' | 'convolution';

/** A scalar, as a value without dimensions or as a number. */
type Scalar = { readonly value: Value } | { readonly number: number };

function scalarOf(graph: Rewriter, value: Value): Scalar | undefined {
  const spread = spreadOf(graph, value);
  if (spread === undefined || spread.kept.length > 0) return undefined;
  return spread.source === undefined ? { number: spread.splat as number } : { value: graph.reshape(spread.source, []) };
}

/** `value * scalar` taken apart. */
function takeApart(graph: Rewriter, value: Value): { readonly rest: Value; readonly scalar: Scalar } | undefined {
  const node = graph.match(value, 'multiply');
  if (node === undefined || value.type.dtype !== 'float') return undefined;
  const [left, right] = node.operands as readonly [Value, Value];
  const onRight = scalarOf(graph, right);
  if (onRight !== undefined) return { rest: left, scalar: onRight };
  const onLeft = scalarOf(graph, left);
  return onLeft === undefined ? undefined : { rest: right, scalar: onLeft };
}

function scale(graph: Rewriter, value: Value, scalar: Scalar): Value {
  const { shape } = value.type;
  const factor = 'number' in scalar ? graph.constant(scalar.number, shape) : graph.broadcast(scalar.value, shape, []);
  return graph.emit('multiply', [value, factor], {});
}

/** (a * s) · b: where an operand is not smaller than the smallest place for s; with several users, where all of their places together are smaller. */
function pullOut<P extends Bilinear>(op: P): Rule<P> {
  return (operands, attributes, graph, type) => {
    const sizes = operands.map((operand) => sizeOf(operand.type.shape));
    const result = sizeOf(type.shape);
    const smallest = Math.min(result, ...sizes);
    for (const [index, operand] of operands.entries()) {
      const size = sizes[index] as number;
      const cheaper = usedOnce(graph, operand) ? size > smallest || size === result : size > smallest * graph.uses(operand);
      const parts = cheaper ? takeApart(graph, operand) : undefined;
      if (parts === undefined) continue;
      const bare = operands.map((other, position) => (position === index ? parts.rest : other));
      if (result <= smallest) return scale(graph, graph.emit(op, bare, attributes), parts.scalar);
      const place = sizes.indexOf(smallest);
      const moved = bare.map((other, position) => (position === place ? scale(graph, other, parts.scalar) : other));
      return graph.emit(op, moved, attributes);
    }
    return undefined;
  };
}

/**
 * (a · b) * s: where an operand is smaller than the result. Numbers stay behind matrix products: engines multiply by them as they write the result, or as
 * they read it (ONNX Runtime's MatMulScaleFusion, XLA's loop fusions), where an operand would be written once more.
 */
const multiply: Rule<'multiply'> = (operands, _, graph, type) => {
  const [left, right] = operands as readonly [Value, Value];
  for (const [product, factor] of [
    [left, right],
    [right, left],
  ] as const) {
    const node = graph.match(product, 'dot_general') ?? graph.match(product, 'convolution');
    if (node === undefined || !usedOnce(graph, product)) continue;
    const sizes = node.operands.map((operand) => sizeOf(operand.type.shape));
    const smallest = Math.min(...sizes);
    if (smallest >= sizeOf(type.shape)) continue;
    const scalar = scalarOf(graph, factor);
    if (scalar === undefined || (node.op === 'dot_general' && 'number' in scalar)) continue;
    const place = sizes.indexOf(smallest);
    const moved = node.operands.map((operand, index) => (index === place ? scale(graph, operand, scalar) : operand));
    return graph.emit(node.op as Bilinear, moved, node.attributes as Attributes['dot_general'] & Attributes['convolution']);
  }
  return undefined;
};

/** select(p, 0, x * s) = select(p, 0, x) * s: what follows may take the factor further. */
const select: Rule<'select'> = (operands, _, graph) => {
  const [predicate, onTrue, onFalse] = operands as readonly [Value, Value, Value];
  for (const [zero, product] of [
    [onTrue, onFalse],
    [onFalse, onTrue],
  ] as const) {
    const parts = splatOf(graph, zero) === 0 && usedOnce(graph, product) ? takeApart(graph, product) : undefined;
    if (parts === undefined) continue;
    const chosen = graph.emit('select', zero === onTrue ? [predicate, zero, parts.rest] : [predicate, parts.rest, zero], {});
    return scale(graph, chosen, parts.scalar);
  }
  return undefined;
};

export const scalarFactors = rewritePass(
  'scalar-factors',
  'multiplies by a number the smallest of the operands and the result of a product',
  {
    dot_general: pullOut('dot_general'),
    convolution: pullOut('convolution'),
    multiply,
    select,
  },
);
