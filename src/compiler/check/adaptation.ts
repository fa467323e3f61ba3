/** @file `adapt`: the iterates of a learner on one task, unrolled, each step's gradient cut out of the trace. */
import { headerMissing } from '../diagnostics/catalogue/blocks.ts';
import {
  adaptInsideItself,
  adaptsNothing,
  adaptsOnQuery,
  noSuchPart,
  notALearner,
  notAScalarLoss,
  nothingLeftToAdapt,
  tooManySteps,
} from '../diagnostics/catalogue/meta.ts';
import { notAnOptimiser } from '../diagnostics/catalogue/values.ts';
import { DiagnosticError } from '../diagnostics/diagnostic.ts';
import { suggest } from '../diagnostics/did-you-mean.ts';
import type { SourceRange, Value } from '../ir/ir.ts';
import type { Block, Expression } from '../parse/ast.ts';
import { limits } from './budget.ts';
import { ClauseReader } from './clause-reader.ts';
import { wrongClause } from './clauses.ts';
import { describe, optimiserExample } from './describe.ts';
import { sizes } from './dims.ts';
import { gradientOf, sourcesOf } from './extract.ts';
import { resolveHyperparameter } from './hyperparameters.ts';
import { isLearner, type Learner, type LearnerMeaning, learnerMeaning, ownedWeights } from './learner.ts';
import type { CallableMeaning, Meaning, OptimiserMeaning, TensorMeaning } from './meaning.ts';
import type { ModelAdaptation } from './model.ts';
import { pathOf } from './paths.ts';
import { PoisonError } from './poison.ts';
import { Scope } from './scope.ts';
import { CheckSession } from './session.ts';
import type { Trace } from './trace.ts';
import type { WeightEntry } from './weights.ts';

/** What the meta-gradient goes through. */
type Through = { readonly kind: 'everything' } | { readonly kind: 'first_order' } | { readonly kind: 'truncated'; readonly last: number };

