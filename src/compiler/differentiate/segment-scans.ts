/**
 * @file Recurrences in segments: a scan of n steps becomes a scan over about sqrt(n) segments, each a scan of about sqrt(n) steps. Going back
 * keeps the carries that enter each step of a scan and runs the step again; of segments it keeps those of sqrt(n) segments, and those of the
 * steps of one of them at a time, for one more run of the steps (Griewank 1992; Chen et al. 2016, https://arxiv.org/abs/1604.06174).
 */
import { FunctionBuilder, lookUp } from '../ir/build.ts';
import type { Func, Node, Value } from '../ir/ir.ts';
import { hasRegion, withRegion } from '../ir/region.ts';

/** Shorter recurrences gain nothing. */
const SHORTEST = 4;

/** The same function with every scan that is to be differentiated in segments, at any depth. */
export function segmentScans(f: Func, differentiated = false): Func {
  const builder = new FunctionBuilder();
  const known = new Map<Value, Value>();
  for (const { name, value } of f.parameters) known.set(value, builder.parameter(name, value.type));
  let changed = false;
  for (const node of f.nodes) {
    const inner = hasRegion(node) ? withRegion(node, segmentScans(node.attributes.body, differentiated || node.op === 'gradient')) : node;
    if (inner !== node) changed = true;
    if (inner.op !== 'scan' || !differentiated || inner.attributes.length < SHORTEST) {
      builder.copy(inner, known);
      continue;
    }
    changed = true;
    builder.source = node.source;
    const operands = node.operands.map((operand) => lookUp(known, operand));
    const results = inSegments(builder, inner, operands);
    node.results.forEach((result, index) => void known.set(result, results[index] as Value));
  }
  if (!changed) return f;
  return builder.finish(f.results.map(({ name, value }) => ({ name, value: lookUp(known, value) })));
}

/** Whole segments in a scan of scans, then the steps that are left over. */
function inSegments(builder: FunctionBuilder, node: Node<'scan'>, operands: readonly Value[]): readonly Value[] {
  const { length, carries, sequences, reverse } = node.attributes;
  const each = Math.ceil(Math.sqrt(length));
  const segments = Math.floor(length / each);
  const left = length - segments * each;
  // In reverse the last items come first, so that those left over are at the beginning.
  const [from, rest] = reverse ? [left, 0] : [0, segments * each];
  const items = operands.slice(carries, carries + sequences);
  const wholes = operands.slice(carries + sequences);
  const first = nested(builder, node, { segments, each }, [
    ...operands.slice(0, carries),
    ...items.map((item) => cut(builder, item, from, segments * each)),
    ...wholes,
  ]);
  if (left === 0) return first;
  const last = builder.apply('scan', [...first.slice(0, carries), ...items.map((item) => cut(builder, item, rest, left)), ...wholes], {
    ...node.attributes,
    length: left,
  });
  return last.map((value, index) => {
    if (index < carries) return value;
    const both = [first[index] as Value, value];
    return builder.emit('concatenate', reverse ? both.toReversed() : both, { dimension: 0 });
  });
}

interface Division {
  readonly segments: number;
  /** Steps of a segment. */
  readonly each: number;
}

function nested(builder: FunctionBuilder, node: Node<'scan'>, { segments, each }: Division, operands: readonly Value[]): readonly Value[] {
  const { body, carries, sequences } = node.attributes;
  const segment = new FunctionBuilder();
  const parameters = body.parameters.map(({ name, value: { type } }, index) => {
    const isItem = index >= carries && index < carries + sequences;
    return segment.parameter(name, isItem ? { ...type, shape: [each, ...type.shape] } : type);
  });
  const steps = segment.apply('scan', parameters, { ...node.attributes, length: each });
  const results = body.results.map(({ name }, index) => ({ name, value: steps[index] as Value }));
  const found = builder.apply(
    'scan',
    operands.map((operand, index) =>
      index >= carries && index < carries + sequences
        ? builder.reshape(operand, [segments, each, ...operand.type.shape.slice(1)])
        : operand,
    ),
    { ...node.attributes, body: segment.finish(results), length: segments },
  );
  return found.map((value, index) => (index < carries ? value : builder.reshape(value, [segments * each, ...value.type.shape.slice(2)])));
}

/** `length` items from `start` on. */
function cut(builder: FunctionBuilder, items: Value, start: number, length: number): Value {
  const { shape } = items.type;
  if (length === shape[0]) return items;
  return builder.emit('slice', [items], {
    start: shape.map((_, axis) => (axis === 0 ? start : 0)),
    limit: shape.map((size, axis) => (axis === 0 ? start + length : size)),
    strides: shape.map(() => 1),
  });
}
