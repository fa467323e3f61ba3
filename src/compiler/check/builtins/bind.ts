/** @file Matches the arguments of a call with the parameters of a builtin, checks them and reads them. */
import {
  argumentTwice,
  missingArgument,
  tooManyArguments,
  unknownArgument,
  unknownOption,
  wrongArgument,
} from '../../diagnostics/catalogue/arguments.ts';
import { DiagnosticError } from '../../diagnostics/diagnostic.ts';
import { InternalError } from '../../diagnostics/internal-error.ts';
import type { SourceRange } from '../../ir/ir.ts';
import type { Arguments, Builtin, ParameterSpec } from '../builtin.ts';
import { describe } from '../describe.ts';
import type { Context, Hyperparameter, Meaning, TensorMeaning } from '../meaning.ts';
import { accepted, constantNumbers, printAccepts } from './accepts.ts';

/** One argument as written; the piped value is the first positional one. */
export interface CallArgument {
  readonly name?: string | undefined;
  /** Of the name, for messages about it; the argument's own range when absent. */
  readonly nameRange?: SourceRange | undefined;
  /** Given with `|>`. */
  readonly piped?: boolean | undefined;
  readonly meaning: Meaning;
  readonly range: SourceRange;
}

/** The parameters that positional arguments fill, in order. */
function positionalParameters(builtin: Builtin): readonly ParameterSpec[] {
  return builtin.variadic === undefined ? builtin.parameters : builtin.parameters.filter((spec) => spec.default === undefined);
}

/** Words that the argument takes before the file's names are looked up, by its name or by its position (0 is the piped value). */
export function optionNames(builtin: Builtin, parameter: string | number): readonly string[] | undefined {
  const spec =
    typeof parameter === 'string'
      ? builtin.parameters.find(({ name }) => name === parameter)
      : (positionalParameters(builtin)[parameter] ?? builtin.variadic);
  if (spec === undefined) return undefined;
  return spec.accepts.kind === 'option' || spec.accepts.kind === 'any' ? spec.accepts.options : undefined;
}

/** `mse(predictions, targets)`, `x |> batch_norm(mode: transductive)`: how a call is written, for hints and the documentation. */
export function printUsage(builtin: Builtin): string {
  const required = builtin.parameters.filter((spec) => spec.default === undefined);
  const piped = builtin.category === 'layer' && required[0]?.name === 'x';
  const written = required.slice(piped ? 1 : 0).map(printArgument);
  const rest = builtin.variadic === undefined ? [] : ['…'];
  return `${piped ? 'x |> ' : ''}${builtin.name}(${[...written, ...rest].join(', ')})`;
}

function printArgument({ name, accepts }: ParameterSpec): string {
  if (accepts.kind === 'option') return `${name}: ${accepts.options[0] ?? '…'}`;
  return accepts.kind === 'hyperparameter' ? `${name}: …` : name;
}

function check(builtin: Builtin, spec: ParameterSpec, { meaning, range }: CallArgument, context: Context, piped: boolean): void {
  // A poison was reported where it arose; asking for it as a tensor raises the checker's silent error.
  if (meaning.kind === 'poison') context.tensor(meaning, range);
  const options = spec.accepts.kind === 'option' || spec.accepts.kind === 'any' ? spec.accepts.options : undefined;
  if (options !== undefined && meaning.kind === 'option' && !options.includes(meaning.name))
    throw new DiagnosticError(unknownOption(builtin.name, spec.name, options, meaning.name, range));
  if (accepted(spec.accepts, meaning)) return;
  throw new DiagnosticError(
    wrongArgument(builtin.name, spec.name, printAccepts(spec.accepts), describe(meaning), range, hintFor(spec, meaning, piped)),
  );
}

function hintFor({ name, accepts, about }: ParameterSpec, meaning: Meaning, piped: boolean): string {
  if (piped && accepts.kind !== 'tensor' && meaning.kind === 'tensor')
    return 'what stands before `|>` is the first argument already: leave it out here';
  if ((accepts.kind === 'number' || accepts.kind === 'numbers') && (meaning.kind === 'tensor' || meaning.kind === 'learned'))
    return 'this must be known before anything runs: write a number or a setting';
  if (accepts.kind === 'tensor' && (meaning.kind === 'function' || meaning.kind === 'callable' || meaning.kind === 'builtin'))
    return 'apply it: `f(x)`, or `x |> f`';
  if (meaning.kind === 'record')
    return `pick a field of it: ${[...meaning.fields.keys()]
      .slice(0, 4)
      .map((field) => `\`.${field}\``)
      .join(', ')}`;
  if (accepts.kind === 'tensor' && meaning.kind === 'distribution') return 'draw from it first: `name ~ distribution`';
  if (accepts.kind === 'hyperparameter' && meaning.kind === 'tensor') return 'reduce it to one number with `mean(…)`';
  return `\`${name}\` is: ${about}`;
}

/**
 * Checks the arguments of one call: names, counts, kinds, bounds and options.
 * Throws DiagnosticError (E0351 to E0356) on a mistake, and lets the checker's silent error through for a poisoned argument.
 */
