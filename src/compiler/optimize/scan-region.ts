/** @file A part of a recurrence's step under construction: nodes are taken over as they are asked for, the rest becomes parameters. */
import { FunctionBuilder, lookUp } from '../ir/build.ts';
import type { Func, Value } from '../ir/ir.ts';
import type { StepValues } from './scan-parts.ts';

interface RegionParameter {
  /** The value of the whole step that it stands for. */
  readonly original: Value;
  readonly value: Value;
  /** Whether each step has its own. */
  readonly varies: boolean;
}

export class ScanRegion {
  readonly parameters: RegionParameter[] = [];
  readonly #step: StepValues;
  readonly #owns: (value: Value) => boolean;
  readonly #builder = new FunctionBuilder();
  readonly #known = new Map<Value, Value>();

  /** `owns`: values that the part computes itself. */
  constructor(step: StepValues, owns: (value: Value) => boolean) {
    this.#step = step;
    this.#owns = owns;
  }

  parameter(original: Value): Value {
    const value = this.#builder.parameter(`part${this.parameters.length}`, original.type);
    this.parameters.push({ original, value, varies: this.#step.varies(original) !== undefined });
    this.#known.set(original, value);
    return value;
  }

  /** The value inside this part. What is free is made again wherever it is needed, rather than handed over. */
  get(value: Value): Value {
    const known = this.#known.get(value);
    if (known !== undefined) return known;
    const maker = this.#step.maker(value);
    if (maker === undefined || !(this.#owns(value) || this.#step.isFree(maker))) return this.parameter(value);
    for (const operand of maker.operands) this.get(operand);
    this.#builder.copy(maker, this.#known);
    return lookUp(this.#known, value);
  }

  finish(parameters: readonly RegionParameter[], results: readonly Value[]): Func {
    const { nodes, results: named } = this.#builder.finish(
      results.map((value, index) => ({ name: `result${index}`, value: lookUp(this.#known, value) })),
    );
    return { parameters: parameters.map(({ value }, index) => ({ name: `part${index}`, value })), nodes, results: named };
  }
}
