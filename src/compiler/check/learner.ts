/** @file Learners: a model together with values for its weights. Models, iterates of `adapt`, gradients, and sums of these. */
import { tooDeep } from '../diagnostics/catalogue/names.ts';
import { badOperands } from '../diagnostics/catalogue/values.ts';
import { DiagnosticError } from '../diagnostics/diagnostic.ts';
import type { SourceRange } from '../ir/ir.ts';
import type { BinaryOperator, Block } from '../parse/ast.ts';
import { evaluateBody } from './body.ts';
import { applyBinary } from './builtins/elementwise.ts';
import { describe } from './describe.ts';
import type { Frame, PartOf } from './frame.ts';
import type { CallableMeaning, Meaning, TensorMeaning } from './meaning.ts';
import { PoisonError } from './poison.ts';
import { Scope } from './scope.ts';
import type { Trace } from './trace.ts';
import type { WeightEntry } from './weights.ts';

export interface LearnerMeaning extends CallableMeaning {
  readonly learner: Learner;
}

export interface Learner {
  readonly model: Block;
  /** Inner steps taken. */
  readonly step: number;
  /** Does the work that makes the model's weights known: an adapted learner takes its steps. */
  prepare(): void;
  /** The value of one of the model's weights for this learner. */
  read(entry: WeightEntry): TensorMeaning;
}

export function isLearner(meaning: Meaning): meaning is LearnerMeaning {
  return meaning.kind === 'callable' && 'learner' in meaning;
}

export function modelName(model: Block): string {
  return model.name?.text ?? 'model';
}

/** Entries of the weights that the model owns, as far as they are known. */
export function ownedWeights(trace: Trace, model: Block): readonly WeightEntry[] {
  return trace.session.weights.weights.filter((entry) => entry.owner === modelName(model));
}

export function learnerMeaning(
  trace: Trace,
  name: string,
  description: string,
  learner: Learner,
  index?: CallableMeaning['index'],
): LearnerMeaning {
  const { model } = learner;
  return {
    kind: 'callable',
    description,
    name,
    parameters: (model.parameters ?? []).map((parameter) => parameter.text),
    learner,
    call: (_context, values, range) => applyModel(trace, learner, values, range),
    weights: () => {
      learner.prepare();
      return new Map(ownedWeights(trace, model).map((entry) => [entry.key, learner.read(entry)]));
    },
    withWeights: (weights) =>
      learnerMeaning(trace, name, description, {
        model,
        step: learner.step,
        prepare: () => undefined,
        read: (entry) => weights.get(entry.key) ?? learner.read(entry),
      }),
    ...(index === undefined ? {} : { index }),
  };
}

function applyModel(trace: Trace, learner: Learner, values: readonly Meaning[], range: SourceRange): Meaning {
  return applyInFrame(trace, learner, values, range).result;
}

function applyInFrame(trace: Trace, learner: Learner, values: readonly Meaning[], range: SourceRange): { result: Meaning; frame: Frame } {
  const { model } = learner;
  const part = partOfInput(trace, values);
  let companion: Frame | undefined;
  const home = trace.builder;
  const frame: Frame = {
    owner: modelName(model),
    segments: [{ name: modelName(model), index: 1 }],
    counters: new Map(),
    read: (entry) => learner.read(entry),
    step: learner.step,
    moments: new Map(),
    isSupport: part?.part === 'support',
    companion:
      part === undefined || part.part === 'support' || values.length !== 1
        ? undefined
        : () => {
            companion ??= trace.inBuilder(home, () => applyInFrame(trace, learner, [supportOf(trace, part)], range).frame);
            return companion;
          },
  };
  // Told when the file's headers were read, or lost with a mistake of syntax.
  if (!model.body.some((statement) => statement.kind === 'clause' && statement.keyword.text === 'return')) throw new PoisonError();
  const result = nested(trace, model, range, () =>
    trace.inFrame(frame, () => {
      const scope = new Scope(trace.scope);
      (model.parameters ?? []).forEach((parameter, position) => {
        scope.define(parameter.text, () => values[position] as Meaning);
      });
      return evaluateBody(trace, model.body, scope, model.range);
    }),
  );
  return { result, frame };
}

/** A model is applied within itself for the statistics of its support set, and otherwise only if it never ends. */
const DEEPEST = 8;

