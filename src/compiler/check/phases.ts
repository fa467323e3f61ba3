/** @file Traces `train` (with its `validate`) and `evaluate`: one trace per phase, finished when all weights have their names. */
import { clausesMissing, statementNotHere } from '../diagnostics/catalogue/blocks.ts';
import { lossWithoutEpisode, notAScalarLoss, unknownWeight } from '../diagnostics/catalogue/meta.ts';
import { definedTwice } from '../diagnostics/catalogue/names.ts';
import { optimiserOfAdapt } from '../diagnostics/catalogue/recurrences.ts';
import { notAnOptimiser } from '../diagnostics/catalogue/values.ts';
import { DiagnosticError } from '../diagnostics/diagnostic.ts';
import type { Result, SourceRange } from '../ir/ir.ts';
import type { Argument, Block, Expression, Part, Statement } from '../parse/ast.ts';
import { limits } from './budget.ts';
import { meanOver } from './builtins/numeric.ts';
import { ClauseReader, type ConstantEvaluator } from './clause-reader.ts';
import { wrongClause } from './clauses.ts';
import { describe, optimiserExample } from './describe.ts';
import { finishTrace } from './finish.ts';
import type { OptimiserMeaning, Phase, TensorMeaning } from './meaning.ts';
import type { ModelEvaluate, ModelTrain, ModelValidate, ModelWeight } from './model.ts';
import { pathOf } from './paths.ts';
import { PoisonError } from './poison.ts';
import type { CheckSession } from './session.ts';
import { settingPrefix } from './setting-prefix.ts';
import type { Trace } from './trace.ts';

export interface PhaseTools {
  readonly session: CheckSession;
  newTrace(phase: Phase, body: readonly Statement[] | undefined, prefix: string): Trace;
}

type Names = ReadonlyMap<string, string>;

/** A traced phase that waits for the weights' final names. */
export interface FinishedPhase<Kind extends 'train' | 'evaluate'> {
  finish(names: Names, weights: readonly ModelWeight[]): Kind extends 'train' ? ModelTrain : ModelEvaluate;
}

function constantsOf(trace: Trace): ConstantEvaluator {
  return { constant: (expression) => trace.language.evaluate(trace, expression, trace.scope) };
}

function scalar(trace: Trace, expression: Expression, what: string): TensorMeaning {
  const tensor = trace.at(expression.range, () => trace.tensor(trace.language.evaluate(trace, expression, trace.scope), expression.range));
  if (tensor.dims.length > 0) throw new DiagnosticError(notAScalarLoss(what, describe(tensor), expression.range));
  const sampled = trace.at(expression.range, () => trace.drawn.of(tensor.value));
  // Of several draws, the mean.
  return sampled === undefined ? tensor : trace.wrap(meanOver(trace.root, sampled, [0]), [], [tensor]);
}

function usedTasks(trace: Trace): string[] {
  const names = new Set<string>();
  for (const binding of trace.bindings.values()) {
    if (binding.kind === 'examples' || binding.kind === 'data') names.add(binding.tasks);
    if (binding.kind === 'draw' && binding.tasks !== undefined) names.add(binding.tasks);
  }
  return [...names];
}

/** `report e, name: e` as results named by their labels. */
function reported(trace: Trace, written: readonly Argument[]): Result[] {
  const results: Result[] = [];
  const first = new Map<string, SourceRange>();
  for (const argument of written) {
    trace.session.attempt(() => {
      if (argument.kind === 'binder')
        throw wrongClause('evaluate', 'report', '`e` or `name: e`', trace.session.textOf(argument.range), argument.range);
      const label = argument.kind === 'named' ? argument.name.text : trace.session.textOf(argument.value.range);
      const known = first.get(label);
      if (known !== undefined)
        throw new DiagnosticError(definedTwice(label, argument.range, known, 'give one of the two reports another name: `name: e`'));
      first.set(label, argument.range);
      const { value } = scalar(trace, argument.value, `the report \`${label}\``);
      results.push({ name: label, value });
    }, undefined);
  }
  return results;
}