interface Plan {
  readonly name: string;
  readonly base: LearnerMeaning;
  readonly minimize: Expression;
  readonly optimiser: OptimiserMeaning;
  readonly steps: number;
  /** `steps k in 1..n`. */
  readonly counter: string | undefined;
  readonly through: Through;
  readonly adapts: (entry: WeightEntry) => boolean;
  /** Of `only` or `freeze`. */
  readonly selectionRange: SourceRange;
}

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
  const cut = plan.through.kind === 'truncated' && step === plan.steps - plan.through.last + 1;
  // An alias makes the iterate a value of its own, even where it equals the start, so that the gradient is taken at it alone.
  const read = (entry: WeightEntry): TensorMeaning => {
    const known = aliases.get(entry.key);
    if (known !== undefined) return known.alias;
    const stored = current.read(entry);
    const value = cut ? { ...stored, value: trace.root.unary('stop_gradient', stored.value) } : stored;
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
    const used = plan.through.kind === 'first_order' ? gradients.map((gradient) => trace.root.unary('stop_gradient', gradient)) : gradients;
    const slotCount = plan.optimiser.slots.length;
    const updated = plan.optimiser.update({
      builder: trace.root,
      weights: reached.map(({ value }) => value.value),
      gradients: used,
      slots: Array.from({ length: slotCount }, (_, slot) =>
        reached.map(({ entry }) => before.slots.get(entry.key)?.[slot] ?? trace.root.constant(0, sizes(entry.dims))),
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

function readPlan(trace: Trace, block: Block, name: string, scope: Scope): Plan {
  const { session } = trace;
  const reader = new ClauseReader(session, 'adapt', CheckSession.settingPrefix(block), `\`adapt ${name}\``, block.body, block.keywordRange);
  reader.allowOnly(block.body, []);
  if (block.from === undefined)
    throw new DiagnosticError(headerMissing('`from` and a model', 'adapt', `adapt ${name} from net { … }`, block.keywordRange));
  const { from } = block;
  // Each part is read by itself, so that one wrong value does not hide another.
  const base = session.attempt(() => readBase(trace, from, scope), undefined);
  const complete = reader.complete();
  const using = session.attempt(() => reader.expression('using'), undefined);
  const optimiser = using === undefined ? undefined : session.attempt(() => readOptimiser(trace, using, scope), undefined);
  const schedule = session.attempt(() => readSteps(trace, reader, scope), undefined);
  const through = session.attempt(() => readThrough(trace, reader, schedule?.steps ?? 1, scope), undefined);
  const minimize = session.attempt(() => reader.expression('minimize'), undefined);
  if (base === undefined || !complete || optimiser === undefined || schedule === undefined || through === undefined)
    throw new PoisonError();
  if (minimize === undefined) throw new PoisonError();
  const selectionRange = reader.rangeOf(reader.has('only') ? 'only' : 'freeze');
  return { name, base, minimize, optimiser, ...schedule, through, adapts: readSelection(trace, reader, base), selectionRange };
}

function readBase(trace: Trace, from: Expression, scope: Scope): LearnerMeaning {
  const base = trace.language.evaluate(trace, from, scope);
  if (base.kind === 'poison') throw new PoisonError();
  if (!isLearner(base)) throw new DiagnosticError(notALearner(describe(base), from.range));
  return base;
}

/** `steps 5`, or `steps k in 1..5` with a name for the number of the step. */
function readSteps(trace: Trace, reader: ClauseReader, scope: Scope): Pick<Plan, 'steps' | 'counter'> {
  const written = reader.arguments('steps')[0];
  if (written?.kind !== 'binder' || written.value !== undefined) {
    const constants = { constant: (expression: Expression) => trace.language.evaluate(trace, expression, scope) };
    return { steps: reader.number(constants, 'steps', { integer: true, least: 1, most: limits.innerSteps }) ?? 1, counter: undefined };
  }
  const over = trace.language.evaluate(trace, written.over, scope);
  const first = over.kind === 'list' ? over.items[0] : undefined;
  if (over.kind === 'list' && first?.kind === 'number' && first.value === 1 && over.items.length <= limits.innerSteps)
    return { steps: over.items.length, counter: written.name.text };
  const expected = `a range from 1 to at most ${limits.innerSteps.toLocaleString('en')}`;
  throw wrongClause('adapt', 'steps', expected, trace.session.textOf(written.over.range), written.range, 'write `steps k in 1..5`');
}

function readOptimiser(trace: Trace, using: Expression, scope: Scope): OptimiserMeaning {
  const optimiser = trace.language.evaluate(trace, using, scope);
  if (optimiser.kind === 'poison') throw new PoisonError();
  if (optimiser.kind === 'optimiser') return optimiser;
  throw new DiagnosticError(notAnOptimiser(describe(optimiser), optimiserExample(optimiser), using.range));
}

function readThrough(trace: Trace, reader: ClauseReader, steps: number, scope: Scope): Through {
  const written = reader.expression('through');
  if (written === undefined || (written.kind === 'name' && written.name === 'everything')) return { kind: 'everything' };
  if (written.kind === 'name' && written.name === 'first_order') return { kind: 'first_order' };
  const argument =
    written.kind === 'call' && written.callee.kind === 'name' && written.callee.name === 'truncated' ? written.arguments[0] : undefined;
  const last = argument?.kind === 'positional' ? trace.language.evaluate(trace, argument.value, scope) : undefined;
  if (last?.kind === 'number' && Number.isInteger(last.value) && last.value >= 1) {
    return last.value >= steps ? { kind: 'everything' } : { kind: 'truncated', last: last.value };
  }
  const hint =
    written.kind === 'name' && written.name === 'second_order' ? 'leave `through` out: the default goes through every order' : undefined;
  throw wrongClause(
    'adapt',
    'through',
    '`everything`, `first_order` or `truncated(k)`',
    trace.session.textOf(written.range),
    written.range,
    hint ?? nearest(written, ['everything', 'first_order', 'truncated']),
  );
}

/** `only` and `freeze` as a test on weights; paths that name nothing are refused once the weights are known. */
function readSelection(trace: Trace, reader: ClauseReader, base: LearnerMeaning): (entry: WeightEntry) => boolean {
  const paths = (keyword: string) =>
    reader.arguments(keyword).map((argument) => {
      const path = argument.kind === 'positional' ? pathOf(argument.value) : undefined;
      if (path === undefined)
        throw wrongClause('adapt', keyword, 'a path such as `net.head`', trace.session.textOf(argument.range), argument.range);
      return { path, range: argument.range };
    });
  const only = paths('only');
  const freeze = paths('freeze');
  const { weights } = trace.session;
  const check = (): void => {
    const owned = ownedWeights(trace, base.learner.model);
    for (const { path, range } of [...only, ...freeze]) {
      if (owned.length > 0 && !owned.some((entry) => weights.under(entry, path))) {
        trace.session.report(
          noSuchPart(
            path.join('.'),
            owned.map((entry) => weights.nameOf(entry)),
            range,
          ),
        );
      }
    }
  };
  let checked = false;
  return (entry) => {
    if (!checked) {
      checked = true;
      check();
    }
    const among = (list: readonly { path: readonly string[] }[]) => list.some(({ path }) => weights.under(entry, path));
    return (only.length === 0 || among(only)) && !among(freeze);
  };
}

/** "did you mean" for a word that is close to one of the list. */
function nearest(written: Expression, words: readonly string[]): string | undefined {
  const near = written.kind === 'name' ? suggest(written.name, words) : undefined;
  return near === undefined ? undefined : `did you mean \`${near}\`?`;
}
