/** @file Refuses specs with weights that no train block can train, with the reason. */
import type { Model, ModelWeight } from './check/model.ts';
import { unreachedWeights } from './diagnostics/catalogue/meta.ts';
import type { Diagnostic } from './diagnostics/diagnostic.ts';
import { IMPLICIT, reach } from './differentiate/reach.ts';

/** One diagnostic for each reason why weights are reached by no gradient of any train block; none when nothing is trained. */
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
  const lost = model.weights.filter((weight) => !reached.has(weight.name));
  // The name of the primitive adds nothing to the reason of a stop.
  const reasonOf = (weight: ModelWeight): string => (reasons.get(weight.name) ?? 'no loss uses it').replace('stop_gradient: ', '');
  return [...new Set(lost.map(reasonOf))].map((reason) => {
    const same = lost.filter((weight) => reasonOf(weight) === reason);
    const places = new Map(same.map((weight) => [weight.range.start, weight.range]));
    const names = same.map((weight) => weight.name);
    const hint =
      reason === IMPLICIT
        ? 'say in `minimize` how far it may lead: `+ strength*half_squared_distance(fast, net)`; fix a learned rate'
        : undefined;
    return unreachedWeights(names, reason, [...places.values()], hint);
  });
}
