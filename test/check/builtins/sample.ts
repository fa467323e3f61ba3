/** @file Samples of builtins: arguments, and the shape and elements that must come out, by a formula of the test's own. */
import type { FakeContext, Given } from './fake-context.ts';

export interface Sample {
  /** What it shows. */
  readonly about: string;
  /** Positional and named arguments. */
  arguments(context: FakeContext): { readonly positional: readonly Given[]; readonly named?: Readonly<Record<string, Given>> };
  /** Of a builtin that gives a record: the field that is looked at. */
  readonly field?: string;
  readonly dims: string;
  /** Elements in row-major order; may read the weights and draws that the call made. */
  expected(context: FakeContext): readonly number[];
  readonly phase?: 'train' | 'evaluate';
}

export type Samples = Readonly<Record<string, readonly Sample[]>>;

/** A sample of an elementwise function of one tensor. */
export function elementwiseSample(
  values: readonly number[],
  formula: (x: number) => number,
  named: Readonly<Record<string, Given>> = {},
): Sample {
  return {
    about: `of ${values.length} values`,
    arguments: (context) => ({ positional: [context.input([values.length], values)], named }),
    dims: `[${values.length}]`,
    expected: () => values.map(formula),
  };
}
