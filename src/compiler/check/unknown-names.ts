/**
 * @file Unknown names in what no phase reached: a function that is never called, a model whose input could not be evaluated.
 * Only looks names up; what tracing reports at the same place is the same diagnostic.
 */
import { unknownArgument, unknownOption } from '../diagnostics/catalogue/arguments.ts';
import { unknownName } from '../diagnostics/catalogue/names.ts';
import type { Argument, Block, Body, Declaration, Expression, Statement } from '../parse/ast.ts';
import type { Builtin } from './builtin.ts';
import { optionNames } from './builtins/bind.ts';
import type { CheckSession } from './session.ts';

/** Names of one body, and of what it stands in. */
interface Names {
  has(name: string): boolean;
  /** Whether a body or its parameters define the name, over a builtin perhaps. */
  shadows(name: string): boolean;
  all(): readonly string[];
}

/** Clauses whose words are not names of values. */
const ownWords: ReadonlySet<string> = new Set(['split', 'through', 'only', 'freeze', 'over', 'keep', 'source']);

/** `known`: the names in force at the top level: builtins, what the tasks block offers, the file's own. */
export function reportUnknownNames(
  session: CheckSession,
  declarations: readonly Declaration[],
  builtins: readonly Builtin[],
  known: readonly string[],
): void {
  const defined = new Set(declarations.map((declaration) => declaration.name?.text));
  const own = builtins.filter((builtin) => !defined.has(builtin.name));
  const pass = new NamePass(session, new Map(own.map((builtin) => [builtin.name, builtin])));
  const atTop = new Set([...known, 'gradient']);
  const names: Names = { shadows: () => false, has: (name) => atTop.has(name), all: () => known };
  for (const declaration of declarations) {
    if (declaration.kind === 'block') pass.block(declaration, names);
    else if (declaration.kind === 'bound') pass.expression(declaration.value, names);
    else pass.statement(declaration, names);
  }
}

function inner(outer: Names, words: readonly string[]): Names {
  const own = new Set(words);
  return {
    has: (name) => own.has(name) || outer.has(name),
    shadows: (name) => own.has(name) || outer.shadows(name),
    all: () => [...own, ...outer.all()],
  };
}

function definedIn(statements: readonly Statement[]): string[] {
  return statements.flatMap((statement) => (statement.kind === 'clause' || statement.kind === 'part' ? [] : [statement.name.text]));
}

class NamePass {
  readonly #session: CheckSession;
  readonly #builtins: ReadonlyMap<string, Builtin>;

  constructor(session: CheckSession, builtins: ReadonlyMap<string, Builtin>) {
    this.#session = session;
    this.#builtins = builtins;
  }

  block(block: Block, outer: Names): void {
    const parameters = (block.parameters ?? []).map((parameter) => parameter.text);
    const binders = block.body.flatMap((statement) =>
      statement.kind === 'clause'
        ? statement.arguments.flatMap((argument) => (argument.kind === 'binder' ? [argument.name.text] : []))
        : [],
    );
    // Of a family, what it starts from may be a parameter.
    if (block.from !== undefined) this.expression(block.from, inner(outer, parameters));
    this.#statements(block.body, inner(outer, [...parameters, ...binders, ...definedIn(block.body)]));
  }

  statement(statement: Statement, names: Names): void {
    switch (statement.kind) {
      case 'clause':
        if (!ownWords.has(statement.keyword.text)) for (const argument of statement.arguments) this.#argument(argument, names, []);
        return;
      case 'part':
        this.#statements(statement.body, inner(names, definedIn(statement.body)));
        return;
      case 'equation':
        this.#value(statement.value, names);
        return;
      case 'draw':
        this.expression(statement.distribution, names);
        return;
      case 'function':
        this.#value(
          statement.value,
          inner(
            names,
            statement.parameters.map((parameter) => parameter.text),
          ),
        );
    }
  }

  #statements(statements: readonly Statement[], names: Names): void {
    for (const statement of statements) this.statement(statement, names);
  }

  #value(value: Expression | Body, names: Names): void {
    if (value.kind === 'body') this.#statements(value.statements, inner(names, definedIn(value.statements)));
    else this.expression(value, names);
  }

  #argument(argument: Argument, names: Names, options: readonly string[]): void {
    if (argument.kind === 'binder') {
      this.expression(argument.over, names);
      if (argument.value !== undefined) this.expression(argument.value, inner(names, [argument.name.text]));
    } else if (!(argument.value.kind === 'name' && options.includes(argument.value.name))) this.expression(argument.value, names);
  }

  expression(expression: Expression, names: Names): void {
    switch (expression.kind) {
      case 'name':
        if (!names.has(expression.name)) this.#session.report(unknownName(expression.name, names.all(), expression.range));
        return;
      case 'list':
        for (const item of expression.items) this.expression(item, names);
        return;
      case 'record':
        for (const argument of expression.arguments) this.#argument(argument, names, []);
        return;
      case 'negate':
        this.expression(expression.operand, names);
        return;
      case 'binary':
        this.expression(expression.left, names);
        this.expression(expression.right, names);
        return;
      case 'pipe':
        this.expression(expression.left, names);
        if (expression.right.kind === 'call') this.#call(expression.right, names, 1);
        else this.expression(expression.right, names);
        return;
      case 'field':
        this.expression(expression.of, names);
        return;
      case 'index':
        this.expression(expression.of, names);
        for (const index of expression.indices) this.expression(index, names);
        return;
      case 'call':
        this.#call(expression, names, 0);
    }
  }

  /** `before`: 1 when a value is piped in, which is the first argument. */
  #call(call: Expression & { kind: 'call' }, names: Names, before: number): void {
    this.expression(call.callee, names);
    const callee = call.callee.kind === 'name' ? call.callee.name : undefined;
    const builtin = callee === undefined || names.shadows(callee) ? undefined : this.#builtins.get(callee);
    call.arguments.forEach((argument, position) => {
      const options = builtin === undefined ? [] : this.#optionsOf(builtin, argument, position + before, names);
      if (options === undefined) return;
      this.#argument(argument, names, options);
    });
  }

  /** The words that the argument may be; undefined when it was found wrong. */
  #optionsOf(builtin: Builtin, argument: Argument, position: number, names: Names): readonly string[] | undefined {
    if (argument.kind === 'named' && !builtin.parameters.some((spec) => spec.name === argument.name.text)) {
      const known = builtin.parameters.map((spec) => spec.name);
      this.#session.report(unknownArgument(builtin.name, argument.name.text, known, argument.name.range));
      return undefined;
    }
    const name = argument.kind === 'named' ? argument.name.text : position;
    const options = optionNames(builtin, name);
    if (options === undefined || argument.kind === 'binder' || argument.value.kind !== 'name') return options ?? [];
    const word = argument.value.name;
    if (options.includes(word) || names.has(word)) return options;
    const parameter = typeof name === 'string' ? name : (builtin.parameters[name]?.name ?? '');
    this.#session.report(unknownOption(builtin.name, parameter, options, word, argument.value.range));
    return undefined;
  }
}
