/** @file The names of a file in one trace: builtins, what the only tasks block offers, and the file's own definitions. */

import { adaptInsideItself, fieldNotDefined } from '../diagnostics/catalogue/meta.ts';
import { needsParts, noTasks, settingNotTaken } from '../diagnostics/catalogue/names.ts';
import { DiagnosticError } from '../diagnostics/diagnostic.ts';
import type { Block, Bound, Declaration, Equation } from '../parse/ast.ts';
import { adaptation } from './adaptation.ts';
import { drawn, functionMeaning, once } from './body.ts';
import type { Builtin } from './builtin.ts';
import { describe } from './describe.ts';
import { learnerMeaning, settled } from './learner.ts';
import type { Meaning, RecordMeaning } from './meaning.ts';
import type { ModelAdaptation } from './model.ts';
import { PoisonError } from './poison.ts';
import { Scope } from './scope.ts';
import type { Tasks } from './tasks.ts';
import type { Trace } from './trace.ts';

export interface FileNames {
  readonly declarations: readonly Declaration[];
  readonly tasks: ReadonlyMap<string, Tasks>;
  readonly builtins: readonly Builtin[];
  /** Some blocks could not be read. */
  readonly incomplete: boolean;
  readonly note: (adaptation: ModelAdaptation) => void;
  /** Told of each top-level name when it is first evaluated. */
  readonly used: (name: string) => void;
}

/** Builtin functions and constants. */
export function builtinScope(builtins: readonly Builtin[]): Scope {
  const scope = new Scope();
  for (const builtin of builtins) scope.define(builtin.name, () => ({ kind: 'builtin', builtin }));
  scope.define('pi', () => ({ kind: 'number', value: Math.PI }));
  scope.define('infinity', () => ({ kind: 'number', value: Number.POSITIVE_INFINITY }));
  scope.define('true', () => ({ kind: 'boolean', value: true }));
  scope.define('false', () => ({ kind: 'boolean', value: false }));
  return scope;
}

/** Fills `trace.scope`, whose parents are the tasks block's names and the builtins (see `parentScope`). */
export function defineFile(trace: Trace, names: FileNames): void {
  for (const lost of trace.session.input.lostNames ?? []) trace.scope.define(lost, () => ({ kind: 'poison' }));
  for (const declaration of names.declarations) {
    const name = declaration.name;
    if (
      name === undefined ||
      declaration.kind === 'bound' ||
      (declaration.kind === 'block' && (declaration.keyword === 'train' || declaration.keyword === 'evaluate'))
    )
      continue;
    if (trace.scope.has(name.text)) continue;
    const cycle = (): never => {
      throw new DiagnosticError(adaptInsideItself(name.text, name.range));
    };
    const make = (): Meaning => {
      names.used(name.text);
      return trace.atTopLevel(() => trace.at(declaration.range, () => meaningOf(trace, names, declaration)));
    };
    trace.scope.define(name.text, once(trace, name.text, name.range, make, declaration.kind === 'block' ? cycle : undefined));
  }
}

/** The scope between builtins and the file: `support`, `query`, `ways`, … of the only tasks block. */
export function parentScope(trace: () => Trace, names: FileNames): Scope {
  const scope = new Scope(builtinScope(names.builtins));
  const [only, another] = [...names.tasks.values()];
  if (only === undefined || another !== undefined) {
    for (const word of ['support', 'query']) {
      scope.define(word, (place) => {
        const range = place ?? trace().builder.source ?? { start: 0, end: 0 };
        if (only !== undefined) throw new DiagnosticError(needsParts(word, [...names.tasks.keys()], range));
        // A block that could not be read was reported, and may have been the one.
        if (names.declarations.some((declaration) => declaration.kind === 'block' && declaration.keyword === 'tasks'))
          throw new PoisonError();
        trace().session.reportAbsence(noTasks(word, range), 'no tasks');
        throw new PoisonError();
      });
    }
    if (names.incomplete) for (const word of ['ways', 'shots', 'queries']) scope.define(word, () => ({ kind: 'poison' }));
    return scope;
  }
  const drawnNames = only.block.body.flatMap((statement) =>
    statement.kind === 'clause' || statement.kind === 'part' ? [] : [statement.name.text],
  );
  const images = only.source.kind === 'images' ? ['ways'] : [];
  for (const word of ['support', 'query', 'shots', 'queries', ...images, ...drawnNames]) {
    if (scope.has(word)) continue;
    scope.define(word, (place) => {
      if (word === 'shots' || word === 'queries' || word === 'ways') return { kind: 'number', value: trace().episode(only.name)[word] };
      const record = trace().scope.find(only.name) as RecordMeaning;
      const found = record.kind === 'record' ? record.fields.get(word) : undefined;
      if (found !== undefined) return found;
      if ((word === 'support' || word === 'query') && only.source.kind === 'generated' && record.kind === 'record')
        trace().session.reportAbsence(fieldNotDefined('x', place ?? only.block.keywordRange), 'no examples');
      return { kind: 'poison' };
    });
  }
  return scope;
}

function meaningOf(trace: Trace, names: FileNames, declaration: Exclude<Declaration, Bound>): Meaning {
  switch (declaration.kind) {
    case 'equation':
      return equation(trace, declaration);
    case 'function':
      return functionMeaning(declaration, trace.scope);
    case 'draw': {
      const { distribution } = declaration;
      const tasks = distribution.kind === 'name' ? names.tasks.get(distribution.name) : undefined;
      return tasks === undefined
        ? drawn(trace, declaration, trace.scope, [])
        : trace.language.episodeRecord(trace, tasks.name, declaration.name.text);
    }
    case 'block':
      return block(trace, names, declaration);
  }
}

function block(trace: Trace, names: FileNames, declaration: Block): Meaning {
  if (declaration.keyword === 'adapt') return adaptation(trace, declaration, names.note);
  const name = declaration.name?.text ?? declaration.keyword;
  if (declaration.keyword === 'tasks') return names.tasks.has(name) ? trace.language.episodeRecord(trace, name, name) : { kind: 'poison' };
  return learnerMeaning(trace, name, 'a model', {
    model: declaration,
    step: 0,
    prepare: () => undefined,
    read: (entry) => trace.start(entry),
  });
}

function equation(trace: Trace, declaration: Equation): Meaning {
  const name = declaration.name.text;
  const { session } = trace;
  const written = trace.language.evaluateValue(trace, declaration.value, trace.scope);
  if (!['number', 'list', 'text', 'boolean', 'schedule', 'learned', 'solver'].includes(written.kind)) return written;
  const override = session.override(name);
  const meaning =
    override === undefined ? written : session.evaluateOverride(name, () => trace.language.evaluate(trace, override, trace.scope));
  if (sortOf(meaning) !== sortOf(written))
    throw new DiagnosticError(settingNotTaken(name, session.overrideText(name), `a value like ${describe(written)}`, describe(meaning)));
  const value = override === undefined ? session.textOf(declaration.value.range) : session.overrideText(name);
  session.setting({ name, value, origin: override === undefined ? 'spec' : 'command line', range: declaration.range });
  if (meaning.kind !== 'learned') return meaning;
  if (meaning.like !== undefined) return settled(trace, meaning, [name]);
  return meaning.per === 'scalar' ? trace.learned(meaning, [], [name]) : meaning;
}

/** Numbers, schedules and learned scalars can stand for each other. */
function sortOf(meaning: Meaning): string {
  return meaning.kind === 'schedule' || meaning.kind === 'learned' ? 'number' : meaning.kind;
}
