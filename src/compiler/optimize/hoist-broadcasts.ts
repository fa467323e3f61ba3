/** @file Computes on the small tensor first and repeats the result, instead of repeating the operands first. */
import type { Value } from '../ir/ir.ts';
import type { Attributes } from '../ir/primitives.ts';
import { type ElementwiseName, elementwiseNames } from './elementwise.ts';
import { properAxes, restrict, type Spread, spreadOf } from './operands.ts';
import { type Rewriter, type Rule, type RuleSet, rewritePass } from './rewriter.ts';

/** Elementwise on operands that are all repeated along some dimension: without that dimension. */
function elementwise<P extends ElementwiseName>(op: P): Rule<P> {
  return (operands, attributes, graph, type) => {
    const spreads: Spread[] = [];
    for (const operand of operands) {
      const spread = spreadOf(graph, operand);
      if (spread === undefined) return undefined;
      spreads.push(spread);
    }
    if (spreads.every((spread) => spread.source === undefined)) return undefined;
    const proper = properAxes(type.shape);
    const axes = proper.filter((axis) => spreads.some((spread) => spread.kept.includes(axis)));
    if (axes.length === proper.length) return undefined;
    const small = operands.map((operand, index) => restrict(graph, operand, spreads[index] as Spread, axes));
    return graph.broadcast(graph.emit(op, small, attributes), type.shape, axes);
  };
}

/** The axes of `shape` without those in `dimensions`, as they are numbered after the removal. */
function afterRemoval(shape: readonly number[], dimensions: readonly number[]): Map<number, number> {
  const left = shape.map((_, axis) => axis).filter((axis) => !dimensions.includes(axis));
  return new Map(left.map((axis, index) => [axis, index]));
}

/** A sum over repetitions is a multiple; a maximum over them is the thing itself. */
function reduction<P extends 'reduce_sum' | 'reduce_max'>(op: P): Rule<P> {
  return (operands, attributes, graph, type) => {
    const { dimensions } = attributes as Attributes['reduce_sum'];
    const operand = operands[0] as Value;
    const spread = spreadOf(graph, operand);
    if (spread?.source === undefined) return undefined;
    const repeated = dimensions.filter((axis) => operand.type.shape[axis] !== 1 && !spread.kept.includes(axis));
    if (repeated.length === 0) return undefined;
    let small = restrict(graph, operand, spread, spread.kept);
    const inner = spread.kept.flatMap((axis, index) => (dimensions.includes(axis) ? [index] : []));
    if (inner.length > 0) small = graph.emit(op, [small], { dimensions: inner } as Attributes[P]);
    if (op === 'reduce_sum')
      small = times(
        graph,
        small,
        repeated.reduce((count, axis) => count * (operand.type.shape[axis] as number), 1),
      );
    const position = afterRemoval(operand.type.shape, dimensions);
    const targets = spread.kept.filter((axis) => !dimensions.includes(axis)).map((axis) => position.get(axis) as number);
    return graph.broadcast(small, type.shape, targets);
  };
}

function times(graph: Rewriter, value: Value, count: number): Value {
  return graph.emit('multiply', [value, graph.constant(count, value.type.shape, value.type.dtype)], {});
}

/** Turning around what is the same everywhere changes nothing. */
const reverse: Rule<'reverse'> = (operands, { dimensions }, graph) => {
  const operand = operands[0] as Value;
  const spread = spreadOf(graph, operand);
  if (spread?.source === undefined) return undefined;
  const needed = dimensions.filter((axis) => spread.kept.includes(axis));
  if (needed.length === dimensions.length) return undefined;
  return needed.length === 0 ? operand : graph.emit('reverse', [operand], { dimensions: needed });
};

const elementwiseRules = Object.fromEntries(elementwiseNames.map((op) => [op, elementwise(op)])) as RuleSet;

export const hoistBroadcasts = rewritePass(
  'hoist-broadcasts',
  'computes elementwise nodes and reductions before their operands are repeated, not after',
  { ...elementwiseRules, reduce_sum: reduction('reduce_sum'), reduce_max: reduction('reduce_max'), reverse },
);
