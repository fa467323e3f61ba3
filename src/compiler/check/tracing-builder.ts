/** @file The builder of traces: it refuses absurd sizes before anything is allocated. */
import { FunctionBuilder } from '../ir/build.ts';
import type { AnyNode, Value } from '../ir/ir.ts';
import type { Attributes, PrimitiveName } from '../ir/primitives.ts';
import type { TensorType } from '../ir/tensor-type.ts';
import type { Budget } from './budget.ts';

export class TracingBuilder extends FunctionBuilder {
  readonly #budget: Budget;

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
    const results = super.apply(op, operands, attributes);
    this.#budget.node(results, this.source);
    return results;
  }

  /** A position such that no earlier node uses one of the values: 0 when one of them is a parameter. */
  firstUse(values: readonly Value[]): number {
    // Backwards, because gradients are mostly taken of values that were just made.
    const missing = new Set(values);
    for (let index = this.nodes.length; index > 0; index--) {
      if (missing.size === 0) return index;
      for (const result of (this.nodes[index - 1] as AnyNode).results) missing.delete(result);
    }
    return 0;
  }
}
