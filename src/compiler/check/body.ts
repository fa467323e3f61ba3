/** @file Evaluates a body `{ … return e }`: equations in any order, each once, all of them. */
import { clauseTwice, noReturn, statementNotHere } from '../diagnostics/catalogue/blocks.ts';
import { circular, definedTwice } from '../diagnostics/catalogue/names.ts';
import { notADistribution } from '../diagnostics/catalogue/values.ts';
import { DiagnosticError } from '../diagnostics/diagnostic.ts';
import type { SourceRange } from '../ir/ir.ts';
import type { Clause, Draw, Equation, FunctionDefinition, Statement } from '../parse/ast.ts';
import { homesOf, wrongClause } from './clauses.ts';
import { describe } from './describe.ts';
import type { Dim, Meaning } from './meaning.ts';
import { PoisonError } from './poison.ts';
import { Scope } from './scope.ts';
import type { Trace } from './trace.ts';

export type Definition = Equation | FunctionDefinition | Draw;

/** A scope with the definitions among `statements`, each evaluated at most once. Returns the names in order. */
export function defineAll(
  trace: Trace,
  statements: readonly Statement[],
  scope: Scope,
  meaningOf: (definition: Definition) => Meaning,
): string[] {
  const names = new Map<string, SourceRange>();
  for (const statement of statements) {
    if (statement.kind !== 'equation' && statement.kind !== 'function' && statement.kind !== 'draw') continue;
    const { text, range } = statement.name;
    const first = names.get(text);
    if (first !== undefined) {
      trace.session.report(definedTwice(text, range, first));
      continue;
    }
    names.set(text, range);
    scope.define(
      text,
      once(trace, text, range, () => meaningOf(statement)),
    );
  }
  return [...names.keys()];
}

/** Evaluates at first use; an error is reported there and later uses are silent; a use of itself is refused. */
export function once(trace: Trace, name: string, range: SourceRange, make: () => Meaning, cycle?: () => never): () => Meaning {
  let state: Meaning | 'new' | 'pending' = 'new';
  return () => {
    if (state === 'pending') {
      if (cycle !== undefined) cycle();
      throw new DiagnosticError(circular(name, range));
    }
    if (state === 'new') {
      state = 'pending';
      state = trace.session.attempt(make, { kind: 'poison' });
    }
    return state;
  };
}

export function evaluateBody(trace: Trace, statements: readonly Statement[], outer: Scope, range: SourceRange): Meaning {
  const scope = new Scope(outer);
  // A definition belongs to this body, also when a step of a recurrence within is the first to ask for it.
  const home = trace.builder;
  const meaningOf = (definition: Definition): Meaning => {
    if (definition.kind === 'function') return functionMeaning(definition, scope);
    if (definition.kind === 'draw') return drawn(trace, definition, scope, []);
    return trace.within(definition.name.text, () => {
      const meaning = trace.language.evaluateValue(trace, definition.value, scope);
      return meaning.kind === 'learned' && meaning.per === 'scalar' && meaning.like === undefined && trace.frame !== undefined
        ? trace.learned(meaning, [], undefined)
        : meaning;
    });
  };
  const names = defineAll(trace, statements, scope, (definition) => trace.inBuilder(home, () => meaningOf(definition)));
  const returns = statements.filter((statement): statement is Clause => statement.kind === 'clause' && statement.keyword.text === 'return');
  for (const statement of statements) {
    if (statement.kind === 'part') trace.session.report(statementNotHere('a part', 'a body', statement.range));
    if (statement.kind === 'clause' && statement.keyword.text !== 'return') {
      trace.session.report(
        statementNotHere(`the clause \`${statement.keyword.text}\``, 'a body', statement.range, bodyHint(statement.keyword.text)),
      );
    }
  }
  const last = returns[0];
  const argument = last?.arguments[0];
  const second = returns[1];
  if (second !== undefined && last !== undefined)
    throw new DiagnosticError(clauseTwice('return', 'this body', second.keyword.range, last.keyword.range));
  if (last === undefined) {
    trace.session.reportAbsence(noReturn(range));
    throw new PoisonError();
  }
  if (last.arguments.length !== 1 || argument?.kind !== 'positional') {
    const found = trace.session.textOf({ start: last.keyword.range.end, end: last.range.end });
    throw wrongClause(
      'model',
      'return',
      'one value without a name',
      found,
      last.range,
      'return several as a record: `return (a: x, b: y)`',
    );
  }
  for (const name of names) scope.find(name);
  const result = trace.language.evaluate(trace, argument.value, scope);
  if (result.kind === 'poison') throw new PoisonError();
  return result;
}

/** Where a clause belongs, or what may have been meant. */
function bodyHint(keyword: string): string {
  const homes = homesOf(keyword).map((home) => `\`${home}\``);
  return homes.length > 0 ? `it belongs in ${homes.join(' or ')}` : 'remove it';
}

export function functionMeaning(definition: FunctionDefinition, scope: Scope): Meaning {
  return {
    kind: 'function',
    name: definition.name.text,
    parameters: definition.parameters.map((parameter) => parameter.text),
    value: definition.value,
    scope,
  };
}

/** `name ~ distribution`. */
export function drawn(trace: Trace, definition: Draw, scope: Scope, prefix: readonly Dim[]): Meaning {
  const distribution = trace.language.evaluate(trace, definition.distribution, scope);
  if (distribution.kind === 'poison') throw new PoisonError();
  if (distribution.kind !== 'distribution')
    throw new DiagnosticError(notADistribution(describe(distribution), definition.distribution.range));
  const saved = trace.naming;
  trace.naming = [...saved, definition.name.text];
  try {
    return trace.at(definition.range, () => distribution.sample(trace, prefix, definition.range));
  } finally {
    trace.naming = saved;
  }
}
