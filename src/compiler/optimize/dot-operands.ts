/** @file Transposes and repetitions of the operands of a matrix product become part of its dimension numbers, or disappear. */
import type { Node, Value } from '../ir/ir.ts';
import type { Attributes } from '../ir/primitives.ts';
import { contract, type Labelled } from './contraction.ts';
import { restrict, spreadOf, usedOnce } from './operands.ts';
import { type Rewriter, type Rule, rewritePass } from './rewriter.ts';

type DotAttributes = Attributes['dot_general'];

function freeAxes(value: Value, bound: readonly number[]): number[] {
  return value.type.shape.map((_, axis) => axis).filter((axis) => !bound.includes(axis));
}

/** The transposed operand's source and its axes, if the free dimensions stay in order (they are the result's). */
function untransposed(graph: Rewriter, value: Value, batch: readonly number[], contracted: readonly number[]) {
  const node = graph.match(value, 'transpose');
  if (node === undefined) return undefined;
  const { permutation } = node.attributes;
  const at = (axes: readonly number[]) => axes.map((axis) => permutation[axis] as number);
  const free = at(freeAxes(value, [...batch, ...contracted]));
  if (free.some((axis, index) => index > 0 && axis < (free[index - 1] as number))) return undefined;
  return { value: node.operands[0] as Value, batch: at(batch), contract: at(contracted) };
}

function transposed(lhs: Value, rhs: Value, attributes: DotAttributes, graph: Rewriter): Value | undefined {
  const left = untransposed(graph, lhs, attributes.lhsBatch, attributes.lhsContract);
  const right = untransposed(graph, rhs, attributes.rhsBatch, attributes.rhsContract);
  if (left === undefined && right === undefined) return undefined;
  return graph.emit('dot_general', [left?.value ?? lhs, right?.value ?? rhs], {
    lhsBatch: left?.batch ?? attributes.lhsBatch,
    lhsContract: left?.contract ?? attributes.lhsContract,
    rhsBatch: right?.batch ?? attributes.rhsBatch,
    rhsContract: right?.contract ?? attributes.rhsContract,
  });
}

/** Labels: batch dimensions, then contracted ones, then the free ones of both sides. */
function labels(lhs: Value, rhs: Value, { lhsBatch, rhsBatch, lhsContract, rhsContract }: DotAttributes) {
  const left = new Map<number, number>();
  const right = new Map<number, number>();
  let next = 0;
  const result: number[] = [];
  lhsBatch.forEach((axis, index) => {
    left.set(axis, next);
    right.set(rhsBatch[index] as number, next);
    result.push(next++);
  });
  lhsContract.forEach((axis, index) => {
    left.set(axis, next);
    right.set(rhsContract[index] as number, next++);
  });
  for (const [value, own] of [
    [lhs, left],
    [rhs, right],
  ] as const) {
    for (const axis of freeAxes(value, [...own.keys()])) {
      own.set(axis, next);
      result.push(next++);
    }
  }
  return { left, right, result };
}

/** A product with an operand that is repeated along some dimension, without that dimension. */
function repeated(lhs: Value, rhs: Value, attributes: DotAttributes, graph: Rewriter, shape: readonly number[]): Value | undefined {
  const onLeft = spreadOf(graph, lhs);
  const onRight = spreadOf(graph, rhs);
  if (shape.includes(0) || (onLeft?.source === undefined && onRight?.source === undefined)) return undefined;
  const { left, right, result } = labels(lhs, rhs, attributes);
  const small = (value: Value, spread: typeof onLeft, own: ReadonlyMap<number, number>): Labelled => {
    const axes = spread?.source === undefined ? value.type.shape.map((_, axis) => axis) : spread.kept;
    const source = spread?.source === undefined ? value : restrict(graph, value, spread, axes);
    return { value: source, labels: axes.map((axis) => own.get(axis) as number) };
  };
  const smallLeft = small(lhs, onLeft, left);
  const smallRight = small(rhs, onRight, right);
  const proper = (value: Value) => value.type.shape.filter((size) => size !== 1).length;
  if (smallLeft.labels.length === proper(lhs) && smallRight.labels.length === proper(rhs)) return undefined;
  // A contracted dimension that both repeat counts how often it does.
  let count = 1;
  lhs.type.shape.forEach((size, axis) => {
    const label = left.get(axis) as number;
    if (!result.includes(label) && !smallLeft.labels.includes(label) && !smallRight.labels.includes(label)) count *= size;
  });
  const product = contract(graph, smallLeft, smallRight, result, shape);
  if (count === 1) return product;
  return graph.emit('multiply', [product, graph.constant(count, shape)], {});
}

const dotGeneral: Rule<'dot_general'> = (operands, attributes, graph, type) => {
  const [lhs, rhs] = operands as readonly [Value, Value];
  return transposed(lhs, rhs, attributes, graph) ?? repeated(lhs, rhs, attributes, graph, type.shape);
};

/** A transpose that puts the right side's free dimensions before the left side's: the operands change places. */
const transpose: Rule<'transpose'> = (operands, { permutation }, graph) => {
  const product = operands[0] as Value;
  const node: Node<'dot_general'> | undefined = graph.match(product, 'dot_general');
  if (node === undefined || !usedOnce(graph, product)) return undefined;
  const { lhsBatch, rhsBatch, lhsContract, rhsContract } = node.attributes;
  const [lhs, rhs] = node.operands as readonly [Value, Value];
  const rank = product.type.shape.length;
  const leftFree = lhs.type.shape.length - lhsBatch.length - lhsContract.length;
  const axes = product.type.shape.map((_, axis) => axis);
  const middle = lhsBatch.length + leftFree;
  const swapped = [...axes.slice(0, lhsBatch.length), ...axes.slice(middle), ...axes.slice(lhsBatch.length, middle)];
  if (leftFree === 0 || middle === rank || swapped.some((axis, index) => axis !== permutation[index])) return undefined;
  return graph.emit('dot_general', [rhs, lhs], {
    lhsBatch: rhsBatch,
    rhsBatch: lhsBatch,
    lhsContract: rhsContract,
    rhsContract: lhsContract,
  });
};

export const dotOperands = rewritePass('dot-operands', 'takes transposes and repetitions of operands into dot_general', {
  dot_general: dotGeneral,
  transpose,
});
