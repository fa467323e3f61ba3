/** @file Turns a list of numbers into choices of operands and attributes. */
import type { FunctionBuilder } from '../../src/compiler/ir/build.ts';
import type { Value } from '../../src/compiler/ir/ir.ts';
import type { DType } from '../../src/compiler/ir/tensor-type.ts';
import { sameShape } from '../../src/compiler/ir/tensor-type.ts';

export class Choices {
  readonly builder: FunctionBuilder;
  readonly #numbers: readonly number[];
  readonly #values: readonly Value[];
  readonly #exact: Set<Value>;
  #next = 0;

  constructor(numbers: readonly number[], values: readonly Value[], exact: Set<Value>, builder: FunctionBuilder) {
    this.#numbers = numbers;
    this.#values = values;
    this.#exact = exact;
    this.builder = builder;
  }

  /** On [0, limit). */
  number(limit: number): number {
    const value = this.#numbers[this.#next % this.#numbers.length] ?? 0;
    this.#next++;
    return limit <= 0 ? 0 : value % limit;
  }

  coin(): boolean {
    return this.number(2) === 1;
  }

  /** The latest values are likelier, so that functions get deep. */
  #pick(candidates: readonly Value[]): Value | undefined {
    if (candidates.length === 0) return undefined;
    const index = Math.min(...Array.from({ length: 3 }, () => this.number(candidates.length)));
    return candidates[candidates.length - 1 - index];
  }

  value(dtype: DType, fits: (shape: readonly number[]) => boolean = () => true): Value | undefined {
    return this.#pick(this.#values.filter(({ type }) => type.dtype === dtype && fits(type.shape)));
  }

  /** A value whose elements are elements of parameters, or constants. */
  exact(dtype: DType, fits: (shape: readonly number[]) => boolean = () => true): Value | undefined {
    return this.#pick(this.#values.filter((value) => this.#exact.has(value) && value.type.dtype === dtype && fits(value.type.shape)));
  }

  /** Says that `result` only moves the elements of `operands` about; returns it. */
  moved(result: Value, operands: readonly Value[]): Value {
    if (operands.every((operand) => this.#exact.has(operand))) this.#exact.add(result);
    return result;
  }

  isExact(value: Value): boolean {
    return this.#exact.has(value);
  }

  /** Something of the same type as `value`: another one, a number, or a smaller one repeated. */
  like(value: Value, exact = false): Value {
    const { dtype, shape } = value.type;
    const kind = this.number(4);
    const pick = exact ? this.exact.bind(this) : this.value.bind(this);
    if (kind === 0) return this.moved(this.builder.constant(dtype === 'bool' ? this.number(2) : this.number(3) - 1, shape, dtype), []);
    if (kind === 1) {
      const other = pick(dtype, (size) => sameShape(size, shape));
      if (other !== undefined) return other;
    }
    return this.repeated(value, exact) ?? value;
  }

  /** A smaller tensor repeated to the type of `value`. */
  repeated(value: Value, exact = false): Value | undefined {
    const { dtype, shape } = value.type;
    const pick = exact ? this.exact.bind(this) : this.value.bind(this);
    const small = pick(dtype, (size) => size.length < shape.length && this.#places(size, shape) !== undefined);
    if (small === undefined) return undefined;
    return this.moved(this.builder.broadcast(small, shape, this.#places(small.type.shape, shape) as number[]), [small]);
  }

  /** Dimensions of `shape` to which a tensor of `size` can be broadcast. */
  #places(size: readonly number[], shape: readonly number[]): number[] | undefined {
    const found: number[] = [];
    let from = 0;
    for (const length of size) {
      while (from < shape.length && shape[from] !== length && length !== 1) from++;
      if (from >= shape.length) return undefined;
      found.push(from++);
    }
    return found;
  }

  axis(value: Value): number {
    return this.number(value.type.shape.length);
  }

  axes(value: Value): number[] {
    return value.type.shape.map((_, axis) => axis).filter(() => this.coin());
  }
}
