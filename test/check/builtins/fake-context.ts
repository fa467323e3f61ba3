/** @file A Context over one function builder: inputs, weights, draws and running state are parameters with values that the test knows. */
import type { CallArgument } from '../../../src/compiler/check/builtins/bind.ts';
import { bind } from '../../../src/compiler/check/builtins/bind.ts';
import { builtins } from '../../../src/compiler/check/builtins/table.ts';
import { printDims, sizes } from '../../../src/compiler/check/dims.ts';
import { highest } from '../../../src/compiler/check/levels.ts';
import type {
  Context,
  Dim,
  Initializer,
  Meaning,
  Moments,
  Phase,
  Recurred,
  Recurrence,
  TensorMeaning,
} from '../../../src/compiler/check/meaning.ts';
import { recur } from '../../../src/compiler/check/recurrence.ts';
import { DiagnosticError } from '../../../src/compiler/diagnostics/diagnostic.ts';
import { FunctionBuilder } from '../../../src/compiler/ir/build.ts';
import { evaluateFunction } from '../../../src/compiler/ir/evaluate/evaluate.ts';
import { type HostArray, hostArray } from '../../../src/compiler/ir/host-array.ts';
import type { Func, SourceRange, Value } from '../../../src/compiler/ir/ir.ts';
import { type DType, sizeOf } from '../../../src/compiler/ir/tensor-type.ts';

/** Where everything stands, unless a test says otherwise. */
export const somewhere: SourceRange = { start: 10, end: 20 };

/** Thrown in place of the checker's silent error. */
export class PoisonedError extends Error {}

/** Repeatable numbers in [-1, 1), different for each seed. */
export function numbers(count: number, seed = 1): number[] {
  let state = seed * 2654435761;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 32) * 2 - 1;
  });
}

function toDims(shape: readonly (number | Dim)[]): Dim[] {
  return shape.map((size) => (typeof size === 'number' ? { size, text: String(size) } : size));
}

export function named(size: number, text: string): Dim {
  return { size, text };
}

export class FakeContext implements Context {
  #builder = new FunctionBuilder();
  readonly phase: Phase;
  readonly protocols = new Map<string, string>();
  readonly initial = new Map<string, Initializer>();
  readonly weights = new Map<string, number[]>();
  readonly draws: { readonly distribution: string; readonly dims: string; readonly values: number[] }[] = [];
  /** New values of running state. */
  readonly updates = new Map<string, TensorMeaning>();
  readonly #arguments: HostArray[] = [];
  readonly #state = new Map<string, readonly number[]>();
  #support: Moments | undefined;

  constructor(
    options: { readonly phase?: Phase; readonly state?: Readonly<Record<string, readonly number[]>>; readonly support?: Moments } = {},
  ) {
    this.phase = options.phase ?? 'train';
    for (const [name, values] of Object.entries(options.state ?? {})) this.#state.set(name, values);
    this.#support = options.support;
  }

  get builder(): FunctionBuilder {
    return this.#builder;
  }

  get noise(): boolean {
    return this.phase === 'train';
  }

