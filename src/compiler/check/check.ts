/** @file Checks a file: resolves names, infers shapes and levels by tracing every phase, and hands on a Model or diagnostics. */
import { blockTwice, clausesMissing, headerNotTaken, noTrain } from '../diagnostics/catalogue/blocks.ts';
import { unusedDefinition } from '../diagnostics/catalogue/meta.ts';
import { definedTwice, unknownSetting } from '../diagnostics/catalogue/names.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import type { EpisodeShape, SourceRange } from '../ir/ir.ts';
import type { Block, File, Identifier, Statement } from '../parse/ast.ts';
import { applyCallee } from './apply.ts';
import { readMemoryBound } from './bounds.ts';
import { limits } from './budget.ts';
import type { Builtin } from './builtin.ts';
import { ClauseReader } from './clause-reader.ts';
import { evaluate, evaluateValue } from './expressions.ts';
import { defineFile, type FileNames, parentScope } from './file-scope.ts';
import type { Phase } from './meaning.ts';
import type { Model, ModelAdaptation } from './model.ts';
import { type FinishedPhase, type PhaseTools, tracedEvaluate, tracedTrain } from './phases.ts';
import { Scope } from './scope.ts';
import { type CheckInput, CheckSession } from './session.ts';
import { settingPrefix } from './setting-prefix.ts';
import { episodeRecord, readTasks, type Tasks } from './tasks.ts';
import { type Language, Trace } from './trace.ts';
import { reportUnknownNames } from './unknown-names.ts';

