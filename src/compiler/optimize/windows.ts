/**
 * @file Choosing elements of windows commutes with everything that is done to elements one by one, and putting them back is its transpose:
 * work on pooled tensors instead of whole ones, a quarter of the elements for a 2 x 2 pool.
 */
import type { Value } from '../ir/ir.ts';
import type { Attributes } from '../ir/primitives.ts';
import { isElementwise } from './elementwise.ts';
import { restrict, type Spread, spreadOf, usedOnce } from './operands.ts';
import { type Rewriter, type Rule, rewritePass } from './rewriter.ts';

type Window = Attributes['window_take'];

function isWindowed({ window, strides }: Window, axis: number): boolean {
  return window[axis] !== 1 || strides[axis] !== 1;
}

function isSame(a: Window, b: Window): boolean {
  return a.window.every((size, axis) => size === b.window[axis] && a.strides[axis] === b.strides[axis]);
}

/** Every element is in at most one window. */
function isDisjoint({ window, strides }: Window): boolean {
  return window.every((size, axis) => size <= (strides[axis] as number));
}

/** A tensor that is the same within every window: with the pooled shape. */
function narrowed(graph: Rewriter, value: Value, spread: Spread, shape: readonly number[]): Value {
  return graph.broadcast(restrict(graph, value, spread, spread.kept), shape, spread.kept);
}

function isStill(spread: Spread | undefined, window: Window): spread is Spread {
  return spread?.kept.every((axis) => !isWindowed(window, axis)) ?? false;
}

/** Big tensors that would have to be read to choose from `value`; undefined when that is not worth it. */
function leaves(graph: Rewriter, value: Value, choice: Value, window: Window, depth: number): Set<Value> | undefined {
  if (isStill(spreadOf(graph, value), window)) return new Set();
  const node = graph.definition(value);
  if (node?.op === 'window_put' && node.operands[1] === choice && isSame(node.attributes, window) && isDisjoint(window)) return new Set();
  if (node === undefined || depth === 0 || !isElementwise(node.op)) return new Set([value]);
  const found = new Set<Value>();
  for (const operand of node.operands) for (const leaf of leaves(graph, operand, choice, window, depth - 1) ?? []) found.add(leaf);
  // An inner node that somebody else needs is computed anyway: choose from it, unless its leaves are fewer.
  return found.size <= 1 || (found.size === 2 && usedOnce(graph, value)) ? found : new Set([value]);
}

function take(graph: Rewriter, value: Value, choice: Value, window: Window, stop: ReadonlySet<Value>): Value {
  const spread = spreadOf(graph, value);
  if (isStill(spread, window)) return narrowed(graph, value, spread, choice.type.shape);
  const node = graph.definition(value);
  if (stop.has(value) || node === undefined) return graph.emit('window_take', [value, choice], window);
  if (node.op === 'window_put') return node.operands[0] as Value;
  if (!isElementwise(node.op)) return graph.emit('window_take', [value, choice], window);
  const operands = node.operands.map((operand) => take(graph, operand, choice, window, stop));
  return graph.emit(node.op, operands, node.attributes as Attributes[typeof node.op]);
}

const windowTake: Rule<'window_take'> = (operands, window, graph) => {
  const [value, choice] = operands as readonly [Value, Value];
  // The pool itself is for pool-first, which may find a cheaper choice.
  if (graph.match(choice, 'window_argmax')?.operands[0] === value) return undefined;
  const found = leaves(graph, value, choice, window, 4);
  if (found === undefined || found.has(value)) return undefined;
  return take(graph, value, choice, window, found);
};

/** put(u) * s = put(u * s) where s is the same within every window. */
const multiply: Rule<'multiply'> = (operands, _, graph) => {
  const [left, right] = operands as readonly [Value, Value];
  for (const [put, factor] of [
    [left, right],
    [right, left],
  ] as const) {
    const node = graph.match(put, 'window_put');
    const spread = spreadOf(graph, factor);
    if (node === undefined || !isStill(spread, node.attributes) || !usedOnce(graph, put)) continue;
    const [updates, choice] = node.operands as readonly [Value, Value];
    const scaled = graph.emit('multiply', [updates, narrowed(graph, factor, spread, updates.type.shape)], {});
    return graph.emit('window_put', [scaled, choice], node.attributes);
  }
  return undefined;
};

/** What is put somewhere within the summed dimensions is summed wherever it is; sum(put(u) * x) = sum(u * take(x)). */
const reduceSum: Rule<'reduce_sum'> = (operands, { dimensions }, graph) => {
  const whole = operands[0] as Value;
  const covers = (window: Window): boolean => window.window.every((_, axis) => !isWindowed(window, axis) || dimensions.includes(axis));
  const put = graph.match(whole, 'window_put');
  if (put !== undefined) return covers(put.attributes) ? graph.sum(put.operands[0] as Value, dimensions) : undefined;
  const product = usedOnce(graph, whole) ? graph.match(whole, 'multiply') : undefined;
  for (const side of product === undefined ? [] : ([0, 1] as const)) {
    const factor = graph.match(product?.operands[side], 'window_put');
    const other = product?.operands[1 - side];
    if (factor === undefined || other === undefined || !covers(factor.attributes)) continue;
    const [updates, choice] = factor.operands as readonly [Value, Value];
    const { window, strides } = factor.attributes;
    const chosen = graph.emit('window_take', [other, choice], { window, strides });
    return graph.sum(graph.emit('multiply', [updates, chosen], {}), dimensions);
  }
  return undefined;
};

export const windows = rewritePass('windows', 'works on the chosen elements of windows instead of on whole tensors', {
  window_take: windowTake,
  multiply,
  reduce_sum: reduceSum,
});
