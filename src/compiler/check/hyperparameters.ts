/** @file Values of an inner optimiser's hyperparameters for one weight and step; learned ones become weights. */
import { InternalError } from '../diagnostics/internal-error.ts';
import type { Value } from '../ir/ir.ts';
import { wrongClause } from './clauses.ts';
import { describe } from './describe.ts';
import { dim, sizes } from './dims.ts';
import type { LearnedMeaning, OptimiserMeaning, TensorMeaning } from './meaning.ts';
import type { Trace } from './trace.ts';
import type { Segment, WeightEntry } from './weights.ts';

/** Of an `adapt` block: its optimiser, its name, and its inner steps. */
interface Inner {
  readonly optimiser: OptimiserMeaning;
  readonly name: string;
  readonly steps: number;
}

function pathOf({ name: block }: Inner, name: string): Segment[] {
  return [block, name].map((segment) => ({ name: segment, index: 1 }));
}

/** The values of a hyperparameter that is learned per step, for all steps: float[steps]. */
function perStep(trace: Trace, inner: Inner, name: string, meaning: LearnedMeaning): TensorMeaning {
  return trace.learnedAt(meaning, [dim(inner.steps, 'steps')], pathOf(inner, name), '', undefined);
}

/** The hyperparameter `name` for the weight, broadcast to its shape; `ofStep` gives one that is learned per step, as float[]. */
export function resolveHyperparameter(
  trace: Trace,
  inner: Inner,
  name: string,
  entry: WeightEntry,
  ofStep: (name: string, meaning: LearnedMeaning) => Value,
): Value {
  const { builder } = trace;
  const meaning = inner.optimiser.hyperparameters.get(name);
  if (meaning === undefined) throw new InternalError(`${inner.optimiser.name} has no hyperparameter ${name}`);
  const shape = sizes(entry.dims);
  if (meaning.kind === 'number') return builder.constant(meaning.value, shape);
  const spread = (scalar: Value): Value => builder.broadcast(scalar, shape, []);
  if (meaning.kind === 'tensor') {
    if (meaning.dims.length > 0)
      throw wrongClause('adapt', 'using', `a scalar \`${name}\``, describe(meaning), builder.source ?? entry.range);
    return spread(meaning.value);
  }
  if (meaning.kind === 'schedule') return spread(trace.tensor(meaning, entry.range).value);
  const path = pathOf(inner, name);
  switch (meaning.per) {
    case 'scalar':
      return spread(trace.learnedAt(meaning, [], path, '', undefined).value);
    case 'weight':
      return spread(trace.learnedAt(meaning, [], [...path, ...entry.segments], entry.parameter, undefined).value);
    case 'element':
      return trace.learnedAt(meaning, entry.dims, [...path, ...entry.segments], entry.parameter, undefined).value;
    case 'step':
      return spread(ofStep(name, meaning));
  }
}

/** A hyperparameter that is learned per step, at one step (from 1). Beyond the training steps the last value is kept. */
export function atStep(trace: Trace, inner: Inner, step: number): (name: string, meaning: LearnedMeaning) => Value {
  return (name, meaning) => {
    const index = Math.min(step, inner.steps) - 1;
    const all = perStep(trace, inner, name, meaning);
    const one = trace.builder.emit('slice', [all.value], { start: [index], limit: [index + 1], strides: [1] });
    return trace.builder.reshape(one, []);
  };
}

/** The hyperparameters that are learned per step, at the steps `from` to `to` (from 1): float[to - from + 1] each, by their names. */
export function atSteps(trace: Trace, inner: Inner, from: number, to: number): ReadonlyMap<string, Value> {
  const found = new Map<string, Value>();
  for (const [name, meaning] of inner.optimiser.hyperparameters) {
    if (meaning.kind !== 'learned' || meaning.per !== 'step') continue;
    const all = perStep(trace, inner, name, meaning);
    const rows = Array.from({ length: to - from + 1 }, (_, index) => Math.min(from + index, inner.steps) - 1);
    const indices = trace.builder.emit('constant', [], { dtype: 'int', shape: [rows.length], values: rows });
    found.set(name, trace.builder.emit('gather', [all.value, indices], { axis: 0, batchDims: 0 }));
  }
  return found;
}
