/** @file The builder of traces: it refuses absurd sizes before anything is allocated. */
import { valueLeavesItsStep } from '../diagnostics/catalogue/recurrences.ts';
import { DiagnosticError } from '../diagnostics/diagnostic.ts';
import { FunctionBuilder } from '../ir/build.ts';
import type { AnyNode, Value } from '../ir/ir.ts';
import type { Attributes, PrimitiveName } from '../ir/primitives.ts';
import { type TensorType, tensorType } from '../ir/tensor-type.ts';
import type { Budget } from './budget.ts';
import type { Dim } from './meaning.ts';

export class TracingBuilder extends FunctionBuilder {
  readonly outer: TracingBuilder | undefined;
  /** For a step of a recurrence: how many there are. */
  readonly steps: Dim | undefined;
  /** Parameters that stand for what is drawn anew for each step, and the draws of all steps. */
  readonly draws = new Map<Value, Value>();
  readonly #budget: Budget;

  constructor(budget: Budget, outer?: TracingBuilder, steps?: Dim) {
    super(outer);
    this.outer = outer;
    this.steps = steps;
    this.#budget = budget;
  }

  /** A builder of a region inside this function; `steps` says that it is a step of a recurrence. */
  region(steps?: Dim): TracingBuilder {
    return new TracingBuilder(this.#budget, this, steps);
  }

  /** The recurrences around, and this one, from the outermost on. */
  get recurrences(): readonly TracingBuilder[] {
    const around = this.outer?.recurrences ?? [];
    return this.steps === undefined ? around : [...around, this];
  }

  /** A step's part of draws that were made for all steps. */
  drawOfStep(name: string, all: Value): Value {
    const one = this.parameter(name, tensorType(all.type.dtype, all.type.shape.slice(1)));
    this.draws.set(one, all);
    return one;
  }

  override use(value: Value): Value {
    if (this.outer === undefined && !this.knows(value)) throw new DiagnosticError(valueLeavesItsStep(this.source ?? { start: 0, end: 0 }));
    return super.use(value);
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
