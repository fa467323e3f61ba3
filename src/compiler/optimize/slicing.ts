/** @file Slices, pads and concatenations of each other; part of the shapes pass. */
import type { Value } from '../ir/ir.ts';
import type { Attributes } from '../ir/primitives.ts';
import type { Rewriter, Rule, RuleSet } from './rewriter.ts';

function entry(list: readonly number[], axis: number): number {
  return list[axis] as number;
}

const slice: Rule<'slice'> = (operands, attributes, graph) => {
  const operand = operands[0] as Value;
  const { start, limit, strides } = attributes;
  const { shape } = operand.type;
  if (shape.every((size, axis) => start[axis] === 0 && limit[axis] === size && (strides[axis] === 1 || size === 1))) return operand;
  return (
    sliceOfSlice(operand, attributes, graph) ??
    sliceOfPad(operand, attributes, graph) ??
    sliceOfConcatenate(operand, attributes, graph) ??
    sliceOfBroadcast(operand, attributes, graph)
  );
};

function sliceOfSlice(operand: Value, { start, limit, strides }: Attributes['slice'], graph: Rewriter): Value | undefined {
  const inner = graph.match(operand, 'slice');
  if (inner === undefined) return undefined;
  const before = inner.attributes;
  const from = start.map((first, axis) => entry(before.start, axis) + first * entry(before.strides, axis));
  // The last element that is taken, plus one: a later limit could lie outside the operand.
  const to = limit.map((end, axis) => {
    const count = Math.ceil((end - entry(start, axis)) / entry(strides, axis));
    return count === 0 ? entry(from, axis) : entry(from, axis) + (count - 1) * entry(strides, axis) * entry(before.strides, axis) + 1;
  });
  return graph.emit('slice', [inner.operands[0] as Value], {
    start: from,
    limit: to,
    strides: strides.map((step, axis) => step * entry(before.strides, axis)),
  });
}

/** A slice that takes nothing of the padding. */
function sliceOfPad(operand: Value, { start, limit, strides }: Attributes['slice'], graph: Rewriter): Value | undefined {
  const inner = graph.match(operand, 'pad');
  if (inner === undefined || inner.attributes.interior.some((amount) => amount > 0)) return undefined;
  const source = inner.operands[0] as Value;
  const { low } = inner.attributes;
  const inside = start.every(
    (first, axis) => first >= entry(low, axis) && entry(limit, axis) <= entry(low, axis) + entry(source.type.shape, axis),
  );
  if (!inside) return undefined;
  return graph.emit('slice', [source], {
    start: start.map((first, axis) => first - entry(low, axis)),
    limit: limit.map((end, axis) => end - entry(low, axis)),
    strides,
  });
}

/** A slice that lies in one of the parts. */
function sliceOfConcatenate(operand: Value, attributes: Attributes['slice'], graph: Rewriter): Value | undefined {
  const inner = graph.match(operand, 'concatenate');
  if (inner === undefined) return undefined;
  const { dimension } = inner.attributes;
  let offset = 0;
  for (const part of inner.operands) {
    const size = entry(part.type.shape, dimension);
    const from = entry(attributes.start, dimension) - offset;
    const to = entry(attributes.limit, dimension) - offset;
    if (from >= 0 && to <= size) {
      const replace = (list: readonly number[], value: number) => list.map((old, axis) => (axis === dimension ? value : old));
      return graph.emit('slice', [part], {
        start: replace(attributes.start, from),
        limit: replace(attributes.limit, to),
        strides: attributes.strides,
      });
    }
    offset += size;
  }
  return undefined;
}

function sliceOfBroadcast(operand: Value, { start, limit, strides }: Attributes['slice'], graph: Rewriter): Value | undefined {
  const inner = graph.match(operand, 'broadcast_in_dim');
  if (inner === undefined) return undefined;
  const source = inner.operands[0] as Value;
  const { dimensions } = inner.attributes;
  const along = (list: readonly number[], unit: number) =>
    dimensions.map((target, axis) => (source.type.shape[axis] === 1 ? unit : entry(list, target)));
  const part = graph.emit('slice', [source], { start: along(start, 0), limit: along(limit, 1), strides: along(strides, 1) });
  const shape = start.map((first, axis) => Math.ceil((entry(limit, axis) - first) / entry(strides, axis)));
  // A dimension of size 1 that was repeated still is; but an empty slice of it must be empty.
  if (shape.includes(0)) return undefined;
  return graph.broadcast(part, shape, dimensions);
}

const pad: Rule<'pad'> = (operands, { low, high, interior }, graph) => {
  const operand = operands[0] as Value;
  const between = interior.map((amount, axis) => (entry(operand.type.shape, axis) > 1 ? amount : 0));
  if ([...low, ...high, ...between].every((amount) => amount === 0)) return operand;
  if (between.some((amount, axis) => amount !== interior[axis])) return graph.emit('pad', [operand], { low, high, interior: between });
  const inner = graph.match(operand, 'pad');
  if (inner === undefined || interior.some((amount) => amount > 0)) return undefined;
  const before = inner.attributes;
  return graph.emit('pad', [inner.operands[0] as Value], {
    low: low.map((amount, axis) => amount + entry(before.low, axis)),
    high: high.map((amount, axis) => amount + entry(before.high, axis)),
    interior: before.interior,
  });
};

const concatenate: Rule<'concatenate'> = (operands, { dimension }, graph) => {
  if (operands.length === 1) return operands[0];
  const parts = operands.filter((operand) => operand.type.shape[dimension] !== 0);
  if (parts.length > 0 && parts.length < operands.length) return graph.emit('concatenate', parts, { dimension });
  const flat = operands.flatMap((operand) => {
    const inner = graph.match(operand, 'concatenate');
    return inner?.attributes.dimension === dimension && graph.uses(operand) <= 1 ? inner.operands : [operand];
  });
  return flat.length > operands.length ? graph.emit('concatenate', flat, { dimension }) : joinSlices(operands, dimension, graph);
};

/** Neighbouring slices of one tensor, side by side again. */
function joinSlices(operands: readonly Value[], dimension: number, graph: Rewriter): Value | undefined {
  const slices = operands.map((operand) => graph.match(operand, 'slice'));
  const first = slices[0];
  if (first === undefined) return undefined;
  let end = entry(first.attributes.start, dimension);
  for (const part of slices) {
    if (part === undefined || part.operands[0] !== first.operands[0] || entry(part.attributes.strides, dimension) !== 1) return undefined;
    const { start, limit, strides } = part.attributes;
    const elsewhere = start.every(
      (from, axis) =>
        axis === dimension ||
        (from === first.attributes.start[axis] &&
          limit[axis] === first.attributes.limit[axis] &&
          strides[axis] === first.attributes.strides[axis]),
    );
    if (!elsewhere || entry(start, dimension) !== end) return undefined;
    end = entry(limit, dimension);
  }
  const { start, limit, strides } = first.attributes;
  return graph.emit('slice', [first.operands[0] as Value], {
    start,
    limit: limit.map((to, axis) => (axis === dimension ? end : to)),
    strides,
  });
}

export const slicingRules: RuleSet = { slice, pad, concatenate };
