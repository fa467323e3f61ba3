/** @file Values of an inner optimiser's hyperparameters for one weight and step; learned ones become weights. */
import { InternalError } from '../diagnostics/internal-error.ts';
import type { Value } from '../ir/ir.ts';
import { wrongClause } from './clauses.ts';
import { describe } from './describe.ts';
import { dim, sizes } from './dims.ts';
import type { OptimiserMeaning, TensorMeaning } from './meaning.ts';
import type { Trace } from './trace.ts';
import type { Segment, WeightEntry } from './weights.ts';

/** The hyperparameter `name` at inner step `step` (from 1) for the weight, broadcast to its shape. */
export function resolveHyperparameter(
  trace: Trace,
  optimiser: OptimiserMeaning,
  name: string,
  block: string,
  entry: WeightEntry,
  step: number,
  steps: number,
): Value {
  const meaning = optimiser.hyperparameters.get(name);
  if (meaning === undefined) throw new InternalError(`${optimiser.name} has no hyperparameter ${name}`);
  const shape = sizes(entry.dims);
  if (meaning.kind === 'number') return trace.root.constant(meaning.value, shape);
  const spread = (scalar: TensorMeaning): Value => trace.root.broadcast(scalar.value, shape, []);
  if (meaning.kind === 'tensor') {
    if (meaning.dims.length > 0)
      throw wrongClause('adapt', 'using', `a scalar \`${name}\``, describe(meaning), trace.root.source ?? entry.range);
    return spread(meaning);
  }
  if (meaning.kind === 'schedule') return spread(trace.tensor(meaning, entry.range));
  const path: Segment[] = [block, name].map((segment) => ({ name: segment, index: 1 }));
  switch (meaning.per) {
    case 'scalar':
      return spread(trace.learnedAt(meaning, [], path, '', undefined));
    case 'weight':
      return spread(trace.learnedAt(meaning, [], [...path, ...entry.segments], entry.parameter, undefined));
    case 'element':
      return trace.learnedAt(meaning, entry.dims, [...path, ...entry.segments], entry.parameter, undefined).value;
    case 'step': {
      const all = trace.learnedAt(meaning, [dim(steps, 'steps')], path, '', undefined);
      // Beyond the training steps the last rate is kept.
      const index = Math.min(step, steps) - 1;
      const one = trace.root.emit('slice', [all.value], { start: [index], limit: [index + 1], strides: [1] });
      return trace.root.broadcast(trace.root.reshape(one, []), shape, []);
    }
  }
}
