/** @file How large a spec may become, and the count of what it has become so far. Beyond these sizes something is a slip of the pen. */
import { specTooLarge, tensorTooLarge, tooDeeplyNested } from '../diagnostics/catalogue/limits.ts';
import { DiagnosticError } from '../diagnostics/diagnostic.ts';
import type { SourceRange, Value } from '../ir/ir.ts';
import { sizeOf, type TensorType } from '../ir/tensor-type.ts';
import { PoisonError } from './poison.ts';

export const limits = {
  /** Elements of one tensor; indices of engines have 32 bits. */
  elements: 2 ** 31,
  /** Elements of one weight: 1 GiB in float32. */
  weightElements: 2 ** 28,
  /** Elements of all weights: 4 GiB, before optimisers keep their own. */
  allWeights: 2 ** 30,
  /** Operations of all phases together, before differentiation. */
  nodes: 60_000,
  /** Expressions evaluated, over all phases: functions that call functions twice grow without bound. */
  evaluations: 300_000,
  /** Expressions inside each other, through functions and equations. */
  depth: 600,
  /** Mistakes after which nothing more is looked for. */
  mistakes: 1_000,
  /** Examples of a support or query set. */
  examples: 100_000,
  /** Numbers of `a..b`. */
  range: 100_000,
  /** Inner steps of one `adapt`. */
  innerSteps: 10_000,
  /** So many inner steps in a row are traced one by one, more as a recurrence. */
  unrolledSteps: 16,
  outerSteps: 1e9,
  batch: 100_000,
  /** Samples of what a phase draws. */
  draws: 10_000,
  episodes: 1e6,
} as const;

export class Budget {
  #nodes = 0;
  #evaluations = 0;
  #depth = 0;
  #spent = false;
  #tooDeep = false;
  #mistakes = 0;

  /** Whether the spec was found to be too large: nothing that follows says anything new. */
  get spent(): boolean {
    return this.#spent;
  }

  /** Counts an operation with these results. Throws a DiagnosticError when one of them, or the whole, is absurdly large. */
  node(results: readonly Value[], range: SourceRange | undefined): void {
    for (const { type } of results) this.tensor(type, range);
    this.#nodes++;
    if (this.#nodes > limits.nodes) this.#exhaust(`${limits.nodes.toLocaleString('en')} operations`, range);
  }

  /** Refuses a tensor that no machine holds. */
  tensor(type: TensorType, range: SourceRange | undefined, most: number = limits.elements): void {
    const size = sizeOf(type.shape);
    if (!(size <= most)) throw new DiagnosticError(tensorTooLarge(type.shape, most, range ?? { start: 0, end: 0 }));
  }

  /** Counts an expression that is about to be evaluated; `leave` must follow. */
  enter(range: SourceRange): void {
    if (this.#spent) throw new PoisonError();
    this.#evaluations++;
    if (this.#evaluations > limits.evaluations) this.#exhaust(`${limits.evaluations.toLocaleString('en')} evaluated expressions`, range);
    if (this.#depth >= limits.depth) {
      // Once is enough: on the way back every neighbour would meet the limit too.
      if (this.#tooDeep) throw new PoisonError();
      this.#tooDeep = true;
      throw new DiagnosticError(tooDeeplyNested(limits.depth, range));
    }
    this.#depth++;
  }

  leave(): void {
    this.#depth--;
  }

  /** Counts a mistake that was met, told or not: a wrong function that is called often costs more than it says. */
  mistake(): void {
    this.#mistakes++;
    if (this.#mistakes >= limits.mistakes) this.#spent = true;
  }

  #exhaust(limit: string, range: SourceRange | undefined): never {
    this.#spent = true;
    throw new DiagnosticError(specTooLarge(limit, range ?? { start: 0, end: 0 }));
  }
}
