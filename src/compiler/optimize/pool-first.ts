/**
 * @file Takes a max-pool before the monotone functions under it: relu and the affine part of batch norm then work on a quarter of the elements.
 *
 * Why it is exact. Let f be non-decreasing and the same within a window (relu, adding or multiplying by a number that does not change within
 * the window). Then max f(x_i) = f(max x_i), also in floating point, whose operations are monotone too. For derivatives: where f is strictly
 * increasing at the maximum, the winner is the same element. Where it is not (relu of a window that is negative throughout, a factor of 0),
 * another element may win, but f has derivative 0 there, so nothing reaches the winner. Elements that only rounding makes equal are the
 * one difference: then the truly larger one gets the gradient.
 *
 * A factor s of unknown sign turns the order around where it is negative: the winner is that of x * sign(s), which costs one pass over x,
 * but one that no derivative goes through (a choice has none). So it is done only where it saves at least two passes.
 *
 * Worth doing before differentiation only: afterwards the choice is used by derivatives too and the pass leaves it alone.
 */
import type { Value } from '../ir/ir.ts';
import type { Attributes, PrimitiveName } from '../ir/primitives.ts';
import { restrict, type Spread, spreadOf, usedOnce } from './operands.ts';
import { type Rewriter, type Rule, rewritePass } from './rewriter.ts';
import { isNonNegative } from './signs.ts';

type Window = Attributes['window_take'];

const increasing: ReadonlySet<PrimitiveName> = new Set(['exponential', 'exponential_minus_one', 'tanh', 'logistic']);

/** One function under the pool: how to apply it to the pooled tensor, and what it does to the order. */
interface Layer {
  readonly inner: Value;
  readonly apply: (pooled: Value) => Value;
  /** 1: keeps the order; -1: reverses it; a value: keeps it where that is not negative. */
  readonly order: 1 | -1 | Value;
}

/** The operand that is the same within every window, pooled: just smaller. */
function pooledSpread(graph: Rewriter, value: Value, spread: Spread, shape: readonly number[]): Value {
  const small = restrict(graph, value, spread, spread.kept);
  return graph.broadcast(small, shape, spread.kept);
}

function binaryLayer(graph: Rewriter, value: Value, window: Window): Layer | undefined {
  const node = graph.definition(value);
  if (node === undefined) return undefined;
  const { op } = node;
  if (op !== 'add' && op !== 'subtract' && op !== 'multiply' && op !== 'maximum' && op !== 'minimum') return undefined;
  for (const side of [1, 0] as const) {
    const constant = node.operands[side] as Value;
    const spread = spreadOf(graph, constant);
    const still = spread?.kept.every((axis) => window.window[axis] === 1 && window.strides[axis] === 1) ?? false;
    if (spread === undefined || !still) continue;
    const apply = (pooled: Value): Value => {
      const other = pooledSpread(graph, constant, spread, pooled.type.shape);
      return graph.emit(op, side === 1 ? [pooled, other] : [other, pooled], {});
    };
    const order = op === 'subtract' && side === 0 ? -1 : op !== 'multiply' || isNonNegative(graph, constant) ? 1 : constant;
    return { inner: node.operands[1 - side] as Value, apply, order };
  }
  return undefined;
}

function layerOf(graph: Rewriter, value: Value, window: Window): Layer | undefined {
  const node = graph.definition(value);
  if (node === undefined) return undefined;
  const operand = node.operands[0] as Value;
  if (node.op === 'negate') return { inner: operand, apply: (pooled) => graph.emit('negate', [pooled], {}), order: -1 };
  if (increasing.has(node.op)) return { inner: operand, apply: (pooled) => graph.emit(node.op as 'tanh', [pooled], {}), order: 1 };
  return binaryLayer(graph, value, window);
}

/** 1 where `factor` is not negative, else -1; the same shape. Small: computed where the factor varies. */
function signOf(graph: Rewriter, factor: Value): Value {
  const { shape } = factor.type;
  const spread = spreadOf(graph, factor) as Spread;
  const small = restrict(graph, factor, spread, spread.kept);
  const at = small.type.shape;
  const keeps = graph.emit('compare', [small, graph.constant(0, at)], { direction: 'GE' });
  const sign = graph.emit('select', [keeps, graph.constant(1, at), graph.constant(-1, at)], {});
  return graph.broadcast(sign, shape, spread.kept);
}

const windowTake: Rule<'window_take'> = (operands, attributes, graph) => {
  const [top, choice] = operands as readonly [Value, Value];
  const argmax = graph.match(choice, 'window_argmax');
  if (argmax?.operands[0] !== top || !usedOnce(graph, choice) || graph.uses(top) > 2) return undefined;
  const layers: Layer[] = [];
  let bottom = top;
  while (layers.length === 0 || usedOnce(graph, bottom)) {
    const layer = layerOf(graph, bottom, attributes);
    if (layer === undefined) break;
    layers.push(layer);
    bottom = layer.inner;
  }
  const turns = layers.some((layer) => layer.order !== 1);
  if (layers.length < (turns ? 2 : 1)) return undefined;
  let ordered = bottom;
  let reversed = false;
  for (const { order } of layers) {
    if (order === -1) reversed = !reversed;
    else if (order !== 1) ordered = graph.emit('multiply', [ordered, signOf(graph, order)], {});
  }
  if (reversed) ordered = graph.emit('negate', [ordered], {});
  const winner = graph.emit('window_argmax', [ordered], argmax.attributes);
  let pooled = graph.emit('window_take', [bottom, winner], attributes);
  for (const layer of layers.reverse()) pooled = layer.apply(pooled);
  return pooled;
};

export const poolFirst = rewritePass('pool-first', 'takes the maximum over windows before the monotone functions under it', {
  window_take: windowTake,
});
