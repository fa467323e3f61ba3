/**
 * @file What lowerings work with: the plan being made, and the tensor that stands for each IR value.
 *
 * A tensor may be smaller than its value's type: dimensions along which all elements are equal may be 1 or, in front, missing. Kernels of
 * two operands broadcast, so `broadcast_in_dim` costs nothing until `full` is asked for.
 */
import { InternalError } from '../../../compiler/diagnostics/internal-error.ts';
import { rankedShape } from '../../../compiler/ir/broadcast-shapes.ts';
import type { Func, Value } from '../../../compiler/ir/ir.ts';
import { sameShape, sizeOf } from '../../../compiler/ir/tensor-type.ts';
import type { Capabilities } from './capabilities.ts';
import type { Plan, PlanBuilder, Ref } from './plan.ts';
import { TensorOperations } from './tensor-operations.ts';

/** Where a value comes from when the host has it: an input of the call, or a data set. */
export interface HostSource {
  readonly name: string;
  readonly kind: 'input' | 'data';
}

export class LoweringContext {
  readonly plan: PlanBuilder;
  readonly operations: TensorOperations;
  /** Makes the plan of a function within this one. */
  readonly inner: (body: Func) => Plan;
  readonly #tensors = new Map<Value, Ref>();
  readonly #host = new Map<Value, HostSource>();
  /** By the tensor whose elements they are: the shape under which they are right operands of products. */
  readonly #rightShapes = new Map<Ref, readonly number[]>();

  constructor(plan: PlanBuilder, capabilities: Capabilities, inner: (body: Func) => Plan) {
    this.plan = plan;
    this.operations = new TensorOperations(plan, capabilities);
    this.inner = inner;
  }

  /** A parameter of the function. Other plans have the same tensor, so its shape as a right operand is a matter of its type. */
  parameter(name: string, value: Value): void {
    const ref = this.plan.parameter(name, { dtype: value.type.dtype, shape: value.type.shape });
    this.received(value, ref);
  }

  /** The tensor of a value that another plan takes as a parameter: the next call's, or that of a loop's body. */
  shared(value: Value): Ref {
    const tensor = this.full(value);
    const base = this.operations.baseOf(tensor);
    const shape = matrixShape(tensor.shape);
    const known = this.#rightShapes.get(base);
    if (known === undefined) this.#rightShapes.set(base, shape);
    return known === undefined || sameShape(known, shape) ? tensor : this.operations.copy(tensor);
  }

  /** A result of another plan. */
  received(value: Value, ref: Ref): void {
    this.#rightShapes.set(ref, matrixShape(ref.shape));
    this.define(value, ref);
  }

  /** A matrix as right operand of a product; a copy where the backend would mistake its shape (see `reshapedProducts`). */
  rightOperand(matrix: Ref): Ref {
    if (this.operations.capabilities.reshapedProducts.value) return matrix;
    const base = this.operations.baseOf(matrix);
    const known = this.#rightShapes.get(base);
    if (known !== undefined && !sameShape(known, matrix.shape)) return this.operations.copy(matrix);
    this.#rightShapes.set(base, matrix.shape);
    return matrix;
  }

  define(value: Value, tensor: Ref): void {
    this.#tensors.set(value, tensor);
  }

  defineHost(value: Value, source: HostSource): void {
    this.#host.set(value, source);
  }

  /** Undefined for what only the backend knows. */
  hostOf(value: Value): HostSource | undefined {
    return this.#host.get(value);
  }

  /** The tensor of a value, perhaps smaller than its type (see above). */
  small(value: Value): Ref {
    const found = this.#tensors.get(value);
    if (found === undefined) throw new InternalError('a value is used before it is lowered');
    return found;
  }

  /** Like `small`, with the rank of the type: missing dimensions in front are put there as 1. */
  ranked(value: Value): Ref {
    const tensor = this.small(value);
    return this.operations.reshape(tensor, rankedShape(tensor.shape, value.type.shape.length));
  }

  /** The tensor of a value in the whole shape of its type. */
  full(value: Value): Ref {
    return this.operations.expand(this.small(value), value.type.shape);
  }
}

/** The last dimension as columns, all others as rows. */
function matrixShape(shape: readonly number[]): readonly number[] {
  return [sizeOf(shape.slice(0, -1)), shape.at(-1) ?? 1];
}
