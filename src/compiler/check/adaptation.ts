/** @file `adapt`: the iterates of a learner on one task. A few steps are traced one by one, many that are alike as a recurrence. */
import { headerMissing } from '../diagnostics/catalogue/blocks.ts';
import { adaptInsideItself, tooManySteps } from '../diagnostics/catalogue/meta.ts';
import { DiagnosticError } from '../diagnostics/diagnostic.ts';
import type { SourceRange } from '../ir/ir.ts';
import type { Block } from '../parse/ast.ts';
import { isAlike, stretches, takeSteps } from './adaptation-loop.ts';
import { type Plan, readPlan } from './adaptation-plan.ts';
import { type Adapting, type Iterate, type Place, stationaryWeights, takeStep } from './adaptation-step.ts';
import { limits } from './budget.ts';
import { atStep, resolveHyperparameter } from './hyperparameters.ts';
import { Iterates } from './iterates.ts';
import { type Learner, type LearnerMeaning, learnerMeaning, ownedWeights } from './learner.ts';
import type { Meaning, SequenceMeaning, TensorMeaning } from './meaning.ts';
import type { ModelAdaptation } from './model.ts';
import { PoisonError } from './poison.ts';
import { Scope } from './scope.ts';
import { beginsWindow, describeThrough, isConstantStep } from './through.ts';
import type { Trace } from './trace.ts';
import type { WeightEntry } from './weights.ts';

/** The meaning of an adapt block's name: an adapted learner, or a family of them when the block has parameters. */
export function adaptation(trace: Trace, block: Block, note: (adaptation: ModelAdaptation) => void): Meaning {
  const name = block.name?.text;
  if (name === undefined) throw new DiagnosticError(headerMissing('a name', 'adapt', 'adapt fast from net { … }', block.keywordRange));
  if (block.parameters === undefined) return adapted(trace, block, name, trace.scope, [], note);
  const parameters = block.parameters.map((parameter) => parameter.text);
  const known: { values: readonly Meaning[]; learner: Meaning }[] = [];
  return {
    kind: 'callable',
    description: 'a family of adapted learners',
    name,
    parameters,
    call: (_context, values) => {
      const found = known.find((one) => one.values.every((value, index) => value === values[index]));
      if (found !== undefined) return found.learner;
      const scope = new Scope(trace.scope);
      parameters.forEach((parameter, index) => {
        scope.define(parameter, () => values[index] as Meaning);
      });
      const learner = trace.atTopLevel(() => adapted(trace, block, name, scope, parameters, note));
      known.push({ values, learner });
      return learner;
    },
  };
}

