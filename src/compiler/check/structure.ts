/** @file Values made of tensors (records of records, learners) taken apart into a list of tensors, and put together again. */
import { stateHasOtherFields, unlikeItems } from '../diagnostics/catalogue/recurrences.ts';
import { DiagnosticError } from '../diagnostics/diagnostic.ts';
import type { SourceRange } from '../ir/ir.ts';
import { describe } from './describe.ts';
import type { Context, Meaning, SequenceMeaning, TensorMeaning } from './meaning.ts';
import { stackItems } from './stacked-items.ts';

export interface Leaf {
  /** `cell.first`; empty for a value that is one tensor. */
  readonly path: string;
  readonly tensor: TensorMeaning;
}

export interface Structure {
  readonly leaves: readonly Leaf[];
  /** The same value with other tensors in the place of its own, in the order of `leaves`. */
  rebuild(tensors: readonly TensorMeaning[]): Meaning;
}

/** Throws the DiagnosticError of `Context.tensor` where something in it is no tensor. */
export function takeApart(context: Context, meaning: Meaning, range: SourceRange, path = ''): Structure {
  if (meaning.kind === 'record') return record(context, meaning.fields, range, path);
  if (meaning.kind === 'callable' && meaning.weights !== undefined && meaning.withWeights !== undefined) {
    const weights = [...meaning.weights(context, range)];
    const { withWeights } = meaning;
    return {
      leaves: weights.map(([key, tensor]) => ({ path: joined(path, key), tensor })),
      rebuild: (tensors) => withWeights(new Map(weights.map(([key], index) => [key, tensors[index] as TensorMeaning]))),
    };
  }
  const tensor = context.tensor(meaning, range);
  return { leaves: [{ path, tensor }], rebuild: ([one]) => one as TensorMeaning };
}

/** The next state's tensors in the order of the state before. Throws E0472. */
export function inOrder(before: Structure, after: Structure, range: SourceRange, start: SourceRange): readonly TensorMeaning[] {
  const byPath = new Map(after.leaves.map(({ path, tensor }) => [path, tensor]));
  const paths = before.leaves.map(({ path }) => path);
  if (byPath.size !== paths.length || !paths.every((path) => byPath.has(path)))
    throw new DiagnosticError(stateHasOtherFields(paths, [...byPath.keys()], range, start));
  return paths.map((path) => byPath.get(path) as TensorMeaning);
}

/**
 * A sequence taken apart: of a tensor or a record, the items are those along the leading axis; of a list, those of the list, which have one
 * form. Throws what `takeApart` throws, E0477 for items of different kinds, and E0450 for items of different shapes.
 */
export function sequenceOf(context: Context, meaning: Meaning, range: SourceRange): SequenceMeaning {
  const first = meaning.kind === 'list' ? meaning.items[0] : undefined;
  if (meaning.kind !== 'list' || first === undefined || (first.kind !== 'record' && first.kind !== 'callable')) {
    const structure = takeApart(context, meaning, range);
    return { parts: structure.leaves.map(({ tensor }) => tensor), item: structure.rebuild };
  }
  if (meaning.together !== undefined) return meaning.together();
  const start = takeApart(context, first, range);
  const items = meaning.items.map((item) => {
    const { leaves } = item.kind === first.kind ? takeApart(context, item, range) : { leaves: [] };
    const byPath = new Map(leaves.map(({ path, tensor }) => [path, tensor]));
    if (byPath.size !== start.leaves.length || !start.leaves.every(({ path }) => byPath.has(path)))
      throw new DiagnosticError(
        unlikeItems([describe(first), start.leaves.map(({ path }) => path)], [describe(item), [...byPath.keys()]], range),
      );
    return start.leaves.map(({ path }) => byPath.get(path) as TensorMeaning);
  });
  return {
    parts: start.leaves.map((_, part) =>
      stackItems(
        context,
        items.map((item) => item[part] as TensorMeaning),
        range,
      ),
    ),
    item: start.rebuild,
  };
}

function record(context: Context, fields: ReadonlyMap<string, Meaning>, range: SourceRange, path: string): Structure {
  const parts = [...fields].map(([name, field]) => ({ name, structure: takeApart(context, field, range, joined(path, name)) }));
  return {
    leaves: parts.flatMap(({ structure }) => structure.leaves),
    rebuild: (tensors) => {
      let from = 0;
      const rebuilt = parts.map(({ name, structure }): [string, Meaning] => {
        const own = tensors.slice(from, from + structure.leaves.length);
        from += structure.leaves.length;
        return [name, structure.rebuild(own)];
      });
      return { kind: 'record', fields: new Map(rebuilt) };
    },
  };
}

function joined(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}
