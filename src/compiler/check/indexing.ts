/** @file `a..b`, `list[i]`, `tensor[i, j]`, `fast[k]`. Indices count from 0; a range includes both ends. */
import { notAList } from '../diagnostics/catalogue/blocks.ts';
import { badIndex, badRange, notIndexable, rangeTooLong } from '../diagnostics/catalogue/values.ts';
import { DiagnosticError } from '../diagnostics/diagnostic.ts';
import type { SourceRange } from '../ir/ir.ts';
import type { Expression } from '../parse/ast.ts';
import { limits } from './budget.ts';
import { describe } from './describe.ts';
import { dim } from './dims.ts';
import type { Dim, ListMeaning, Meaning, TensorMeaning } from './meaning.ts';
import { PoisonError } from './poison.ts';
import type { Scope } from './scope.ts';
import { takeApart } from './structure.ts';
import type { Trace } from './trace.ts';

export function rangeOf(left: Meaning, right: Meaning, range: SourceRange): ListMeaning {
  const whole = left.kind === 'number' && right.kind === 'number' && Number.isInteger(left.value) && Number.isInteger(right.value);
  if (!whole) throw new DiagnosticError(badRange(`${describe(left)} and ${describe(right)}`, range));
  const count = right.value - left.value + 1;
  if (count > limits.range) throw new DiagnosticError(rangeTooLong(count, limits.range, range));
  const items: Meaning[] = [];
  for (let value = left.value; value <= right.value; value++) items.push({ kind: 'number', value });
  return { kind: 'list', items };
}

/** What a binder runs over: the items of a list, or those along the leading axis of a tensor or of a record of tensors. */
export function itemsOf(trace: Trace, over: Meaning, range: SourceRange): readonly Meaning[] {
  if (over.kind === 'poison') throw new PoisonError();
  if (over.kind === 'list') return over.items;
  if (over.kind !== 'tensor' && over.kind !== 'record') throw new DiagnosticError(notAList(describe(over), range));
  const structure = takeApart(trace, over, range);
  const count = structure.leaves[0]?.tensor.dims[0]?.size;
  const other = structure.leaves.find(({ tensor }) => tensor.dims[0]?.size !== count);
  if (count === undefined || other !== undefined) throw new DiagnosticError(notAList(describe(other?.tensor ?? over), range));
  return trace.at(range, () =>
    Array.from({ length: count }, (_, index) => {
      const place = [{ meaning: { kind: 'number', value: index } as const, range }];
      return structure.rebuild(structure.leaves.map(({ tensor }) => sliced(trace, tensor, place, range)));
    }),
  );
}

/** One index: a position, or consecutive positions that are kept as an axis. */
interface Picked {
  readonly from: number;
  readonly count: number;
  readonly keep: boolean;
}

export function indexed(trace: Trace, of: Meaning, written: readonly Expression[], scope: Scope, range: SourceRange): Meaning {
  if (of.kind === 'poison') throw new PoisonError();
  const indices = written.map((index) => ({ meaning: trace.language.evaluate(trace, index, scope), range: index.range }));
  const first = indices[0];
  if (first === undefined) throw new DiagnosticError(badIndex('at least one index', 'none', range));
  if (of.kind === 'callable' && of.index !== undefined) {
    const numbers = (first.meaning.kind === 'list' ? first.meaning.items : [first.meaning]).map((item) =>
      item.kind === 'number' ? item.value : Number.NaN,
    );
    const from = numbers[0] ?? Number.NaN;
    if (indices.length !== 1 || !numbers.every((value, place) => Number.isInteger(value) && value === from + place && value >= 0)) {
      throw new DiagnosticError(badIndex('the number of inner steps, 0 or more, or a range of them', describe(first.meaning), first.range));
    }
    const ranged = first.meaning.kind === 'list' ? of.range : undefined;
    return ranged === undefined ? of.index(trace, from, range) : ranged(trace, from, from + numbers.length - 1, range);
  }
  if (of.kind === 'list') {
    if (indices.length !== 1) throw new DiagnosticError(badIndex('one index into a list', `${indices.length}`, range));
    const { from, count, keep } = constantPlace(first.meaning, of.items.length, first.range);
    const items = of.items.slice(from, from + count);
    return keep ? { kind: 'list', items } : (items[0] as Meaning);
  }
  if (of.kind !== 'tensor') throw new DiagnosticError(notIndexable(describe(of), range));
  const place = first.meaning;
  if (place.kind === 'tensor' && place.value.type.dtype === 'int' && indices.length === 1 && of.dims.length > 0)
    return trace.at(range, () => picked(trace, of, place));
  return trace.at(range, () => sliced(trace, of, indices, range));
}

/** `x[argsort(x)]`: the items at the places that a tensor of whole numbers names; beyond an end, the last one there. */
function picked(trace: Trace, of: TensorMeaning, places: TensorMeaning): TensorMeaning {
  const { builder } = trace;
  const [items, ...others] = of.dims as readonly [Dim, ...Dim[]];
  const within = builder.scale('maximum', builder.scale('minimum', places.value, items.size - 1), 0);
  const value = builder.emit('gather', [of.value, within], { axis: 0, batchDims: 0 });
  return trace.wrap(value, [...places.dims, ...others], [of, places]);
}

function sliced(
  trace: Trace,
  of: TensorMeaning,
  indices: readonly { meaning: Meaning; range: SourceRange }[],
  range: SourceRange,
): TensorMeaning {
  if (indices.length > of.dims.length) throw new DiagnosticError(badIndex(`at most ${of.dims.length} indices`, `${indices.length}`, range));
  const start: number[] = [];
  const limit: number[] = [];
  const dims: Dim[] = [];
  of.dims.forEach((axis, position) => {
    const index = indices[position];
    const one = index === undefined ? { from: 0, count: axis.size, keep: true } : constantPlace(index.meaning, axis.size, index.range);
    start.push(one.from);
    limit.push(one.from + one.count);
    if (one.keep) dims.push(index === undefined ? axis : dim(one.count));
  });
  const slice = trace.builder.emit('slice', [of.value], { start, limit, strides: of.dims.map(() => 1) });
  const shape = dims.map((axis) => axis.size);
  return trace.wrap(trace.builder.reshape(slice, shape), dims, [of]);
}

function constantPlace(index: Meaning, size: number, range: SourceRange): Picked {
  const expected = `whole numbers from 0 to ${size - 1}, a range of them, or a tensor of whole numbers as the only index`;
  const values = index.kind === 'list' ? index.items : [index];
  const numbers = values.map((value) => (value.kind === 'number' ? value.value : Number.NaN));
  const from = numbers[0] ?? Number.NaN;
  const fits = numbers.every((value, position) => Number.isInteger(value) && value === from + position && value >= 0 && value < size);
  if (numbers.length === 0 || !fits)
    throw new DiagnosticError(
      badIndex(expected, values.length > 0 && numbers.every(Number.isFinite) ? numbers.join(', ') : describe(index), range),
    );
  return { from, count: numbers.length, keep: index.kind === 'list' };
}
