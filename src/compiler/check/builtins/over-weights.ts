/** @file What is said of tensors, said of learners: weight by weight. */
import { weightsDiffer } from '../../diagnostics/catalogue/shapes.ts';
import { badOperands } from '../../diagnostics/catalogue/values.ts';
import { DiagnosticError } from '../../diagnostics/diagnostic.ts';
import type { SourceRange } from '../../ir/ir.ts';
import { describe } from '../describe.ts';
import type { CallableMeaning, Context, Meaning, TensorMeaning } from '../meaning.ts';

/** Models, adapted learners and what is computed from them. */
export type WithWeights = CallableMeaning & Required<Pick<CallableMeaning, 'weights' | 'withWeights'>>;

export function hasWeights(meaning: Meaning): meaning is WithWeights {
  return meaning.kind === 'callable' && meaning.weights !== undefined && meaning.withWeights !== undefined;
}

export interface Operand {
  readonly meaning: Meaning;
  readonly range: SourceRange;
}

export interface OverWeights<Result> {
  /** One of the learners, to be given other weights. */
  readonly like: WithWeights;
  readonly results: ReadonlyMap<string, Result>;
}

/**
 * What `compute` makes of each weight of the learners among the operands; single numbers go with every weight. Undefined when none of the
 * operands is a learner. Throws E0414 for learners with different weights, and E0456 for a tensor beside a learner.
 */
export function overWeights<Result>(
  context: Context,
  callee: string,
  operands: readonly Operand[],
  range: SourceRange,
  compute: (path: string, operands: readonly Meaning[]) => Result,
): OverWeights<Result> | undefined {
  const learners = operands.flatMap(({ meaning, range: place }) =>
    hasWeights(meaning) ? [{ meaning, weights: meaning.weights(context, place) }] : [],
  );
  const [first] = learners;
  if (first === undefined) return undefined;
  for (const { meaning, weights } of learners.slice(1)) requireSameWeights(first, { meaning, weights }, range);
  for (const { meaning, range: place } of operands) {
    if (!hasWeights(meaning) && isShaped(meaning))
      throw new DiagnosticError(
        badOperands(callee, describe(meaning), place, 'beside a learner stand learners of the same model and single numbers'),
      );
  }
  const results = new Map<string, Result>();
  for (const path of first.weights.keys()) {
    const parts = operands.map(({ meaning }) => {
      const own = learners.find((learner) => learner.meaning === meaning);
      return own === undefined ? meaning : (own.weights.get(path) as TensorMeaning);
    });
    results.set(path, compute(path, parts));
  }
  return { like: first.meaning, results };
}

function isShaped(meaning: Meaning): boolean {
  return meaning.kind === 'list' || (meaning.kind === 'tensor' && meaning.dims.length > 0);
}

interface Weighted {
  readonly meaning: Meaning;
  readonly weights: ReadonlyMap<string, TensorMeaning>;
}

function requireSameWeights(left: Weighted, right: Weighted, range: SourceRange): void {
  const differ = (detail: string): DiagnosticError =>
    new DiagnosticError(weightsDiffer(describe(left.meaning), describe(right.meaning), detail, range));
  const same = left.weights.size === right.weights.size && [...left.weights.keys()].every((path) => right.weights.has(path));
  if (!same) throw differ('two different models');
}
