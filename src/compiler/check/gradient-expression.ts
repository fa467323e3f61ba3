/** @file `gradient(e, of: x)`: of a learner's weights (a learner again), or of a tensor. */
import { notAScalarLoss } from '../diagnostics/catalogue/meta.ts';
import { gradientFromOutside } from '../diagnostics/catalogue/recurrences.ts';
import { badGradient } from '../diagnostics/catalogue/values.ts';
import { DiagnosticError } from '../diagnostics/diagnostic.ts';
import type { SourceRange, Value } from '../ir/ir.ts';
import type { Argument } from '../parse/ast.ts';
import { describe } from './describe.ts';
import { gradientOf, reachesOutside } from './extract.ts';
import { isLearner, learnerMeaning, ownedWeights } from './learner.ts';
import type { Meaning, TensorMeaning } from './meaning.ts';
import type { Scope } from './scope.ts';
import type { Trace } from './trace.ts';
import type { WeightEntry } from './weights.ts';

function refuseOutside(trace: Trace, loss: TensorMeaning, of: readonly TensorMeaning[], range: SourceRange): void {
  const found = reachesOutside(
    trace.builder,
    loss.value,
    of.map(({ value }) => value),
  );
  if (found) throw new DiagnosticError(gradientFromOutside(range));
}

export function gradientExpression(trace: Trace, written: readonly Argument[], scope: Scope, range: SourceRange): Meaning {
  const [what, of] = written;
  if (written.length !== 2 || what?.kind !== 'positional' || of?.kind !== 'named' || of.name.text !== 'of') {
    throw new DiagnosticError(badGradient('`gradient(e, of: x)`', 'other arguments', range));
  }
  const loss = trace.tensor(trace.language.evaluate(trace, what.value, scope), what.range);
  if (loss.dims.length > 0) throw new DiagnosticError(notAScalarLoss('what `gradient` differentiates', describe(loss), what.range));
  const target = trace.language.evaluate(trace, of.value, scope);
  return trace.at(range, () => {
    if (!isLearner(target)) {
      const tensor = trace.tensor(target, of.range);
      refuseOutside(trace, loss, [tensor], range);
      const gradients = gradientOf(trace.builder, loss.value, [tensor.value]);
      if (gradients === undefined) throw new DiagnosticError(badGradient('an expression that depends on `of`', 'one that does not', range));
      return trace.wrap(gradients[0] as Value, tensor.dims, [loss, tensor]);
    }
    const entries = ownedWeights(trace, target.learner.model);
    const values = entries.map((entry) => target.learner.read(entry));
    refuseOutside(trace, loss, values, range);
    const gradients = gradientOf(
      trace.builder,
      loss.value,
      values.map((value) => value.value),
    );
    if (gradients === undefined)
      throw new DiagnosticError(
        badGradient(`an expression that applies \`${target.name}\``, 'one that depends on none of its weights', range),
      );
    const found = new Map<string, TensorMeaning>();
    entries.forEach((entry, index) => {
      found.set(entry.key, trace.wrap(gradients[index] as Value, entry.dims, [loss]));
    });
    const read = (entry: WeightEntry): TensorMeaning =>
      found.get(entry.key) ??
      trace.wrap(
        trace.builder.constant(
          0,
          entry.dims.map((one) => one.size),
        ),
        entry.dims,
        [],
      );
    return learnerMeaning(trace, target.name, 'a gradient', {
      model: target.learner.model,
      step: target.learner.step,
      prepare: () => undefined,
      read,
    });
  });
}