function nested<T>(trace: Trace, model: Block, range: SourceRange, apply: () => T): T {
  const { applying } = trace.session;
  const depth = applying.get(model) ?? 0;
  if (depth >= DEEPEST) throw new DiagnosticError(tooDeep(modelName(model), range, DEEPEST));
  applying.set(model, depth + 1);
  try {
    return apply();
  } finally {
    applying.set(model, depth);
  }
}

function partOfInput(trace: Trace, values: readonly Meaning[]): PartOf | undefined {
  const first = values[0];
  return first?.kind === 'tensor' ? trace.partOf.get(first.value) : undefined;
}

function supportOf(trace: Trace, part: PartOf): Meaning {
  const record = trace.inFrame(undefined, () => trace.language.episodeRecord(trace, part.tasks, part.episode));
  const support = record.fields.get('support');
  const x = support?.kind === 'record' ? support.fields.get('x') : undefined;
  return x ?? { kind: 'poison' };
}

/** `stop(fast)`: the same learner with its weights taken as constants. */
export function stopLearner(trace: Trace, of: Meaning): Meaning {
  if (!isLearner(of)) return of;
  const cached = new Map<string, TensorMeaning>();
  const home = trace.builder;
  const read = (entry: WeightEntry) => {
    const known = cached.get(entry.key);
    if (known !== undefined) return known;
    const value = of.learner.read(entry);
    const stopped = { ...value, value: home.unary('stop_gradient', value.value) };
    cached.set(entry.key, stopped);
    return stopped;
  };
  return learnerMeaning(trace, of.name, of.description, {
    model: of.learner.model,
    step: of.learner.step,
    prepare: () => of.learner.prepare(),
    read,
  });
}

/** `learned(-4, like: net)` as the learner that it stands for: its weights are trained themselves, and named under `path`. Others stay. */
export function settled(trace: Trace, meaning: Meaning, path?: readonly string[]): Meaning {
  if (meaning.kind !== 'learned' || meaning.like === undefined || !isLearner(meaning.like)) return meaning;
  const { learner } = meaning.like;
  const place = trace.learnedPlace(meaning, path);
  return learnerMeaning(trace, place.map(({ name }) => name).join('.'), 'a learner', {
    model: learner.model,
    step: 0,
    prepare: () => undefined,
    read: (entry) => trace.learnedAt(meaning, entry.dims, [...place, ...entry.segments], entry.parameter, undefined),
  });
}

const learnerHint = 'learners of one model are added and subtracted, and multiplied by single numbers: `net - 0.4*gradient(loss, of: net)`';

/** `net - 0.4*g`: weight by weight, for learners of one model and scalars. */
export function combineLearners(trace: Trace, operator: BinaryOperator, left: Meaning, right: Meaning, range: SourceRange): Meaning {
  if (!['+', '-', '*', '/'].includes(operator))
    throw new DiagnosticError(badOperands(operator, describe(isLearner(left) ? left : right), range, learnerHint));
  const sides = [left, right].map((side) => {
    if (isLearner(side)) return { learner: side.learner, scalar: undefined };
    const scalar = trace.tensor(side, range);
    if (scalar.dims.length > 0) throw new DiagnosticError(badOperands(operator, describe(side), range, learnerHint));
    return { learner: undefined, scalar };
  });
  const learners = sides.flatMap((side) => (side.learner === undefined ? [] : [side.learner]));
  const [first, second] = learners;
  if (first === undefined || (second !== undefined && second.model !== first.model))
    throw new DiagnosticError(badOperands(operator, 'learners of different models', range, learnerHint));
  const cached = new Map<string, TensorMeaning>();
  // What is kept for later must be made where later uses can see it, not in a step that happens to be the first to ask.
  const home = trace.builder;
  const read = (entry: WeightEntry): TensorMeaning => {
    const known = cached.get(entry.key);
    if (known !== undefined) return known;
    const [a, b] = sides.map((side) => side.scalar ?? (side.learner as Learner).read(entry)) as [TensorMeaning, TensorMeaning];
    const value = trace.inBuilder(home, () => trace.at(range, () => applyBinary(trace, operator as '+', a, b, range, range)));
    cached.set(entry.key, value);
    return value;
  };
  return learnerMeaning(trace, modelName(first.model), 'a learner', {
    model: first.model,
    step: first.step,
    prepare: () => {
      for (const learner of learners) learner.prepare();
    },
    read,
  });
}
