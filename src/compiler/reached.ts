/** @file Refuses specs with weights that no train block can train, with the reason. */
import type { Model } from './check/model.ts';
import { unreachedWeight } from './diagnostics/catalogue/meta.ts';
import type { Diagnostic } from './diagnostics/diagnostic.ts';
import { reach } from './differentiate/reach.ts';

/** One diagnostic for each weight that no gradient of any train block reaches; none when nothing is trained. */
export function unreached(model: Model): readonly Diagnostic[] {
  if (model.train.length === 0) return [];
  const reached = new Set<string>();
  const reasons = new Map<string, string>();
  for (const block of model.train) {
    const { body } = block.task;
    for (const one of reach(body)) {
      if (one.order > 0) reached.add(one.name);
      else reasons.set(one.name, one.reason);
    }
  }
  return model.weights
    .filter((weight) => !reached.has(weight.name))
    .map((weight) => unreachedWeight(weight.name, reasons.get(weight.name) ?? 'no loss uses it', weight.range));
}
