/** @file What rules ask about the operands of a node: is it a constant, which dimensions does it really have. */
import type { AnyNode, Value } from '../ir/ir.ts';
import type { Attributes } from '../ir/primitives.ts';
import type { Rewriter } from './rewriter.ts';

/** The one number that fills `value`, if it is a constant that says so. */
export function splatOf(graph: Rewriter, value: Value | undefined): number | undefined {
  return splatIn(graph.match(value, 'constant'));
}

/** The same of the node that makes the value. */
export function splatIn(node: AnyNode | undefined): number | undefined {
  return node?.op === 'constant' && node.attributes.values.length === 1 ? node.attributes.values[0] : undefined;
}

/** Whether `value` is `operation` of something and nobody else uses it: replacing it costs nothing. */
export function usedOnce(graph: Rewriter, value: Value): boolean {
  return graph.uses(value) <= 1;
}

/** A tensor that varies along some dimensions only. */
export interface Spread {
  /** Without dimensions along which it is repeated; undefined for a splat constant. */
  readonly source: Value | undefined;
  /** The number that a splat constant is filled with. */
  readonly splat: number | undefined;
  /** Dimensions of the whole tensor that `source` has, in order; others are repetitions. A dimension of size 1 is in neither. */
  readonly kept: readonly number[];
}

/** Dimensions of `type` that do not count: an axis of size 1 neither varies nor repeats. */
export function properAxes(shape: readonly number[]): number[] {
  const axes: number[] = [];
  for (let axis = 0; axis < shape.length; axis++) if (shape[axis] !== 1) axes.push(axis);
  return axes;
}

function keptAxes(operand: Value, { shape, dimensions }: Attributes['broadcast_in_dim']): number[] {
  return dimensions.filter((target, axis) => shape[target] !== 1 && operand.type.shape[axis] !== 1);
}

/** How `value` is spread, if it is a splat constant or a broadcast; undefined for a tensor that varies along all of its dimensions. */
export function spreadOf(graph: Rewriter, value: Value): Spread | undefined {
  const splat = splatOf(graph, value);
  if (splat !== undefined) return { source: undefined, splat, kept: [] };
  const broadcast = graph.match(value, 'broadcast_in_dim');
  if (broadcast === undefined) return undefined;
  const source = broadcast.operands[0] as Value;
  return { source, splat: undefined, kept: keptAxes(source, broadcast.attributes) };
}

/**
 * `value` on the dimensions `axes` of the whole tensor only (increasing, a superset of what it varies along): shape is
 * `axes.map(axis => shape[axis])`.
 */
export function restrict(graph: Rewriter, value: Value, spread: Spread, axes: readonly number[]): Value {
  const { shape, dtype } = value.type;
  const sizes = axes.map((axis) => shape[axis] as number);
  if (spread.source === undefined) return graph.constant(spread.splat as number, sizes, dtype);
  const squeezed = graph.reshape(
    spread.source,
    spread.kept.map((axis) => shape[axis] as number),
  );
  return graph.broadcast(
    squeezed,
    sizes,
    spread.kept.map((axis) => axes.indexOf(axis)),
  );
}

/** Undoes `restrict`: repeats a tensor on the dimensions `axes` to the whole `shape`. */
export function extend(graph: Rewriter, value: Value, shape: readonly number[], axes: readonly number[]): Value {
  return graph.broadcast(value, shape, axes);
}
