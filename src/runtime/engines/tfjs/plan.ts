/**
 * @file A function as a list of TensorFlow.js kernels with static shapes: made once per entry function, run at every call. Knowing all of it
 * beforehand tells when a tensor is used for the last time, so that it is disposed of there.
 */
import { InternalError } from '../../../compiler/diagnostics/internal-error.ts';
import { type DType, printType, sizeOf } from '../../../compiler/ir/tensor-type.ts';
import type { Attributes } from './tensorflow.ts';

/** A tensor of a plan; compared by identity. */
export interface Ref {
  readonly dtype: DType;
  readonly shape: readonly number[];
}

export interface KernelStep {
  readonly kind: 'kernel';
  readonly kernel: string;
  /** One operand each; `undefined` for kernels that take a list. */
  readonly names: readonly string[] | undefined;
  readonly operands: readonly Ref[];
  readonly attributes: Attributes;
  readonly results: readonly [Ref];
}

/** Rows of a data set that stays on the host, picked there: [indices..., row...]. */
export interface RowsStep {
  readonly kind: 'rows';
  readonly data: string;
  readonly indices: string;
  readonly operands: readonly [];
  readonly results: readonly [Ref];
}

/** Runs another plan once per step of a recurrence. */
export interface LoopStep {
  readonly kind: 'loop';
  readonly body: Plan;
  readonly length: number;
  readonly carries: number;
  readonly sequences: number;
  readonly reverse: boolean;
  readonly operands: readonly Ref[];
  readonly results: readonly Ref[];
}

export type Step = KernelStep | RowsStep | LoopStep;

export interface PlanConstant {
  readonly ref: Ref;
  /** One per element. */
  readonly values: readonly number[];
}

export interface Plan {
  readonly parameters: readonly { readonly name: string; readonly ref: Ref }[];
  readonly constants: readonly PlanConstant[];
  readonly steps: readonly Step[];
  /** For each step, what nobody needs after it. */
  readonly dead: readonly (readonly Ref[])[];
  readonly results: readonly { readonly name: string; readonly ref: Ref }[];
}

export class PlanBuilder {
  readonly #parameters: { readonly name: string; readonly ref: Ref }[] = [];
  readonly #constants: PlanConstant[] = [];
  readonly #steps: Step[] = [];
  readonly #numbers = new Map<Ref, number>();
  /** Equal steps are one. */
  readonly #known = new Map<string, Ref>();
  readonly #values = new Map<Ref, readonly number[]>();

  parameter(name: string, ref: Ref): Ref {
    this.#number(ref);
    this.#parameters.push({ name, ref });
    return ref;
  }

  /** `values` has one element for all or one for each. */
  constant(dtype: DType, shape: readonly number[], values: readonly number[]): Ref {
    const size = sizeOf(shape);
    const all = values.length === size ? values : new Array<number>(size).fill(values[0] ?? Number.NaN);
    return this.#once(`constant ${dtype} ${shape} ${size > 4096 ? this.#constants.length : all}`, () => {
      const ref = { dtype, shape };
      this.#constants.push({ ref, values: all });
      this.#values.set(ref, all);
      return ref;
    });
  }

  scalar(dtype: DType, value: number): Ref {
    return this.constant(dtype, [], [value]);
  }

  /** The elements of a constant; undefined for anything else. */
  valuesOf(ref: Ref): readonly number[] | undefined {
    return this.#values.get(ref);
  }

  /** A kernel with named operands. */
  kernel(kernel: string, operands: Readonly<Record<string, Ref>>, attributes: Attributes, dtype: DType, shape: readonly number[]): Ref {
    return this.#kernel(kernel, Object.keys(operands), Object.values(operands), attributes, { dtype, shape });
  }

  /** A kernel with a list of operands. */
  listKernel(kernel: string, operands: readonly Ref[], attributes: Attributes, shape: readonly number[]): Ref {
    const [first] = operands;
    if (first === undefined) throw new InternalError(`${kernel} of nothing`);
    return this.#kernel(kernel, undefined, operands, attributes, { dtype: first.dtype, shape });
  }

  rows(data: string, indices: string, dtype: DType, shape: readonly number[]): Ref {
    return this.#once(`rows ${data} ${indices} ${shape}`, () => {
      const result = { dtype, shape };
      this.#steps.push({ kind: 'rows', data, indices, operands: [], results: [result] });
      return result;
    });
  }

  loop(step: Omit<LoopStep, 'kind'>): void {
    for (const result of step.results) this.#number(result);
    this.#steps.push({ kind: 'loop', ...step });
  }

  finish(results: readonly { readonly name: string; readonly ref: Ref }[]): Plan {
    const { steps, dead } = withoutUnused(
      this.#steps,
      results.map(({ ref }) => ref),
    );
    const used = new Set([...steps.flatMap(({ operands }) => operands), ...results.map(({ ref }) => ref)]);
    return {
      parameters: this.#parameters.filter(({ ref }) => used.has(ref)),
      constants: this.#constants.filter(({ ref }) => used.has(ref)),
      steps,
      dead,
      results,
    };
  }

  #kernel(kernel: string, names: readonly string[] | undefined, operands: readonly Ref[], attributes: Attributes, result: Ref): Ref {
    const key = `${kernel} ${operands.map((operand) => this.#number(operand))} ${JSON.stringify(attributes)} ${printType(result)}`;
    return this.#once(key, () => {
      this.#steps.push({ kind: 'kernel', kernel, names, operands, attributes, results: [result] });
      return result;
    });
  }

  #once(key: string, make: () => Ref): Ref {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const made = make();
    this.#number(made);
    this.#known.set(key, made);
    return made;
  }

  #number(ref: Ref): number {
    const known = this.#numbers.get(ref);
    if (known !== undefined) return known;
    this.#numbers.set(ref, this.#numbers.size);
    return this.#numbers.size - 1;
  }
}

/** Drops steps whose results nobody needs, and says for each of the others what is made by a step and not needed after it. */
function withoutUnused(steps: readonly Step[], results: readonly Ref[]): Pick<Plan, 'steps' | 'dead'> {
  const made = new Set<Ref>(steps.flatMap((step): readonly Ref[] => step.results));
  const needed = new Set(results);
  const kept: Step[] = [];
  const dead: Ref[][] = [];
  for (const step of [...steps].reverse()) {
    if (!step.results.some((result) => needed.has(result))) continue;
    const last = new Set<Ref>([...step.operands, ...step.results].filter((ref) => made.has(ref) && !needed.has(ref)));
    for (const operand of step.operands) needed.add(operand);
    kept.push(step);
    dead.push([...last]);
  }
  return { steps: kept.reverse(), dead: dead.reverse() };
}