  #parameter(array: HostArray): Value {
    const value = this.builder.parameter(`input${this.#arguments.length}`, array.type);
    this.#arguments.push(array);
    return value;
  }

  /** A tensor of known elements. */
  input(shape: readonly (number | Dim)[], values: readonly number[], dtype: DType = 'float'): TensorMeaning {
    const dims = toDims(shape);
    return { kind: 'tensor', value: this.#parameter(hostArray(dtype, sizes(dims), values)), dims, level: 'task' };
  }

  /** Class labels. */
  labels(values: readonly number[], classes: number | undefined, shape: readonly (number | Dim)[] = [values.length]): TensorMeaning {
    const tensor = this.input(shape, values, 'int');
    return classes === undefined ? tensor : { ...tensor, classes: { size: classes, text: 'ways' } };
  }

  tensor(meaning: Meaning, range: SourceRange): TensorMeaning {
    if (meaning.kind === 'tensor') return meaning;
    if (meaning.kind === 'number') return this.wrap(this.builder.constant(meaning.value), [], []);
    if (meaning.kind === 'poison') throw new PoisonedError();
    if (meaning.kind === 'list') {
      const values = meaning.items.map((item) => (item.kind === 'number' ? item.value : Number.NaN));
      const value = this.builder.emit('constant', [], { dtype: 'float', shape: [values.length], values });
      return this.wrap(value, toDims([values.length]), []);
    }
    throw new DiagnosticError({ code: 'E0000', severity: 'error', title: `no tensor: ${meaning.kind}`, range });
  }

  wrap(value: Value, dims: readonly Dim[], from: readonly TensorMeaning[]): TensorMeaning {
    if (sizes(dims).join() !== value.type.shape.join())
      throw new Error(`dims ${printDims(dims)} of shape [${value.type.shape.join(', ')}]`);
    const order = ['constant', 'meta', 'task', 'example'] as const;
    const level = order[Math.max(0, ...from.map((tensor) => order.indexOf(tensor.level)))] ?? 'constant';
    return { kind: 'tensor', value, dims, level };
  }

  weight(parameter: string, dims: readonly Dim[], initial: Initializer): TensorMeaning {
    const path = this.weights.has(parameter) ? `${parameter}${this.weights.size}` : parameter;
    const values = numbers(sizeOf(sizes(dims)), 100 + this.weights.size);
    this.weights.set(path, values);
    this.initial.set(path, initial);
    return { ...this.input(dims, values), level: 'meta' };
  }

  draw(distribution: 'uniform' | 'normal', dims: readonly Dim[]): TensorMeaning {
    const signed = numbers(sizeOf(sizes(dims)), 500 + this.draws.length);
    const values = distribution === 'uniform' ? signed.map((value) => (value + 1) / 2) : signed;
    this.draws.push({ distribution, dims: printDims(dims), values });
    return this.input(dims, values);
  }

  /** As in a phase with one draw. */
  samples(of: TensorMeaning): TensorMeaning {
    return this.wrap(this.builder.reshape(of.value, [1, ...of.value.type.shape]), toDims([1, ...of.dims]), [of]);
  }

  supportMoments(compute: () => Moments): Moments {
    return this.#support ?? compute();
  }

  running(parameter: string, dims: readonly Dim[], initial: number) {
    const values = this.#state.get(parameter) ?? Array.from({ length: sizeOf(sizes(dims)) }, () => initial);
    const update = (value: TensorMeaning): void => {
      this.updates.set(parameter, value);
    };
    return { current: this.input(dims, values), update: this.phase === 'train' ? update : undefined };
  }

  protocol(key: string, value: string): void {
    this.protocols.set(key, value);
  }

  call(callee: Meaning, values: readonly Meaning[], range: SourceRange): Meaning {
    if (callee.kind === 'callable') return callee.call(this, values, range);
    if (callee.kind !== 'builtin') throw new Error(`cannot call a ${callee.kind}`);
    const calls = values.map((meaning) => ({ meaning, range }));
    return callee.builtin.apply(this, bind(callee.builtin, calls, this, range));
  }

  recur(recurrence: Recurrence): Recurred {
    const outer = this.#builder;
    const region = new FunctionBuilder(outer);
    const inside = <Result>(body: () => Result): Result => {
      this.#builder = region;
      const result = body();
      this.#builder = outer;
      return result;
    };
    return recur({ outer, region, inside, draws: () => new Map(), highest }, recurrence);
  }

  within<Result>(_name: string, body: () => Result): Result {
    return body();
  }

  /** The function traced so far, with the given results, and the arguments that go with it. */
  finish(results: readonly Value[]): { readonly func: Func; readonly args: readonly HostArray[] } {
    const func = this.builder.finish(results.map((value, index) => ({ name: `result${index}`, value })));
    return { func, args: this.#arguments };
  }

  /** The elements of a value. */
  read(meaning: Meaning): number[] {
    if (meaning.kind !== 'tensor') throw new Error(`expected a tensor, found a ${meaning.kind}`);
    const { func, args } = this.finish([meaning.value]);
    return [...(evaluateFunction(func, args)[0] as HostArray).data];
  }
}

/** What a test may write for an argument. */
export type Given = number | boolean | string | readonly number[] | Meaning;

export function toMeaning(given: Given): Meaning {
  if (typeof given === 'number') return { kind: 'number', value: given };
  if (typeof given === 'boolean') return { kind: 'boolean', value: given };
  if (typeof given === 'string') return { kind: 'option', name: given };
  if ('kind' in given) return given;
  return { kind: 'list', items: given.map((value) => ({ kind: 'number', value })) };
}

export function builtinNamed(name: string) {
  const builtin = builtins.find((candidate) => candidate.name === name);
  if (builtin === undefined) throw new Error(`no builtin ${name}`);
  return builtin;
}

/** Applies a builtin to positional arguments, then named ones; strings are options. */
export function call(context: Context, name: string, positional: readonly Given[], options: Readonly<Record<string, Given>> = {}): Meaning {
  const builtin = builtinNamed(name);
  const calls: CallArgument[] = [
    ...positional.map((given, index) => ({ meaning: toMeaning(given), range: { start: 100 * index, end: 100 * index + 9 } })),
    ...Object.entries(options).map(([key, given]) => ({ name: key, meaning: toMeaning(given), range: somewhere })),
  ];
  return builtin.apply(context, bind(builtin, calls, context, somewhere));
}

/** A field of a record; without a name the meaning itself. */
export function fieldOf(meaning: Meaning, name: string | undefined): Meaning {
  if (name === undefined) return meaning;
  const field = meaning.kind === 'record' ? meaning.fields.get(name) : undefined;
  if (field === undefined) throw new Error(`no field ${name}`);
  return field;
}

/** `[ways = 5, 3]` of a tensor; what else it is otherwise. */
export function dimsText(meaning: Meaning): string {
  return meaning.kind === 'tensor' ? printDims(meaning.dims) : meaning.kind;
}

/** The diagnostic that `body` throws. */
export function diagnosticOf(body: () => unknown) {
  try {
    body();
  } catch (error) {
    if (error instanceof DiagnosticError) return error.diagnostic;
    throw error;
  }
  throw new Error('no diagnostic was thrown');
}
