/** @file One step of `adapt`: the loss at the current iterate, its gradient cut out of the trace, and what the optimiser makes of it. */
import { adaptsNothing, adaptsOnQuery, notAScalarLoss, nothingLeftToAdapt } from '../diagnostics/catalogue/meta.ts';
import { DiagnosticError } from '../diagnostics/diagnostic.ts';
import type { SourceRange, Value } from '../ir/ir.ts';
import type { LinearSolver } from '../ir/primitives.ts';
import type { Plan } from './adaptation-plan.ts';
import { describe } from './describe.ts';
import { sizes } from './dims.ts';
import { gradientOf, sourcesOf, stationaryPoint } from './extract.ts';
import { type Learner, learnerMeaning } from './learner.ts';
import type { CallableMeaning, TensorMeaning } from './meaning.ts';
import { PoisonError } from './poison.ts';
import { Scope } from './scope.ts';
import type { Trace } from './trace.ts';
import type { WeightEntry } from './weights.ts';

/** Weights that have adapted, and what the optimiser keeps for each, by their keys. */
export interface Iterate {
  readonly weights: ReadonlyMap<string, TensorMeaning>;
  readonly slots: ReadonlyMap<string, readonly Value[]>;
}

/** What differs from step to step. */
export interface Place {
  /** Its number where there is one: undefined for a step that stands for many. */
  readonly number: number | undefined;
  /** Counted from 1: float[]. */
  readonly step: Value;
  /** Whether the meta-gradient takes its inner gradient as a constant. */
  readonly constant: boolean;
  /** A part of the iterate, or of the optimiser's state, as it enters the step. */
  enter(value: Value): Value;
  /** The value of a hyperparameter for one weight, broadcast to its shape. */
  hyper(name: string, entry: WeightEntry): Value;
}

/** An `adapt` block with what its loss is evaluated in. */
export interface Adapting {
  readonly trace: Trace;
  readonly plan: Plan;
  readonly scope: Scope;
  /** Of the block: those of a family. */
  readonly parameters: readonly string[];
}

/** The inner gradient with as much of its own derivative as `through` leaves it. */
function asUsed({ trace, plan }: Adapting, place: Place, gradient: Value): Value {
  const { builder } = trace;
  const constant = builder.unary('stop_gradient', gradient);
  if (place.constant) return constant;
  const { orders } = plan.through;
  // Where nothing is trained there is no meta-gradient, and no outer step either.
  if (orders.kind !== 'scheduled' || trace.phase !== 'train') return gradient;
  const share = builder.broadcast(trace.tensor(orders.share, plan.minimize.range).value, gradient.type.shape, []);
  return builder.binary('add', constant, builder.binary('multiply', share, builder.binary('subtract', gradient, constant)));
}

/** What the block's own name means in its loss. */
function scopeOfStep({ trace, plan, scope: outer, parameters }: Adapting, number: Place['number'], iterate: Learner): Scope {
  const learner = learnerMeaning(trace, plan.name, 'the current iterate', iterate);
  const family: CallableMeaning = {
    kind: 'callable',
    description: 'a family of adapted learners',
    name: plan.name,
    parameters,
    call: () => learner,
  };
  const scope = new Scope(outer);
  scope.define(plan.name, () => (parameters.length > 0 ? family : learner));
  if (plan.counter !== undefined && number !== undefined) scope.define(plan.counter, () => ({ kind: 'number', value: number }));
  return scope;
}

/** A weight that adapts. An alias makes it a value of its own, even where it equals the start, so that a gradient is taken at it alone. */
interface Aliased {
  readonly entry: WeightEntry;
  readonly alias: TensorMeaning;
  readonly value: TensorMeaning;
}

/** What the block minimises, at an iterate. */
interface Objective {
  /** float[]. */
  readonly loss: TensorMeaning;
  /** Those of the weights that adapt that the loss depends on, by their keys. */
  readonly reached: readonly Aliased[];
}

