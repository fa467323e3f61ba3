/** @file Many steps of `adapt` as a recurrence: traced once, whatever their number. */
import { InternalError } from '../diagnostics/internal-error.ts';
import type { Value } from '../ir/ir.ts';
import { type Adapting, type Iterate, type Place, takeStep } from './adaptation-step.ts';
import { dim } from './dims.ts';
import { atSteps, resolveHyperparameter } from './hyperparameters.ts';
import type { Learner } from './learner.ts';
import type { TensorMeaning } from './meaning.ts';
import { beginsWindow, isConstantStep } from './through.ts';
import type { WeightEntry } from './weights.ts';

/** Steps in a row that are taken in the same way. */
export interface Stretch {
  /** Numbers of the first and the last, from 1. */
  readonly from: number;
  readonly to: number;
}

export interface Looped {
  readonly steps: number;
  readonly last: Iterate;
  /** The weights after each step: [steps, ...], by their keys. */
  readonly weights: ReadonlyMap<string, TensorMeaning>;
}

/**
 * Whether steps of the block can stand in a recurrence: its loss does not ask for the number of a step, and nothing in it keeps a state
 * for each step, such as running statistics.
 */
export function isAlike({ trace, plan }: Adapting): boolean {
  return plan.counter === undefined && ![...trace.bindings.values()].some(({ kind }) => kind === 'state');
}

/** The steps `from` to `to`, cut where `through` begins to let the inner gradients through. */
export function stretches({ plan }: Adapting, from: number, to: number): readonly Stretch[] {
  const { orders } = plan.through;
  const turn = orders.kind === 'truncated' ? plan.steps - orders.last : 0;
  return from <= turn && turn < to
    ? [
        { from, to: turn },
        { from: turn + 1, to },
      ]
    : [{ from, to }];
}

/** Takes the steps from `before`, an iterate that has taken at least one: it holds all weights that adapt. `current` reads the others. */
export function takeSteps(adapting: Adapting, { from, to }: Stretch, before: Iterate, current: Learner): Looped {
  const { trace, plan } = adapting;
  const { builder } = trace;
  const length = dim(to - from + 1);
  const numbers = Array.from({ length: length.size }, (_, index) => from + index);
  const sequence = (values: readonly number[]): Value =>
    builder.emit('constant', [], { dtype: 'float', shape: [length.size], values: [...values] });
  const rates = atSteps(trace, plan, from, to);
  const begins = plan.through.window === undefined ? [] : [sequence(numbers.map((step) => (beginsWindow(plan.through, step) ? 1 : 0)))];
  const parts = partsOf(before);
  const { last, outputs } = trace.recur({
    length,
    reverse: false,
    carries: parts.map(({ path, tensor }) => ({ path, tensor, range: plan.minimize.range })),
    sequences: [sequence(numbers), ...begins, ...rates.values()].map((value) => ({ kind: 'tensor', value, dims: [length], level: 'meta' })),
    range: plan.minimize.range,
    step(carries, items) {
      const slices = items.map(({ value }) => value);
      const own = new Map([...rates.keys()].map((name, index) => [name, slices[1 + begins.length + index] as Value]));
      const place: Place = {
        number: undefined,
        step: slices[0] as Value,
        constant: isConstantStep(plan.through, from, plan.steps),
        enter: begins.length === 0 ? (value) => value : (value) => cutWhere(adapting, slices[1] as Value, value),
        hyper: (name, entry) => resolveHyperparameter(trace, plan, name, entry, (learned) => own.get(learned) as Value),
      };
      const iterate = assembled(before, carries);
      const after = takeStep(adapting, place, iterate, {
        ...current,
        read: (entry: WeightEntry) => iterate.weights.get(entry.key) ?? current.read(entry),
      });
      const next = partsOf(after).map(({ tensor }) => tensor);
      if (next.length !== carries.length) throw new InternalError('a step of a loop adapts other weights than the one before');
      return { next, outputs: next.slice(0, after.weights.size) };
    },
  });
  return {
    steps: length.size,
    last: assembled(before, last),
    weights: new Map([...before.weights.keys()].map((key, index) => [key, outputs[index] as TensorMeaning])),
  };
}

/** The tensors of an iterate: its weights, then what the optimiser keeps. */
function partsOf({ weights, slots }: Iterate): readonly { readonly path: string; readonly tensor: TensorMeaning }[] {
  const kept = [...slots].flatMap(([key, values]) => {
    return values.map((value) => ({
      path: key,
      tensor: { kind: 'tensor', value, dims: value.type.shape.map((size) => dim(size)), level: 'task' } as const,
    }));
  });
  return [...[...weights].map(([path, tensor]) => ({ path, tensor })), ...kept];
}

/** The inverse of `partsOf`, for an iterate of the form of `like`. */
function assembled(like: Iterate, tensors: readonly TensorMeaning[]): Iterate {
  let from = 0;
  const next = (): TensorMeaning => tensors[from++] as TensorMeaning;
  return {
    weights: new Map([...like.weights].map(([key, { dims }]) => [key, { ...next(), dims }])),
    slots: new Map([...like.slots].map(([key, values]) => [key, values.map(() => next().value)])),
  };
}

/** The value, as a constant where `flag` (float[], 0 or 1) is 1. */
function cutWhere({ trace: { builder } }: Adapting, flag: Value, value: Value): Value {
  const { shape } = value.type;
  const holds = builder.broadcast(builder.compare('GT', flag, builder.constant(0.5)), shape, []);
  return builder.select(holds, builder.unary('stop_gradient', value), value);
}
