/** @file The iterates of an `adapt` block: of steps that were traced one by one, and of loops, whose iterates are stacked. */
import type { FunctionBuilder } from '../ir/build.ts';
import type { Value } from '../ir/ir.ts';
import type { Looped } from './adaptation-loop.ts';
import type { Iterate } from './adaptation-step.ts';
import { dim } from './dims.ts';
import type { TensorMeaning } from './meaning.ts';

/** Steps in a row: a single one, or those of a loop. */
type Taken = { readonly from: number; readonly to: number } & (
  | { readonly kind: 'one'; readonly iterate: Iterate }
  | { readonly kind: 'loop'; readonly looped: Looped }
);

export class Iterates {
  readonly #builder: FunctionBuilder;
  readonly #taken: Taken[] = [];

  /** `builder`: of the function where all steps are traced. */
  constructor(builder: FunctionBuilder) {
    this.#builder = builder;
  }

  /** How many steps were taken. */
  get taken(): number {
    return this.#taken[this.#taken.length - 1]?.to ?? 0;
  }

  /** The iterate after the last step; without weights before the first. */
  get last(): Iterate {
    const one = this.#taken[this.#taken.length - 1];
    if (one === undefined) return { weights: new Map(), slots: new Map() };
    return one.kind === 'one' ? one.iterate : one.looped.last;
  }

  add(iterate: Iterate): void {
    this.#taken.push({ kind: 'one', from: this.taken + 1, to: this.taken + 1, iterate });
  }

  addMany(looped: Looped): void {
    this.#taken.push({ kind: 'loop', from: this.taken + 1, to: this.taken + looped.steps, looped });
  }

  /** A weight after `step` steps; undefined before the first, and for one that does not adapt. */
  weight(step: number, key: string): TensorMeaning | undefined {
    const one = this.#taken.find(({ from, to }) => from <= step && step <= to);
    if (one === undefined) return undefined;
    if (one.kind === 'one') return one.iterate.weights.get(key);
    if (step === one.to) return one.looped.last.weights.get(key);
    const all = one.looped.weights.get(key);
    if (all === undefined) return undefined;
    const value = this.#rows(all.value, step - one.from, 1);
    return { ...all, value: this.#builder.reshape(value, value.type.shape.slice(1)), dims: all.dims.slice(1) };
  }

  /** The weights that adapt, after `step` steps, of which at least one was taken. */
  at(step: number): Iterate {
    const keys = [...this.last.weights.keys()];
    return { weights: new Map(keys.map((key) => [key, this.weight(step, key) as TensorMeaning])), slots: new Map() };
  }

  /** A weight that adapts after each of the steps `from` to `to`, which were taken: [to - from + 1, ...]; after step 0 it is `start`. */
  between(from: number, to: number, start: TensorMeaning, key: string): TensorMeaning {
    const rows: Value[] = from === 0 ? [this.#row(start)] : [];
    for (const one of this.#taken) {
      const [first, last] = [Math.max(from, one.from), Math.min(to, one.to)];
      if (first > last) continue;
      if (one.kind === 'one') rows.push(this.#row(one.iterate.weights.get(key) as TensorMeaning));
      else rows.push(this.#rows((one.looped.weights.get(key) as TensorMeaning).value, first - one.from, last - first + 1));
    }
    const value = rows.length === 1 ? (rows[0] as Value) : this.#builder.emit('concatenate', rows, { dimension: 0 });
    return { kind: 'tensor', value, dims: [dim(to - from + 1), ...start.dims], level: 'task' };
  }

  #row({ value }: TensorMeaning): Value {
    return this.#builder.reshape(value, [1, ...value.type.shape]);
  }

  #rows(all: Value, from: number, count: number): Value {
    const { shape } = all.type;
    if (count === shape[0]) return all;
    return this.#builder.emit('slice', [all], {
      start: shape.map((_, axis) => (axis === 0 ? from : 0)),
      limit: shape.map((size, axis) => (axis === 0 ? from + count : size)),
      strides: shape.map(() => 1),
    });
  }
}
