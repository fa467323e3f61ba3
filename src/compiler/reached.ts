/** @file Refuses specs with weights that no train block can train, with the reason. */
import type { Model, ModelWeight } from './check/model.ts';
import { unreachedWeights } from './diagnostics/catalogue/meta.ts';
import type { Diagnostic } from './diagnostics/diagnostic.ts';
import { IMPLICIT, reach } from './differentiate/reach.ts';
import type { SourceRange } from './ir/ir.ts';

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
  const reasonOf = (weight: ModelWeight): string => reasons.get(weight.name) ?? 'no loss uses it';
  return [...new Set(lost.map(reasonOf))].map((reason) => {
    const same = lost.filter((weight) => reasonOf(weight) === reason);
    const places = [...new Map(same.map((weight) => [weight.range.start, weight.range])).values()];
    const names = same.map((weight) => weight.name);
    if (reason === IMPLICIT) {
      const hint = 'say in `minimize` how far it may lead: `+ strength*half_squared_distance(fast, net)`; fix a learned rate';
      return unreachedWeights(names, reason, places, hint);
    }
    const goal = same.length === model.weights.length && isFlat(reason) ? lossRange(model) : undefined;
    if (goal !== undefined) return unreachedWeights(names, reason, [goal, ...places], FLAT_LOSS);
    // The name of the primitive adds nothing to the reason of a stop.
    return unreachedWeights(names, reason.replace(STOP, ''), places);
  });
}

const STOP = 'stop_gradient: ';
const FLAT_LOSS =
  'minimize what changes smoothly with the weights: `cross_entropy`, `soft_error`, `soft_f1`, `mse`; metrics that count are for `report`';

/** Whether the reason is a primitive whose derivative is 0 of itself: `compare: …`. */
function isFlat(reason: string): boolean {
  return /^[a-z_]+: /.test(reason) && !reason.startsWith(STOP);
}

/** What the only train block minimises. */
function lossRange({ train }: Model): SourceRange | undefined {
  const [block, another] = train;
  if (block === undefined || another !== undefined) return undefined;
  const { nodes, results } = block.task.body;
  const loss = results[0]?.value;
  return nodes.find((node) => loss !== undefined && node.results.includes(loss))?.source ?? block.range;
}
