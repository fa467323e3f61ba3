/** @file `adapt`: the iterates of a learner on one task, unrolled, each step's gradient cut out of the trace. */
import { headerMissing } from '../diagnostics/catalogue/blocks.ts';
import {
  adaptInsideItself,
  adaptsNothing,
  adaptsOnQuery,
  notAScalarLoss,
  nothingLeftToAdapt,
  tooManySteps,
} from '../diagnostics/catalogue/meta.ts';
import { DiagnosticError } from '../diagnostics/diagnostic.ts';
import type { SourceRange, Value } from '../ir/ir.ts';
import type { Block } from '../parse/ast.ts';
import { type Plan, readPlan } from './adaptation-plan.ts';
import { describe } from './describe.ts';
import { sizes } from './dims.ts';
import { gradientOf, sourcesOf } from './extract.ts';
import { resolveHyperparameter } from './hyperparameters.ts';
import { type Learner, type LearnerMeaning, learnerMeaning, ownedWeights } from './learner.ts';
import type { CallableMeaning, Meaning, TensorMeaning } from './meaning.ts';
import type { ModelAdaptation } from './model.ts';
import { PoisonError } from './poison.ts';
import { Scope } from './scope.ts';
import type { Trace } from './trace.ts';
import type { WeightEntry } from './weights.ts';

interface Iterate {
  readonly weights: ReadonlyMap<string, TensorMeaning>;
  readonly slots: ReadonlyMap<string, readonly Value[]>;
}

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
  const iterates: Iterate[] = [{ weights: new Map(), slots: new Map() }];
  let state: 'ready' | 'busy' | 'failed' = 'ready';
  const advance = (step: number): void => {
    if (step === 0) plan.base.learner.prepare();
    while (iterates.length <= step) {
      if (state === 'busy') throw new DiagnosticError(adaptInsideItself(name, plan.minimize.range));
      // The first use told what is wrong.
      if (state === 'failed') throw new PoisonError();
      const count = iterates.length;
      const before = iterates[count - 1] as Iterate;
      const current = learnerAt(count - 1);
      state = 'busy';
      try {
        iterates.push(trace.atTopLevel(() => nextIterate(trace, plan, scope, parameters, count, before, current)));
      } finally {
        state = iterates.length > count ? 'ready' : 'failed';
      }
      if (iterates.length === 2) noteAdaptation(trace, plan, iterates[1] as Iterate, note);
    }
  };
  const learnerAt = (step: number): Learner => ({
    model: plan.base.learner.model,
    step: plan.base.learner.step + step,
    prepare: () => advance(step),
    read: (entry) => {
      advance(step);
      return (iterates[step] as Iterate).weights.get(entry.key) ?? plan.base.learner.read(entry);
    },
  });
  const at = (step: number, title: string): LearnerMeaning => learnerMeaning(trace, title, 'an adapted learner', learnerAt(step));
  return learnerMeaning(trace, name, 'an adapted learner', learnerAt(plan.steps), (_context, step, range) => {
    if (trace.phase === 'train' && step > plan.steps) throw new DiagnosticError(tooManySteps(name, step, plan.steps, range));
    return at(step, `${name}[${step}]`);
  });
}

/** Whether the meta-gradient takes the inner gradient of this step (from 1) as a constant. */
function isConstantStep({ through, steps }: Plan, step: number): boolean {
  return through.kind === 'first_order' || (through.kind === 'truncated' && step <= steps - through.last);
}

/** The inner gradient with as much of its own derivative as `through` leaves it. */
function asUsed(trace: Trace, plan: Plan, step: number, gradient: Value): Value {
  const { root } = trace;
  const constant = root.unary('stop_gradient', gradient);
  if (isConstantStep(plan, step)) return constant;
  // Where nothing is trained there is no meta-gradient, and no outer step either.
  if (plan.through.kind !== 'scheduled' || trace.phase !== 'train') return gradient;
  const { shape } = gradient.type;
  const share = root.broadcast(trace.tensor(plan.through.share, plan.minimize.range).value, shape, []);
  return root.binary('add', constant, root.binary('multiply', share, root.binary('subtract', gradient, constant)));
}

