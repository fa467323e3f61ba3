/** @file Which nodes work in any order of dimensions, and how to write them in another order. */
import type { AnyNode, Value } from '../ir/ir.ts';
import { isElementwise } from './elementwise.ts';
import { sameAxes } from './layout-classes.ts';
import { properAxes } from './operands.ts';

/** What a node asks of the layouts around it. */
export type Relation =
  /** Operand `operand` and the result have the same elements in the same order, up to `map` on proper axes (operand position -> result position). */
  | { readonly kind: 'tied'; readonly pairs: readonly { readonly operand: number; readonly map: readonly number[] }[] }
  /** The order of one side follows from the order of the bigger other side: broadcasts and reductions. */
  | { readonly kind: 'induced' }
  /** The written order is needed. */
  | { readonly kind: 'fixed' };

const tiedInPlace = new Set(['pad', 'slice', 'reverse', 'concatenate', 'cumulative_sum', 'window_argmax', 'window_take', 'window_put']);

function sameProper(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, axis) => (size === 1) === (b[axis] === 1));
}

/** Dimensions of a reshape that only adds or drops dimensions of size 1. */
export function onlyUnits(from: readonly number[], to: readonly number[]): boolean {
  const left = from.filter((size) => size !== 1);
  const right = to.filter((size) => size !== 1);
  return left.length === right.length && left.every((size, index) => size === right[index]);
}

export function relationOf(node: AnyNode): Relation {
  const result = node.results[0] as Value;
  if (result.type.shape.includes(0)) return { kind: 'fixed' };
  if (isElementwise(node.op))
    return { kind: 'tied', pairs: node.operands.map((operand, index) => ({ operand: index, map: sameAxes(operand) })) };
  if (tiedInPlace.has(node.op)) {
    // A dimension that is cut to size 1, or padded from it, has no counterpart on the other side.
    if (!node.operands.every((operand) => sameProper(operand.type.shape, result.type.shape))) return { kind: 'fixed' };
    return { kind: 'tied', pairs: node.operands.map((operand, index) => ({ operand: index, map: sameAxes(operand) })) };
  }
  switch (node.op) {
    case 'transpose': {
      const operand = node.operands[0] as Value;
      const from = properAxes(operand.type.shape);
      const to = properAxes(result.type.shape);
      const map = from.map((axis) => to.indexOf(node.attributes.permutation.indexOf(axis)));
      return { kind: 'tied', pairs: [{ operand: 0, map }] };
    }
    case 'reshape': {
      const operand = node.operands[0] as Value;
      if (!onlyUnits(operand.type.shape, node.attributes.shape)) return { kind: 'fixed' };
      return { kind: 'tied', pairs: [{ operand: 0, map: sameAxes(operand) }] };
    }
    case 'constant':
      return node.attributes.values.length === 1 ? { kind: 'tied', pairs: [] } : { kind: 'fixed' };
    case 'broadcast_in_dim':
    case 'reduce_sum':
    case 'reduce_max':
    case 'arg_max':
      return { kind: 'induced' };
    default:
      return { kind: 'fixed' };
  }
}
