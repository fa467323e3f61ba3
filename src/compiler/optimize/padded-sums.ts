/** @file Sums of tensors that are zero where the other is not: derivatives of slices of one tensor, put side by side. Part of the shapes pass. */
import type { Value } from '../ir/ir.ts';
import { splatOf, usedOnce } from './operands.ts';
import type { Rewriter, Rule } from './rewriter.ts';

/** A tensor that is zero outside of some stretches along one axis. */
interface Stretches {
  readonly axis: number;
  readonly parts: readonly { readonly from: number; readonly value: Value }[];
}

function sizeAlong(value: Value, axis: number): number {
  return value.type.shape[axis] as number;
}

function stretchesOf(graph: Rewriter, value: Value): Stretches | undefined {
  const pad = graph.match(value, 'pad');
  if (pad !== undefined) {
    const { low, high, interior } = pad.attributes;
    const axes = low.flatMap((amount, axis) => (amount > 0 || (high[axis] as number) > 0 ? [axis] : []));
    const [axis] = axes;
    if (axis === undefined || axes.length > 1 || interior.some((amount) => amount > 0)) return undefined;
    return { axis, parts: [{ from: low[axis] as number, value: pad.operands[0] as Value }] };
  }
  const joined = graph.match(value, 'concatenate');
  if (joined === undefined) return undefined;
  const axis = joined.attributes.dimension;
  let from = 0;
  const parts = joined.operands.flatMap((part) => {
    const start = from;
    from += sizeAlong(part, axis);
    return splatOf(graph, part) === 0 ? [] : [{ from: start, value: part }];
  });
  return parts.length < joined.operands.length ? { axis, parts } : undefined;
}

/** pad(a) + pad(b), where one has its numbers beside those of the other, is a, b and the zeros between in a row. */
export const sumOfPadded: Rule<'add'> = (operands, _, graph, type) => {
  const [left, right] = operands as readonly [Value, Value];
  if (!usedOnce(graph, left) || !usedOnce(graph, right) || left === right) return undefined;
  const [a, b] = [stretchesOf(graph, left), stretchesOf(graph, right)];
  if (a === undefined || b === undefined || a.axis !== b.axis) return undefined;
  const { axis } = a;
  const row: Value[] = [];
  let end = 0;
  const zeros = (to: number): void => {
    if (to > end)
      row.push(
        graph.constant(
          0,
          type.shape.map((size, index) => (index === axis ? to - end : size)),
          type.dtype,
        ),
      );
  };
  for (const { from, value } of [...a.parts, ...b.parts].toSorted((one, other) => one.from - other.from)) {
    if (from < end) return undefined;
    zeros(from);
    row.push(value);
    end = from + sizeAlong(value, axis);
  }
  zeros(type.shape[axis] as number);
  return graph.emit('concatenate', row, { dimension: axis });
};