export function bind(builtin: Builtin, calls: readonly CallArgument[], context: Context, range: SourceRange): Arguments {
  const given = new Map<string, CallArgument>();
  const rest: CallArgument[] = [];
  const positional = positionalParameters(builtin);
  const names = builtin.parameters.map(({ name }) => name);
  let position = 0;
  for (const call of calls) {
    const spec = call.name === undefined ? positional[position++] : builtin.parameters.find(({ name }) => name === call.name);
    if (spec !== undefined) {
      const earlier = given.get(spec.name);
      if (earlier !== undefined) throw new DiagnosticError(argumentTwice(builtin.name, spec.name, call.range, earlier.range));
      given.set(spec.name, call);
      check(builtin, spec, call, context, calls[0]?.piped === true && call !== calls[0]);
    } else if (call.name !== undefined) {
      throw new DiagnosticError(unknownArgument(builtin.name, call.name, names, call.nameRange ?? call.range));
    } else if (builtin.variadic !== undefined) {
      check(builtin, builtin.variadic, call, context, false);
      rest.push(call);
    } else {
      throw new DiagnosticError(tooManyArguments(builtin.name, names, position, call.range));
    }
  }
  for (const spec of builtin.parameters) {
    if (spec.default === undefined && !given.has(spec.name))
      throw new DiagnosticError(missingArgument(builtin.name, spec.name, spec.about, printUsage(builtin), range));
  }
  return new BoundArguments(builtin, given, rest, context, range);
}

/** What a default written in the table means. */
function defaultMeaning(spec: ParameterSpec): Meaning | undefined {
  const value = spec.default;
  if (value === undefined || value === 'none') return undefined;
  if (typeof value === 'number') return { kind: 'number', value };
  if (typeof value === 'boolean') return { kind: 'boolean', value };
  if (typeof value === 'string') return spec.accepts.kind === 'text' ? { kind: 'text', value } : { kind: 'option', name: value };
  return { kind: 'list', items: value.map((item) => ({ kind: 'number', value: item })) };
}

class BoundArguments implements Arguments {
  readonly range: SourceRange;
  readonly #builtin: Builtin;
  readonly #given: ReadonlyMap<string, CallArgument>;
  readonly #rest: readonly CallArgument[];
  readonly #context: Context;
  /** Each argument becomes a tensor once, so that using it twice adds no second copy. */
  readonly #tensors = new Map<string, TensorMeaning>();

  constructor(
    builtin: Builtin,
    given: ReadonlyMap<string, CallArgument>,
    rest: readonly CallArgument[],
    context: Context,
    range: SourceRange,
  ) {
    this.#builtin = builtin;
    this.#given = given;
    this.#rest = rest;
    this.#context = context;
    this.range = range;
  }

  #spec(name: string): ParameterSpec {
    const spec = this.#builtin.parameters.find((candidate) => candidate.name === name);
    if (spec === undefined) throw new InternalError(`${this.#builtin.name} has no parameter ${name}`);
    return spec;
  }

  #find(name: string): Meaning | undefined {
    return this.#given.get(name)?.meaning ?? defaultMeaning(this.#spec(name));
  }

  #wrong(name: string, what: string): never {
    throw new InternalError(`argument ${name} of ${this.#builtin.name} was read as ${what}`);
  }

  has(name: string): boolean {
    return this.#find(name) !== undefined;
  }

  any(name: string): Meaning {
    return this.#find(name) ?? this.#wrong(name, 'a value, but has none');
  }

  tensor(name: string): TensorMeaning {
    const known = this.#tensors.get(name);
    if (known !== undefined) return known;
    const tensor = this.#context.tensor(this.any(name), this.rangeOf(name));
    this.#tensors.set(name, tensor);
    return tensor;
  }

  number(name: string): number {
    const meaning = this.any(name);
    return meaning.kind === 'number' ? meaning.value : this.#wrong(name, 'a number');
  }

  numbers(name: string): readonly number[] {
    return constantNumbers(this.any(name)) ?? this.#wrong(name, 'numbers');
  }

  boolean(name: string): boolean {
    const meaning = this.any(name);
    return meaning.kind === 'boolean' ? meaning.value : this.#wrong(name, 'a boolean');
  }

  text(name: string): string {
    const meaning = this.any(name);
    return meaning.kind === 'text' ? meaning.value : this.#wrong(name, 'a text');
  }

  option(name: string): string {
    const meaning = this.any(name);
    return meaning.kind === 'option' ? meaning.name : this.#wrong(name, 'an option');
  }

  hyperparameter(name: string): Hyperparameter {
    const meaning = this.any(name);
    switch (meaning.kind) {
      case 'number':
      case 'schedule':
      case 'learned':
      case 'tensor':
        return meaning;
      default:
        return this.#wrong(name, 'a hyperparameter');
    }
  }

  rest(): readonly TensorMeaning[] {
    return this.#rest.map(({ meaning, range }) => this.#context.tensor(meaning, range));
  }

  restRanges(): readonly SourceRange[] {
    return this.#rest.map(({ range }) => range);
  }

  rangeOf(name: string): SourceRange {
    this.#spec(name);
    return this.#given.get(name)?.range ?? this.range;
  }
}
