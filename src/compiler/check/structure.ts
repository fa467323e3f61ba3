/** @file Values made of tensors (records of records, learners) taken apart into a list of tensors, and put together again. */
import { stateHasOtherFields } from '../diagnostics/catalogue/recurrences.ts';
import { DiagnosticError } from '../diagnostics/diagnostic.ts';
import type { SourceRange } from '../ir/ir.ts';
import type { Context, Meaning, TensorMeaning } from './meaning.ts';

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
