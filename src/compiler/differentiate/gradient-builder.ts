/**
 * @file What vjp rules build with: the short forms of FunctionBuilder, minus arithmetic on tensors whose elements are all one known
 * number. The first cotangent is a one; without this, every gradient would start with multiplications by ones.
 */
import type { FunctionBuilder } from '../ir/build.ts';
import type { AnyNode, Value } from '../ir/ir.ts';
import { sizeOf } from '../ir/tensor-type.ts';

export class GradientBuilder {
  /** For what has no short form here. */
  readonly builder: FunctionBuilder;
  /** Float tensors whose elements are all this number. */
  readonly #splats = new Map<Value, number>();

  constructor(builder: FunctionBuilder) {
    this.builder = builder;
  }

  /** The number that every element of `value` is, if that is known. */
  splatOf(value: Value): number | undefined {
    return this.#splats.get(value);
  }

  /** Learns from a node of the forward pass. */
  observe(node: AnyNode, results: readonly Value[]): void {
    const [result] = results;
    if (result === undefined || result.type.dtype !== 'float') return;
    if (node.op === 'constant' && node.attributes.values.length === 1) this.#splats.set(result, node.attributes.values[0] as number);
  }

  constant(number: number, shape: readonly number[]): Value {
    const value = this.builder.constant(number, shape);
    this.#splats.set(value, number);
    return value;
  }

  /** A constant of `like`'s shape. */
  splat(number: number, like: Value): Value {
    return this.constant(number, like.type.shape);
  }

  add(left: Value, right: Value): Value {
    const [a, b] = [this.splatOf(left), this.splatOf(right)];
    if (a !== undefined && b !== undefined) return this.splat(a + b, left);
    if (a === 0) return right;
    if (b === 0) return left;
    return this.builder.binary('add', left, right);
  }

  negate(operand: Value): Value {
    const number = this.splatOf(operand);
    return number === undefined ? this.builder.unary('negate', operand) : this.splat(-number, operand);
  }

  multiply(left: Value, right: Value): Value {
    const [a, b] = [this.splatOf(left), this.splatOf(right)];
    if (a !== undefined && b !== undefined) return this.splat(a * b, left);
    if (a === 1) return right;
    if (b === 1) return left;
    if (a === -1) return this.builder.unary('negate', right);
    if (b === -1) return this.builder.unary('negate', left);
    return this.builder.binary('multiply', left, right);
  }

  scale(operand: Value, factor: number): Value {
    return this.multiply(operand, this.splat(factor, operand));
  }

  divide(left: Value, right: Value): Value {
    const [a, b] = [this.splatOf(left), this.splatOf(right)];
    if (a !== undefined && b !== undefined) return this.splat(a / b, left);
    return b === 1 ? left : this.builder.binary('divide', left, right);
  }

  broadcast(operand: Value, shape: readonly number[], dimensions: readonly number[]): Value {
    const number = this.splatOf(operand);
    return number === undefined ? this.builder.broadcast(operand, shape, dimensions) : this.constant(number, shape);
  }

  reshape(operand: Value, shape: readonly number[]): Value {
    const number = this.splatOf(operand);
    return number === undefined ? this.builder.reshape(operand, shape) : this.constant(number, shape);
  }

  transpose(operand: Value, permutation: readonly number[]): Value {
    const number = this.splatOf(operand);
    if (number === undefined) return this.builder.transpose(operand, permutation);
    return this.constant(
      number,
      permutation.map((axis) => operand.type.shape[axis] as number),
    );
  }

  sum(operand: Value, dimensions: readonly number[]): Value {
    const number = this.splatOf(operand);
    if (number === undefined) return this.builder.sum(operand, dimensions);
    const count = sizeOf(dimensions.map((axis) => operand.type.shape[axis] as number));
    return this.constant(
      number * count,
      operand.type.shape.filter((_, axis) => !dimensions.includes(axis)),
    );
  }

  /** `cotangent` where `predicate` is `keep`, zero elsewhere. */
  where(predicate: Value, keep: boolean, cotangent: Value): Value {
    const zero = this.splat(0, cotangent);
    return keep ? this.builder.select(predicate, cotangent, zero) : this.builder.select(predicate, zero, cotangent);
  }
}
