/**
 * @file Regroups chains of products so that small tensors meet first: `(x * a) * b` with `a` and `b` per channel is `x * (a * b)`,
 * one pass over `x` instead of two.
 */
import type { Value } from '../ir/ir.ts';
import { sizeOf } from '../ir/tensor-type.ts';
import { properAxes, restrict, type Spread, spreadOf, usedOnce } from './operands.ts';
import { type Rewriter, type Rule, rewritePass } from './rewriter.ts';

interface Small {
  readonly value: Value;
  readonly spread: Spread;
}

/** The operand that is repeated (or a number), and the other; undefined when both or none are. */
function apart(
  graph: Rewriter,
  operands: readonly Value[],
): { readonly big: Value; readonly small: Small; readonly smallOnLeft: boolean } | undefined {
  const [left, right] = operands as readonly [Value, Value];
  const onLeft = spreadOf(graph, left);
  const onRight = spreadOf(graph, right);
  if (onRight !== undefined && onLeft === undefined) return { big: left, small: { value: right, spread: onRight }, smallOnLeft: false };
  if (onLeft !== undefined && onRight === undefined) return { big: right, small: { value: left, spread: onLeft }, smallOnLeft: true };
  return undefined;
}

/** `op` of two spread tensors, at the dimensions along which one of them varies; undefined when that is all of them. */
function together(graph: Rewriter, op: 'add' | 'subtract' | 'multiply', first: Small, second: Small): Value | undefined {
  const { shape } = first.value.type;
  const proper = properAxes(shape);
  const axes = proper.filter((axis) => first.spread.kept.includes(axis) || second.spread.kept.includes(axis));
  if (axes.length === proper.length) return undefined;
  const small = [first, second].map(({ value, spread }) => restrict(graph, value, spread, axes));
  return graph.broadcast(graph.emit(op, small, {}), shape, axes);
}

const multiply: Rule<'multiply'> = (operands, _, graph) => {
  const outer = apart(graph, operands);
  if (outer === undefined || !usedOnce(graph, outer.big)) return undefined;
  const node = graph.match(outer.big, 'multiply');
  const inner = node === undefined ? undefined : apart(graph, node.operands);
  if (inner === undefined) return undefined;
  const factor = together(graph, 'multiply', inner.small, outer.small);
  return factor === undefined ? undefined : graph.emit('multiply', [inner.big, factor], {});
};

/** One division per small element, then multiplications. */
const divide: Rule<'divide'> = (operands, _, graph, type) => {
  if (type.dtype !== 'float') return undefined;
  const [left, right] = operands as readonly [Value, Value];
  const spread = spreadOf(graph, right);
  if (spread?.source === undefined || spread.kept.length === properAxes(type.shape).length) return undefined;
  const small = restrict(graph, right, spread, spread.kept);
  const inverse = graph.emit('divide', [graph.constant(1, small.type.shape), small], {});
  return graph.emit('multiply', [left, graph.broadcast(inverse, type.shape, spread.kept)], {});
};

/** -(x * a) = x * (-a). */
const negate: Rule<'negate'> = (operands, _, graph, type) => {
  const operand = operands[0] as Value;
  const node = graph.match(operand, 'multiply');
  const parts = node === undefined || !usedOnce(graph, operand) ? undefined : apart(graph, node.operands);
  if (parts?.small.spread.source === undefined) return undefined;
  const { value, spread } = parts.small;
  if (sizeOf(type.shape) === 0) return undefined;
  const small = graph.emit('negate', [restrict(graph, value, spread, spread.kept)], {});
  return graph.emit('multiply', [parts.big, graph.broadcast(small, type.shape, spread.kept)], {});
};

export const regroup = rewritePass('regroup', 'joins small factors with each other before they meet big tensors', {
  multiply,
  divide,
  negate,
});
