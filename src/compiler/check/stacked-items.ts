/** @file A list as a tensor: its items, of one shape, along a new leading axis. */
import { badTensor } from '../diagnostics/catalogue/values.ts';
import { DiagnosticError } from '../diagnostics/diagnostic.ts';
import type { SourceRange, Value } from '../ir/ir.ts';
import { dim, sizes } from './dims.ts';
import type { Context, TensorMeaning } from './meaning.ts';

/** Throws E0450 for an empty list and for items of different shapes. */
export function stackItems(context: Context, items: readonly TensorMeaning[], range: SourceRange): TensorMeaning {
  const { builder } = context;
  const first = items[0];
  if (first === undefined) throw new DiagnosticError(badTensor('an empty list', range, 'put at least one value into it'));
  if (items.some(({ dims }) => dims.length !== first.dims.length || dims.some(({ size }, axis) => size !== first.dims[axis]?.size))) {
    const hint = 'make all items of one shape; `concat` joins tensors of different lengths';
    throw new DiagnosticError(badTensor('a list of items of different shapes', range, hint));
  }
  const rows = items.map((item) => builder.reshape(item.value, [1, ...sizes(item.dims)]));
  const value = rows.length === 1 ? (rows[0] as Value) : builder.emit('concatenate', rows, { dimension: 0 });
  return context.wrap(value, [dim(items.length), ...first.dims], items);
}