function adapted(
  trace: Trace,
  block: Block,
  name: string,
  scope: Scope,
  parameters: readonly string[],
  note: (adaptation: ModelAdaptation) => void,
): Meaning {
  const plan = readPlan(trace, block, name, scope);
  const adapting: Adapting = { trace, plan, scope, parameters };
  const { orders } = plan.through;
  const implicit = orders.kind === 'implicit';
  const iterates = new Iterates(trace.root);
  /** With an implicit gradient, the weights that are seen after so many steps. */
  const points = new Map<number, Iterate['weights']>();
  let state: 'ready' | 'busy' | 'failed' = 'ready';
  const learner = (step: number, reach: (step: number) => void, weight: (key: string) => TensorMeaning | undefined): Learner => ({
    model: plan.base.learner.model,
    step: plan.base.learner.step + step,
    prepare: () => reach(step),
    read: (entry) => {
      reach(step);
      return weight(entry.key) ?? plan.base.learner.read(entry);
    },
  });
  const iterateAt = (step: number): Learner => learner(step, advance, (key) => iterates.weight(step, key));
  const learnerAt = (step: number): Learner => (implicit ? learner(step, arrive, (key) => points.get(step)?.get(key)) : iterateAt(step));
  const takeOne = (): void => {
    const step = iterates.taken + 1;
    iterates.add(takeStep(adapting, placeOf(trace, plan, step), iterates.last, iterateAt(step - 1)));
    if (step === 1) noteAdaptation(trace, plan, iterates.last, note);
  };
  const takeMany = (to: number): void => {
    for (const stretch of stretches(adapting, iterates.taken + 1, to))
      iterates.addMany(takeSteps(adapting, stretch, iterates.last, iterateAt(stretch.from - 1)));
  };
  const advance = (step: number): void => {
    if (step === 0) plan.base.learner.prepare();
    while (iterates.taken < step) {
      if (state === 'busy') throw new DiagnosticError(adaptInsideItself(name, plan.minimize.range));
      // The first use told what is wrong.
      if (state === 'failed') throw new PoisonError();
      const { taken } = iterates;
      state = 'busy';
      try {
        // The first step shows which weights adapt, and what is wrong with the block.
        const many =
          taken > 0 && step - taken > (implicit ? 0 : (trace.session.input.unrolledSteps ?? limits.unrolledSteps)) && isAlike(adapting);
        trace.atTopLevel(() => (many ? takeMany(step) : takeOne()));
      } finally {
        state = iterates.taken > taken ? 'ready' : 'failed';
      }
    }
  };
  /** The steps to `step`, and the point that they led to. */
  const arrive = (step: number): void => {
    advance(step);
    if (orders.kind !== 'implicit' || step === 0 || points.has(step)) return;
    trace.atTopLevel(() => points.set(step, stationaryWeights(adapting, step, iterates.at(step), iterateAt(step), orders.solver.solver)));
  };
  const at = (step: number, range: SourceRange): LearnerMeaning => {
    if (trace.phase === 'train' && step > plan.steps) throw new DiagnosticError(tooManySteps(name, step, plan.steps, range));
    if (step > limits.innerSteps) throw new DiagnosticError(tooManySteps(name, step, limits.innerSteps, range, true));
    return learnerMeaning(trace, `${name}[${step}]`, 'an adapted learner', learnerAt(step));
  };
  return {
    ...learnerMeaning(trace, name, 'an adapted learner', learnerAt(plan.steps)),
    index: (_context, step, range) => at(step, range),
    range: (_context, from, to, range) => {
      const items = Array.from({ length: to - from + 1 }, (_, index) => at(from + index, range));
      // All at once, so that many of them are one recurrence.
      advance(Math.max(to, 1));
      return { kind: 'list', items, ...(implicit ? {} : { together: () => sequence(from, to) }) };
    },
  };
  /** The iterates from one to another as a sequence of learners; weights that do not adapt are no part of it. */
  function sequence(from: number, to: number): SequenceMeaning {
    const adapted = ownedWeights(trace, plan.base.learner.model).filter(({ key }) => iterates.last.weights.has(key));
    return {
      parts: adapted.map((entry) => iterates.between(from, to, plan.base.learner.read(entry), entry.key)),
      item: (slices) => {
        const own = new Map(adapted.map(({ key }, index) => [key, slices[index] as TensorMeaning]));
        const read = (entry: WeightEntry): TensorMeaning => own.get(entry.key) ?? plan.base.learner.read(entry);
        return learnerMeaning(trace, name, 'an adapted learner', { ...learnerAt(to), prepare: () => undefined, read });
      },
    };
  }
}

function placeOf(trace: Trace, plan: Plan, step: number): Place {
  const cut = beginsWindow(plan.through, step);
  return {
    number: step,
    step: trace.builder.constant(step),
    constant: isConstantStep(plan.through, step, plan.steps),
    enter: (value) => (cut ? trace.builder.unary('stop_gradient', value) : value),
    hyper: (name, entry) => resolveHyperparameter(trace, plan, name, entry, atStep(trace, plan, step)),
  };
}

function noteAdaptation(trace: Trace, plan: Plan, first: Iterate, note: (adaptation: ModelAdaptation) => void): void {
  const names = ownedWeights(trace, plan.base.learner.model)
    .filter((entry) => first.weights.has(entry.key))
    .map((entry) => trace.session.weights.nameOf(entry));
  const settings = [...plan.optimiser.settings].map(([setting, value]) => `${setting}: ${value}`).join(', ');
  note({
    name: plan.name,
    from: plan.base.name,
    steps: plan.steps,
    order: describeThrough(plan.through),
    solver: plan.through.orders.kind === 'implicit' ? plan.through.orders.solver.description : undefined,
    optimiser: `${plan.optimiser.name}(${settings})`,
    adapts: names,
  });
}