export function tracedTrain(tools: PhaseTools, block: Block): FinishedPhase<'train'> {
  const { session } = tools;
  const prefix = settingPrefix(block);
  const title = `\`${prefix.replace('.', ' ')}\``;
  const reader = new ClauseReader(session, 'train', prefix, title, block.body, block.keywordRange);
  reader.allowOnly(block.body, ['part']);
  const trace = tools.newTrace('train', block.body, prefix);
  const complete = reader.complete();
  const constants = constantsOf(trace);
  trace.drawn.count = count(tools, reader, constants, 'draws', limits.draws) ?? 1;
  const using = session.attempt(() => reader.expression('using'), undefined);
  // Each clause is read by itself, so that one wrong value does not hide another.
  const optimiser = using === undefined ? undefined : session.attempt(() => readOptimiser(trace, using), undefined);
  const batch = session.attempt(() => reader.number(constants, 'batch', { integer: true, least: 1, most: limits.batch }), undefined);
  const steps = session.attempt(() => reader.number(constants, 'steps', { integer: true, least: 1, most: limits.outerSteps }), undefined);
  const over = session.attempt(() => reader.arguments('over').map((argument) => readPath(session, argument)), []);
  const goal = session.attempt(() => reader.expression('minimize') ?? reader.expression('maximize'), undefined);
  const validatePart = onlyValidate(session, block);
  const validate = validatePart === undefined ? undefined : session.attempt(() => tracedValidate(tools, validatePart, prefix), undefined);
  const loss = goal === undefined ? undefined : session.attempt(() => lossOf(trace, goal), undefined);
  const reports = reported(trace, reader.arguments('report'));
  const tasks = usedTasks(trace);
  if (!complete || loss === undefined || optimiser === undefined || batch === undefined || steps === undefined) throw new PoisonError();
  return {
    finish: (names, weights) => {
      const task = finishTrace(trace, [{ name: 'loss', value: loss.value }, ...reports], names, tasks);
      const inLoss = new Set(
        task.body.parameters.filter((parameter) => task.bindings.get(parameter.name)?.kind === 'weight').map((parameter) => parameter.name),
      );
      const chosen = new Set(over.flatMap(({ path, range }) => weightsUnder(session, path, range)));
      const trained = weights.map((weight) => weight.name).filter((name) => inLoss.has(name) && (over.length === 0 || chosen.has(name)));
      return {
        name: prefix,
        task,
        maximize: reader.has('maximize'),
        reports: reports.map((report) => report.name),
        optimiser,
        over: trained,
        batch,
        steps,
        range: block.keywordRange,
        validate: validate?.(names),
      };
    },
  };
}

function lossOf(trace: Trace, goal: Expression): TensorMeaning {
  const loss = scalar(trace, goal, 'the loss');
  if (loss.level !== 'task') throw new DiagnosticError(lossWithoutEpisode(goal.range));
  return loss;
}

function weightsUnder(session: CheckSession, path: readonly string[], range: SourceRange): string[] {
  const found = session.weights.weights.filter((entry) => session.weights.under(entry, path)).map((entry) => session.weights.nameOf(entry));
  if (found.length === 0) {
    const known = session.weights.weights.map((entry) => session.weights.nameOf(entry));
    session.report(unknownWeight(path.join('.'), known, range));
  }
  return found;
}

function readPath(session: CheckSession, argument: Argument): { path: readonly string[]; range: SourceRange } {
  const path = argument.kind === 'positional' ? pathOf(argument.value) : undefined;
  if (path === undefined)
    throw wrongClause('train', 'over', 'paths such as `net` or `net.head`', session.textOf(argument.range), argument.range);
  return { path, range: argument.range };
}

function readOptimiser(trace: Trace, using: Expression): OptimiserMeaning {
  const optimiser = trace.language.evaluate(trace, using, trace.scope);
  if (optimiser.kind === 'poison') throw new PoisonError();
  if (optimiser.kind !== 'optimiser')
    throw new DiagnosticError(notAnOptimiser(describe(optimiser), optimiserExample(optimiser), using.range));
  if (optimiser.start !== undefined) throw new DiagnosticError(optimiserOfAdapt(optimiser.name, using.range));
  for (const [name, value] of optimiser.hyperparameters) {
    if (value.kind === 'learned') throw outerHyperparameter(name, 'a learned scalar', using.range);
    if (value.kind === 'tensor') throw outerHyperparameter(name, describe(value), using.range);
  }
  return optimiser;
}

