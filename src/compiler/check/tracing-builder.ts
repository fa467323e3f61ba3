/** @file The builder of traces: it refuses absurd sizes before anything is allocated, and knows where values were made. */
import { FunctionBuilder } from '../ir/build.ts';
import type { Value } from '../ir/ir.ts';
import type { Attributes, PrimitiveName } from '../ir/primitives.ts';
import type { TensorType } from '../ir/tensor-type.ts';
import type { Budget } from './budget.ts';

export class TracingBuilder extends FunctionBuilder {
  readonly #budget: Budget;
  readonly #madeBy = new Map<Value, number>();

  constructor(budget: Budget, parent?: TracingBuilder) {
    super(parent);
    this.#budget = budget;
  }

  /** A builder of a region inside this function. */
  region(): TracingBuilder {
    return new TracingBuilder(this.#budget, this);
  }

  override parameter(name: string, type: TensorType): Value {
    this.#budget.tensor(type, this.source);
    return super.parameter(name, type);
  }

  override apply<P extends PrimitiveName>(op: P, operands: readonly Value[], attributes: Attributes[P]): readonly Value[] {
    const position = this.nodes.length;
    const results = super.apply(op, operands, attributes);
    this.#budget.node(
      results.map((result) => result.type),
      this.source,
    );
    for (const result of results) this.#madeBy.set(result, position);
    return results;
  }

  /** The position of the first node that can use one of the values: 0 when one of them is a parameter. */
  firstUse(values: readonly Value[]): number {
    return values.reduce((first, value) => Math.min(first, (this.#madeBy.get(value) ?? -1) + 1), this.nodes.length);
  }
}