function nextIterate(
  trace: Trace,
  plan: Plan,
  outer: Scope,
  parameters: readonly string[],
  step: number,
  before: Iterate,
  current: Learner,
): Iterate {
  const minimizeRange = plan.minimize.range;
  const aliases = new Map<string, { entry: WeightEntry; alias: TensorMeaning; value: TensorMeaning }>();
  // An alias makes the iterate a value of its own, even where it equals the start, so that the gradient is taken at it alone.
  const read = (entry: WeightEntry): TensorMeaning => {
    const known = aliases.get(entry.key);
    if (known !== undefined) return known.alias;
    const value = current.read(entry);
    const alias: TensorMeaning = { ...value, value: trace.root.emit('reshape', [value.value], { shape: value.value.type.shape }) };
    aliases.set(entry.key, { entry, alias, value });
    return alias;
  };
  const scope = new Scope(outer);
  const learner = learnerMeaning(trace, plan.name, 'the current iterate', {
    model: plan.base.learner.model,
    step: current.step,
    prepare: () => current.prepare(),
    read,
  });
  const iterate: CallableMeaning = {
    kind: 'callable',
    description: 'a family of adapted learners',
    name: plan.name,
    parameters,
    call: () => learner,
  };
  scope.define(plan.name, () => (parameters.length > 0 ? iterate : learner));
  if (plan.counter !== undefined) scope.define(plan.counter, () => ({ kind: 'number', value: step }));
  const loss = trace.tensor(trace.language.evaluate(trace, plan.minimize, scope), minimizeRange);
  if (loss.dims.length > 0) throw new DiagnosticError(notAScalarLoss(`the loss of \`adapt ${plan.name}\``, describe(loss), minimizeRange));
  // The loss is the same expression at every step, so the ends are enough; searching the whole trace each time takes quadratic time.
  if (step === 1 || step === plan.steps) refuseQuery(trace, plan, loss, parameters, minimizeRange);
  const chosen = [...aliases.values()].filter(({ entry }) => plan.adapts(entry)).sort((a, b) => (a.entry.key < b.entry.key ? -1 : 1));
  const aliased = chosen.map(({ alias }) => alias.value);
  if (aliases.size > 0 && chosen.length === 0) throw nothingLeft(trace, plan);
  const inLoss = new Set(sourcesOf(trace.root, loss.value, aliased));
  const reached = chosen.filter(({ alias }) => inLoss.has(alias.value));
  return trace.at(minimizeRange, () => {
    const gradients = gradientOf(
      trace.root,
      loss.value,
      reached.map(({ alias }) => alias.value),
    );
    if (gradients === undefined) throw new DiagnosticError(adaptsNothing(plan.name, minimizeRange));
    const used = gradients.map((gradient) => asUsed(trace, plan, step, gradient));
    const slotCount = plan.optimiser.slots.length;
    const updated = plan.optimiser.update({
      builder: trace.root,
      weights: reached.map(({ value }) => value.value),
      gradients: used,
      slots: Array.from({ length: slotCount }, (_, slot) =>
        reached.map(({ entry }) => before.slots.get(entry.key)?.[slot] ?? firstSlot(trace, plan, slot, entry)),
      ),
      step: trace.root.constant(step),
      hyper: (hyperName, index) => {
        const { entry } = reached[index] as { entry: WeightEntry };
        return resolveHyperparameter(trace, plan.optimiser, hyperName, plan.name, entry, step, plan.steps);
      },
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
  return optimiser.start === undefined ? trace.root.constant(0, shape) : optimiser.start(trace.root, slot, shape);
}

/** Paths that name nothing were reported already, and explain it. */
function nothingLeft(trace: Trace, plan: Plan): Error {
  return trace.session.failed ? new PoisonError() : new DiagnosticError(nothingLeftToAdapt(plan.name, plan.selectionRange));
}

function refuseQuery(trace: Trace, plan: Plan, loss: TensorMeaning, parameters: readonly string[], range: SourceRange): void {
  if (parameters.length > 0 || plan.base.description !== 'a model') return;
  const query = [...trace.partOf].filter(([, part]) => part.part === 'query').map(([value]) => value);
  if (sourcesOf(trace.root, loss.value, query).length > 0) throw new DiagnosticError(adaptsOnQuery(plan.name, range));
}

function noteAdaptation(trace: Trace, plan: Plan, first: Iterate, note: (adaptation: ModelAdaptation) => void): void {
  const order =
    plan.through.kind === 'everything'
      ? 'every order'
      : plan.through.kind === 'first_order'
        ? 'first order'
        : plan.through.kind === 'scheduled'
          ? `the second order by ${plan.through.share.description}`
          : `truncated to the last ${plan.through.last} steps`;
  const names = ownedWeights(trace, plan.base.learner.model)
    .filter((entry) => first.weights.has(entry.key))
    .map((entry) => trace.session.weights.nameOf(entry));
  const settings = [...plan.optimiser.settings].map(([setting, value]) => `${setting}: ${value}`).join(', ');
  note({
    name: plan.name,
    from: plan.base.name,
    steps: plan.steps,
    order,
    optimiser: `${plan.optimiser.name}(${settings})`,
    adapts: names,
  });
}