function outerHyperparameter(name: string, found: string, range: SourceRange): DiagnosticError {
  const expected = `a number or a schedule for \`${name}\` of an outer optimiser`;
  return wrongClause('train', 'using', expected, found, range, `nothing learns \`${name}\` here; a schedule is \`linear(1e-3, 0)\``);
}

function onlyValidate(session: CheckSession, block: Block): Part | undefined {
  const parts = block.body.filter((statement): statement is Part => statement.kind === 'part');
  for (const part of parts) {
    if (part.keyword !== 'validate' || part !== parts[0])
      session.report(
        statementNotHere(
          `\`${part.keyword}\``,
          part.keyword === 'validate' ? 'a `train` block that has one already' : '`train`',
          part.keywordRange,
        ),
      );
  }
  return parts[0]?.keyword === 'validate' ? parts[0] : undefined;
}

function tracedValidate(tools: PhaseTools, part: Part, outer: string): (names: Names) => ModelValidate {
  const prefix = outer === 'train' ? 'validate' : `${outer}.validate`;
  const reader = new ClauseReader(tools.session, 'validate', prefix, '`validate`', part.body, part.keywordRange);
  reader.allowOnly(part.body, []);
  const trace = tools.newTrace('validate', part.body, prefix);
  const complete = reader.complete();
  const constants = constantsOf(trace);
  trace.drawn.count = count(tools, reader, constants, 'draws', limits.draws) ?? 1;
  const results = reported(trace, reader.arguments('report'));
  const keep = tools.session.attempt(() => readKeep(trace, reader, results), undefined);
  if (!reader.has('keep') && !reader.has('report'))
    tools.session.reportAbsence(
      clausesMissing(['keep'], '`validate`', ['keep highest(accuracy(fast(query.x), query.y))'], part.keywordRange),
    );
  const every = count(tools, reader, constants, 'every', limits.outerSteps);
  const episodes = count(tools, reader, constants, 'episodes', limits.episodes);
  if (!complete || results.length === 0 || every === undefined || episodes === undefined) throw new PoisonError();
  const tasks = usedTasks(trace);
  return (names) => ({
    task: finishTrace(trace, results, names, tasks),
    every,
    episodes,
    reports: results.map((result) => result.name),
    keep,
  });
}

/** A positive whole number; undefined when it is missing or was reported. */
function count(tools: PhaseTools, reader: ClauseReader, constants: ConstantEvaluator, keyword: string, most: number): number | undefined {
  return tools.session.attempt(() => reader.number(constants, keyword, { integer: true, least: 1, most }), undefined);
}

function readKeep(trace: Trace, reader: ClauseReader, results: Result[]): ModelValidate['keep'] {
  const written = reader.expression('keep');
  if (written === undefined) return undefined;
  const callee = written.kind === 'call' && written.callee.kind === 'name' ? written.callee.name : undefined;
  const argument = written.kind === 'call' ? written.arguments[0] : undefined;
  if (
    (callee !== 'highest' && callee !== 'lowest') ||
    written.kind !== 'call' ||
    written.arguments.length !== 1 ||
    argument?.kind !== 'positional'
  ) {
    throw wrongClause('validate', 'keep', '`highest(e)` or `lowest(e)`', trace.session.textOf(written.range), written.range);
  }
  const metric = trace.session.textOf(argument.value.range);
  const { value } = scalar(trace, argument.value, 'the figure that `keep` compares');
  if (!results.some((result) => result.name === metric)) results.unshift({ name: metric, value });
  return { metric, best: callee };
}

export function tracedEvaluate(tools: PhaseTools, block: Block): FinishedPhase<'evaluate'> {
  const reader = new ClauseReader(tools.session, 'evaluate', 'evaluate', '`evaluate`', block.body, block.keywordRange);
  reader.allowOnly(block.body, []);
  const trace = tools.newTrace('evaluate', block.body, 'evaluate');
  const complete = reader.complete();
  const constants = constantsOf(trace);
  trace.drawn.count = count(tools, reader, constants, 'draws', limits.draws) ?? 1;
  const results = reported(trace, reader.arguments('report'));
  const episodes = count(tools, reader, constants, 'episodes', limits.episodes);
  if (!complete || results.length === 0 || episodes === undefined) throw new PoisonError();
  const tasks = usedTasks(trace);
  return {
    finish: (names) => ({ task: finishTrace(trace, results, names, tasks), episodes, reports: results.map((result) => result.name) }),
  };
}
