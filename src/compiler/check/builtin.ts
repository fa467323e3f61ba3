/** @file How a builtin function is declared: one record with its parameters, documentation and meaning. */
import type { SourceRange } from '../ir/ir.ts';
import type { Context, Hyperparameter, Meaning, TensorMeaning } from './meaning.ts';

/** What an argument may be; the binder checks it before `apply` runs, and the messages and documentation print it. */
export type Accepts =
  /** Numbers, lists of numbers, schedules and learned scalars are turned into tensors; with `learners` a learner is taken too, as it is. */
  | { readonly kind: 'tensor'; readonly learners?: boolean }
  /** A constant number, optionally integral and bounded (inclusive). */
  | { readonly kind: 'number'; readonly integer?: boolean; readonly least?: number; readonly most?: number; readonly above?: number }
  /** A constant number or a list of them (`[3, 5]`, `28 x 28`); read with `numbers`. */
  | { readonly kind: 'numbers'; readonly integer?: boolean; readonly least?: number }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'text' }
  /** A word of this list; looked up before the file's names. */
  | { readonly kind: 'option'; readonly options: readonly string[] }
  /** Number, schedule, learned scalar or scalar tensor. */
  | { readonly kind: 'hyperparameter' }
  /** Function, builtin, model or adapted learner. */
  | { readonly kind: 'function' }
  | { readonly kind: 'distribution' }
  /** Anything; words of `options`, if any, are looked up before the file's names. */
  | { readonly kind: 'any'; readonly options?: readonly string[] };

export interface ParameterSpec {
  readonly name: string;
  readonly accepts: Accepts;
  /** Absent: required. `none`: optional without a value (`has` is false). */
  readonly default?: number | boolean | string | readonly number[] | 'none';
  /** One short clause for the documentation. */
  readonly about: string;
}

export type BuiltinCategory =
  | 'layer'
  | 'activation'
  | 'loss'
  | 'metric'
  | 'mathematics'
  | 'tensor'
  | 'sequence'
  | 'distribution'
  | 'optimiser'
  | 'schedule'
  | 'solver'
  | 'set';

export interface Builtin {
  readonly name: string;
  readonly category: BuiltinCategory;
  /** One sentence with shapes; printed by the documentation and by completion. */
  readonly summary: string;
  readonly parameters: readonly ParameterSpec[];
  /** It works on each element by itself, so that it can be applied to all weights of a learner. */
  readonly elementwise?: boolean;
  /**
   * Further positional arguments, if any (`concat(a, b, c)`), after those for the parameters without a default; read with `rest`.
   * Parameters with a default are then given by name only.
   */
  readonly variadic?: ParameterSpec;
  apply(context: Context, values: Arguments): Meaning;
}

/** Arguments of one call, checked against the parameters. Accessors throw InternalError when they disagree with the declaration. */
export interface Arguments {
  /** The whole call. */
  readonly range: SourceRange;
  /** Whether an optional argument was given. */
  has(name: string): boolean;
  any(name: string): Meaning;
  tensor(name: string): TensorMeaning;
  number(name: string): number;
  numbers(name: string): readonly number[];
  boolean(name: string): boolean;
  text(name: string): string;
  option(name: string): string;
  hyperparameter(name: string): Hyperparameter;
  /** The variadic arguments as tensors. */
  rest(): readonly TensorMeaning[];
  restRanges(): readonly SourceRange[];
  /** Where the argument stands; the call's range when it was defaulted. */
  rangeOf(name: string): SourceRange;
}