/** Traces `minimize` at the weights of `current`, where the trace stands. Throws DiagnosticError where it is no loss of one task. */
function traceObjective(adapting: Adapting, place: Pick<Place, 'number' | 'enter'>, before: Iterate, current: Learner): Objective {
  const { trace, plan } = adapting;
  const { builder } = trace;
  const { range } = plan.minimize;
  const aliases = new Map<string, Aliased>();
  const read = (entry: WeightEntry): TensorMeaning => {
    const known = aliases.get(entry.key);
    if (known !== undefined) return known.alias;
    const own = current.read(entry);
    const value = before.weights.has(entry.key) ? { ...own, value: place.enter(own.value) } : own;
    const alias: TensorMeaning = { ...value, value: builder.emit('reshape', [value.value], { shape: value.value.type.shape }) };
    aliases.set(entry.key, { entry, alias, value });
    return alias;
  };
  const iterate = { model: plan.base.learner.model, step: current.step, prepare: () => current.prepare(), read };
  const loss = trace.tensor(trace.language.evaluate(trace, plan.minimize, scopeOfStep(adapting, place.number, iterate)), range);
  if (loss.dims.length > 0) throw new DiagnosticError(notAScalarLoss(`the loss of \`adapt ${plan.name}\``, describe(loss), range));
  // The loss is the same expression at every step, so the ends are enough; searching the whole trace each time takes quadratic time.
  if (place.number === 1 || place.number === plan.steps) refuseQuery(adapting, loss, range);
  const chosen = [...aliases.values()].filter(({ entry }) => plan.adapts(entry)).sort((a, b) => (a.entry.key < b.entry.key ? -1 : 1));
  const aliased = chosen.map(({ alias }) => alias.value);
  if (aliases.size > 0 && chosen.length === 0) throw nothingLeft(trace, plan);
  const inLoss = new Set(sourcesOf(builder, loss.value, aliased));
  return { loss, reached: chosen.filter(({ alias }) => inLoss.has(alias.value)) };
}

/**
 * The weights of an iterate as a point at which the gradient of the objective does not change, whatever led there (Rajeswaran et al. 2019,
 * lemma 1): the values are its own, their derivatives those of the point.
 */
export function stationaryWeights(
  adapting: Adapting,
  number: number,
  iterate: Iterate,
  current: Learner,
  solver: LinearSolver,
): Iterate['weights'] {
  const { trace, plan } = adapting;
  const { loss, reached } = traceObjective(adapting, { number, enter: (value) => value }, iterate, current);
  const values = trace.at(plan.minimize.range, () =>
    stationaryPoint(
      trace.builder,
      loss.value,
      reached.map(({ alias }) => alias.value),
      solver,
    ),
  );
  if (values === undefined) throw new DiagnosticError(adaptsNothing(plan.name, plan.minimize.range));
  const weights = new Map(iterate.weights);
  reached.forEach(({ entry, value }, index) => void weights.set(entry.key, { ...value, value: values[index] as Value }));
  return weights;
}

/** The iterate after a step from `before`, the weights of `current`; traced where the trace stands. */
export function takeStep(adapting: Adapting, place: Place, before: Iterate, current: Learner): Iterate {
  const { trace, plan } = adapting;
  const { builder } = trace;
  const { range } = plan.minimize;
  const { loss, reached } = traceObjective(adapting, place, before, current);
  return trace.at(range, () => {
    const gradients = gradientOf(
      builder,
      loss.value,
      reached.map(({ alias }) => alias.value),
    );
    if (gradients === undefined) throw new DiagnosticError(adaptsNothing(plan.name, range));
    const updated = plan.optimiser.update({
      builder,
      weights: reached.map(({ value }) => value.value),
      gradients: gradients.map((gradient) => asUsed(adapting, place, gradient)),
      slots: plan.optimiser.slots.map((_, slot) =>
        reached.map(({ entry }) => {
          const own = before.slots.get(entry.key)?.[slot];
          return own === undefined ? firstSlot(trace, plan, slot, entry) : place.enter(own);
        }),
      ),
      step: place.step,
      hyper: (name, index) => place.hyper(name, (reached[index] as Aliased).entry),
    });
    const weights = new Map(before.weights);
    const slots = new Map(before.slots);
    reached.forEach(({ entry, value }, index) => {
      weights.set(entry.key, { kind: 'tensor', value: updated.weights[index] as Value, dims: value.dims, level: 'task' });
      slots.set(
        entry.key,
        updated.slots.map((slot) => slot[index] as Value),
      );
    });
    return { weights, slots };
  });
}

function firstSlot(trace: Trace, { optimiser }: Plan, slot: number, entry: WeightEntry): Value {
  const shape = sizes(entry.dims);
  return optimiser.start === undefined ? trace.builder.constant(0, shape) : optimiser.start(trace.builder, slot, shape);
}

/** Paths that name nothing were reported already, and explain it. */
function nothingLeft(trace: Trace, plan: Plan): Error {
  return trace.session.failed ? new PoisonError() : new DiagnosticError(nothingLeftToAdapt(plan.name, plan.selectionRange));
}

function refuseQuery({ trace, plan, parameters }: Adapting, loss: TensorMeaning, range: SourceRange): void {
  if (parameters.length > 0 || plan.base.description !== 'a model') return;
  const query = [...trace.partOf].filter(([, part]) => part.part === 'query').map(([value]) => value);
  if (sourcesOf(trace.builder, loss.value, query).length > 0) throw new DiagnosticError(adaptsOnQuery(plan.name, range));
}