export interface CheckResult {
  /** Undefined when there is an error. */
  readonly model: Model | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

export function check(input: CheckInput, builtins: readonly Builtin[]): CheckResult {
  const session = new CheckSession(input);
  let model: Model | undefined;
  // What asks for all weights of a model (a distance between learners) needs them at once: a round that met some afterwards is repeated.
  // So is one that failed and met new ones, since messages name weights too.
  for (let round = 0; round < 3; round++) {
    const before = session.weights.size;
    session.restart();
    model = checkOnce(session, input.file, builtins);
    const complete = session.weights.size === before || (!session.weights.answeredTooEarly && !session.failed);
    if (complete || session.budget.spent) break;
  }
  return { model: session.failed ? undefined : model, diagnostics: session.diagnostics };
}

function checkOnce(session: CheckSession, file: File, builtins: readonly Builtin[]): Model | undefined {
  refuseDuplicates(session, file);
  const tasks = new Map<string, Tasks>();
  const adaptations = new Map<string, ModelAdaptation>();
  const used = new Set<string>();
  let tasksFailed = false;
  const names: FileNames = {
    declarations: file.declarations,
    tasks,
    builtins,
    get incomplete() {
      return session.input.incomplete === true || tasksFailed;
    },
    note: (adaptation) => void adaptations.set(adaptation.name, adaptation),
    used: (name) => void used.add(name),
  };
  const language: Language = {
    evaluate,
    evaluateValue,
    apply: applyCallee,
    episodeRecord: (trace, name, episode) => {
      const known = tasks.get(name) as Tasks;
      const key = `${name}/${episode}`;
      const memo = trace.memo.get(key);
      if (memo !== undefined && memo !== 'pending' && memo.kind === 'record') return memo;
      const record = episodeRecord(trace, known, episode);
      trace.memo.set(key, record);
      return record;
    },
  };
  const newTrace = (phase: Phase, body: readonly Statement[] | undefined, prefix: string): Trace => {
    const parent = parentScope(() => trace, names);
    const trace: Trace = new Trace(session, language, phase, new Scope(parent), (name) => episodeOf(trace, name, body, prefix, phase));
    trace.outerSteps = () => trainSteps(trace);
    defineFile(trace, names);
    return trace;
  };
  const sizes = new Map<string, EpisodeShape>();
  const episodeOf = (trace: Trace, name: string, body: readonly Statement[] | undefined, prefix: string, phase: Phase): EpisodeShape => {
    const stated = (tasks.get(name) as Tasks).episode;
    if (body === undefined) return stated;
    const key = `${prefix}/${name}`;
    const known = sizes.get(key);
    if (known !== undefined) return known;
    const where = phase === 'train' ? 'train' : phase === 'validate' ? 'validate' : 'evaluate';
    const silent = new ClauseReader(session, where, prefix, `\`${prefix}\``, body, { start: 0, end: 0 });
    const constants = { constant: (expression: Parameters<typeof evaluate>[1]) => evaluate(trace, expression, trace.scope) };
    const size = (keyword: 'ways' | 'shots' | 'queries'): number =>
      silent.has(keyword)
        ? (silent.number(constants, keyword, { integer: true, least: 1, most: limits.examples }) ?? stated[keyword])
        : stated[keyword];
    const shape = { tasks: name, ways: stated.ways === 0 ? 0 : size('ways'), shots: size('shots'), queries: size('queries') };
    sizes.set(key, shape);
    return shape;
  };
  const trainSteps = (trace: Trace): number => {
    const block = session.blocks('train')[0];
    if (block === undefined) return 1;
    const reader = new ClauseReader(session, 'train', settingPrefix(block), '`train`', block.body, block.keywordRange);
    return (
      reader.number({ constant: (expression) => evaluate(trace, expression, trace.scope) }, 'steps', {
        integer: true,
        least: 1,
        most: limits.outerSteps,
      }) ?? 1
    );
  };

  const constants = newTrace('train', undefined, '');
  for (const block of session.blocks('tasks')) {
    session.attempt(() => {
      const read = readTasks(session, block, { constant: (expression) => evaluate(constants, expression, constants.scope) });
      tasks.set(read.name, read);
    }, undefined);
  }
  const memory = readMemoryBound(session, file.declarations, (expression) => evaluate(constants, expression, constants.scope));
  tasksFailed = tasks.size < session.blocks('tasks').length;
  const tools: PhaseTools = { session, newTrace };
  const train: FinishedPhase<'train'>[] = [];
  for (const block of session.blocks('train')) {
    const traced = session.attempt(() => tracedTrain(tools, block), undefined);
    if (traced !== undefined) train.push(traced);
  }
  const evaluateBlock = session.blocks('evaluate')[0];
  const evaluated = evaluateBlock === undefined ? undefined : session.attempt(() => tracedEvaluate(tools, evaluateBlock), undefined);
  if (session.blocks('train').length === 0 && evaluateBlock === undefined)
    session.reportAbsence(noTrain({ start: file.range.end, end: file.range.end }));
  const rest = newTrace('train', undefined, '');
  reportUnknownNames(session, file.declarations, builtins, rest.scope.names());
  forceUnused(session, file, rest, used);
  reportUnknownSettings(session);
  if (session.failed) return undefined;
  const { weights, states, names: finalNames } = session.weights.finished();
  return {
    name: session.input.source.name.replace(/^.*[\\/]/, '').replace(/\.meta$/, ''),
    settings: session.settings,
    weights,
    states,
    sources: [...tasks.values()].map((one) => one.source),
    adaptations: [...adaptations.values()],
    train: train.map((phase) => phase.finish(finalNames, weights)),
    evaluate: evaluated?.finish(finalNames, weights),
    protocol: new Map(session.protocol),
    memory,
  };
}

function refuseDuplicates(session: CheckSession, file: File): void {
  const seen = new Map<string, SourceRange>();
  for (const declaration of file.declarations) {
    if (declaration.kind === 'bound') continue;
    if ('parameters' in declaration) refuseRepeatedParameters(session, declaration.parameters ?? []);
    const place = declaration.kind === 'block' ? (declaration.name?.range ?? declaration.keywordRange) : declaration.name.range;
    let key = declaration.name?.text ?? '';
    if (declaration.kind === 'block') {
      refuseHeaders(session, declaration);
      if (declaration.keyword === 'train' || declaration.keyword === 'evaluate') {
        key = `${declaration.keyword} ${key}`;
        const first = seen.get(key);
        if (first !== undefined) session.report(blockTwice(`\`${key.trim()}\``, place, first));
      } else if (declaration.name === undefined) continue;
    }
    const first = seen.get(key);
    if (first !== undefined && !key.includes(' ')) session.report(definedTwice(key, place, first));
    if (first === undefined) seen.set(key, place);
  }
}

function refuseRepeatedParameters(session: CheckSession, parameters: readonly Identifier[]): void {
  const seen = new Map<string, SourceRange>();
  for (const { text, range } of parameters) {
    const first = seen.get(text);
    if (first === undefined) seen.set(text, range);
    else session.report(definedTwice(text, range, first, 'each parameter has a name of its own; rename one of the two'));
  }
}

function refuseHeaders(session: CheckSession, block: Block): void {
  const allowed = { tasks: [], model: ['parameters'], adapt: ['parameters', 'from'], train: [], evaluate: [] }[
    block.keyword
  ] as readonly string[];
  if (block.parameters !== undefined && !allowed.includes('parameters'))
    session.report(headerNotTaken('parameters', block.keyword, block.keywordRange));
  if (block.from !== undefined && !allowed.includes('from')) session.report(headerNotTaken('`from`', block.keyword, block.from.range));
  if (block.keyword === 'evaluate' && block.name !== undefined) session.report(headerNotTaken('name', block.keyword, block.name.range));
  if (block.keyword === 'model' && !block.body.some((statement) => statement.kind === 'clause' && statement.keyword.text === 'return')) {
    session.reportAbsence(clausesMissing(['return'], `\`model ${block.name?.text ?? ''}\``, ['return x |> dense(1)'], block.keywordRange));
  }
}

/** Definitions that no phase used are still checked, and reported. */
function forceUnused(session: CheckSession, file: File, trace: Trace, used: ReadonlySet<string>): void {
  const before = new Set(used);
  for (const declaration of file.declarations) {
    const name = declaration.name;
    if (
      name === undefined ||
      declaration.kind === 'bound' ||
      before.has(name.text) ||
      (declaration.kind === 'block' && ['train', 'evaluate', 'tasks'].includes(declaration.keyword))
    )
      continue;
    session.attempt(() => trace.scope.find(name.text), undefined);
    if (!session.failed && session.input.incomplete !== true) session.report(unusedDefinition(name.text, name.range));
  }
}

function reportUnknownSettings(session: CheckSession): void {
  const known = session.settings.map((setting) => setting.name);
  for (const name of session.input.overrides.keys()) if (!session.usedOverrides.has(name)) session.report(unknownSetting(name, known));
}
