/** @file Which entry functions may run on several threads at once, and the form of them that a worker runs. */

import { InternalError } from '../../../compiler/diagnostics/internal-error.ts';
import { FunctionBuilder } from '../../../compiler/ir/build.ts';
import type { EntryFunction, Value } from '../../../compiler/ir/ir.ts';
import { sizeOf, type TensorType, tensorType } from '../../../compiler/ir/tensor-type.ts';
import type { Tensors } from '../../engine.ts';
import type { Tensor } from '../../tensor.ts';

/** The convention of the lowering (ARCHITECTURE.md): states of this name are only added to, until a call without tasks uses them. */
export const ACCUMULATOR = 'accumulator.';

/** Whether calls of the entry leave nothing behind, so that their order does not matter. */
export function isIndependent(entry: EntryFunction, resident: ReadonlySet<string>): boolean {
  return entry.tasks > 0 && entry.body.results.every(({ name }) => !resident.has(name));
}

/** A worker gets the rows of a data set that a call uses, not the whole set: its entry takes them as a small tensor of its own. */
export interface LocalEntry {
  readonly entry: EntryFunction;
  /** The data inputs, with the inputs whose rows they hold and the type of one call's rows. */
  readonly data: readonly { readonly name: string; readonly type: TensorType; readonly rows: readonly string[] }[];
}

/** Each row of `data` inputs is taken once per index of the `examples` inputs of the same tasks block. */
export function localEntry(entry: EntryFunction): LocalEntry {
  const data = entry.inputs.flatMap((input) => {
    if (input.kind !== 'data') return [];
    const rows = entry.inputs.filter((other) => other.kind === 'examples' && other.tasks === input.tasks);
    const count = rows.reduce((sum, other) => sum + sizeOf(other.type.shape), 0);
    return [
      { name: input.name, type: tensorType(input.type.dtype, [count, ...input.type.shape.slice(1)]), rows: rows.map(({ name }) => name) },
    ];
  });
  const builder = new FunctionBuilder();
  const known = new Map<Value, Value>();
  for (const { name, value } of entry.body.parameters)
    known.set(value, builder.parameter(name, data.find((one) => one.name === name)?.type ?? value.type));
  for (const node of entry.body.nodes) builder.copy(node, known);
  const results = entry.body.results.map(({ name, value }) => ({ name, value: known.get(value) as Value }));
  return { entry: { ...entry, body: builder.finish(results), inputs: entry.inputs.filter((input) => input.kind !== 'data') }, data };
}

/** The inputs of one call of a local entry: the rows themselves, and indices into them. `sets` are the whole data sets. */
export function localInputs(local: LocalEntry, inputs: Tensors, sets: Tensors): Tensors {
  const changed = new Map(inputs);
  for (const { name, type, rows } of local.data) {
    const set = sets.get(name);
    if (!(set?.data instanceof Uint8Array)) throw new InternalError(`the data set '${name}' was not written`);
    const size = sizeOf(type.shape.slice(1));
    const picked = new Uint8Array(sizeOf(type.shape));
    let next = 0;
    for (const input of rows) {
      const indices = inputs.get(input) as Tensor;
      const first = next;
      for (const row of indices.data) {
        picked.set(set.data.subarray(row * size, (row + 1) * size), next * size);
        next++;
      }
      changed.set(input, { ...indices, data: Int32Array.from(indices.data, (_, position) => first + position) });
    }
    changed.set(name, { dtype: 'uint8', shape: type.shape, data: picked });
  }
  return changed;
}
