/** @file Reads the clauses of a block: which there are, once each, and their values with settings from the command line. */
import { clauseNotHere, clausesMissing, clauseTwice, statementNotHere } from '../diagnostics/catalogue/blocks.ts';
import { settingNotTaken } from '../diagnostics/catalogue/names.ts';
import { DiagnosticError } from '../diagnostics/diagnostic.ts';
import type { SourceRange } from '../ir/ir.ts';
import type { Argument, Clause, Expression, Statement } from '../parse/ast.ts';
import { clauses, homesOf, repeatable, type Where, wrongClause } from './clauses.ts';
import { describe } from './describe.ts';
import type { Meaning } from './meaning.ts';
import { PoisonError } from './poison.ts';
import type { CheckSession } from './session.ts';

export interface NumberRule {
  readonly integer?: boolean;
  readonly least?: number;
  readonly most?: number;
}

/** The part of a trace that reading needs. */
export interface ConstantEvaluator {
  constant(expression: Expression): Meaning;
}

export class ClauseReader {
  readonly #session: CheckSession;
  readonly #where: Where;
  readonly #prefix: string;
  readonly #title: string;
  readonly #clauses = new Map<string, Clause[]>();
  readonly #range: SourceRange;

  /** `title` names the block in messages: "`adapt fast`". */
  constructor(session: CheckSession, where: Where, prefix: string, title: string, body: readonly Statement[], range: SourceRange) {
    this.#session = session;
    this.#where = where;
    this.#prefix = prefix;
    this.#title = title;
    this.#range = range;
    for (const statement of body) if (statement.kind === 'clause') this.#add(statement);
  }

  #add(clause: Clause): void {
    const word = clause.keyword.text;
    const allowed = clauses[this.#where].map((spec) => spec.keyword);
    if (!allowed.includes(word)) {
      this.#session.report(clauseNotHere(word, this.#title, allowed, homesOf(word), clause.keyword.range));
      return;
    }
    const earlier = this.#clauses.get(word) ?? [];
    const first = earlier[0];
    if (first !== undefined && !repeatable.has(word))
      this.#session.report(clauseTwice(word, this.#title, clause.keyword.range, first.keyword.range));
    else this.#clauses.set(word, [...earlier, clause]);
  }

  /** Reports required clauses that are missing; true when all are there. */
  complete(): boolean {
    const missing = clauses[this.#where].filter(
      ({ keyword, required, instead }) => required && !this.#clauses.has(keyword) && !(instead !== undefined && this.#clauses.has(instead)),
    );
    if (missing.length === 0) return true;
    const words = missing.map((spec) => spec.keyword);
    const examples = missing.map((spec) => spec.example);
    this.#session.reportAbsence(clausesMissing(words, this.#title, examples, this.#range));
    return false;
  }

  has(keyword: string): boolean {
    return this.#clauses.has(keyword);
  }

  rangeOf(keyword: string): SourceRange {
    return this.#clauses.get(keyword)?.[0]?.range ?? this.#range;
  }

  /** All arguments of the clause, over repetitions. */
  arguments(keyword: string): readonly Argument[] {
    return (this.#clauses.get(keyword) ?? []).flatMap((clause) => clause.arguments);
  }

  /** The only argument of the clause, without a name; undefined when the clause is missing. */
  expression(keyword: string): Expression | undefined {
    const written = this.arguments(keyword);
    const first = written[0];
    if (first === undefined) return undefined;
    const second = written[1];
    if (second !== undefined) throw wrongClause(this.#where, keyword, 'one value', `${written.length} values`, second.range);
    if (first.kind !== 'positional')
      throw wrongClause(this.#where, keyword, 'a value without a name', this.#session.textOf(first.range), first.range);
    return first.value;
  }

  /** A constant number; the command line may override it as `prefix.keyword`. Undefined when missing and no default is given. */
  number(evaluator: ConstantEvaluator, keyword: string, rule: NumberRule, otherwise?: number): number | undefined {
    const name = `${this.#prefix}.${keyword}`;
    const override = this.#session.override(name);
    const written = override ?? this.expression(keyword);
    if (written === undefined) {
      if (otherwise !== undefined) this.#session.setting({ name, value: String(otherwise), origin: 'default', range: undefined });
      return otherwise;
    }
    return this.#checked(evaluator, keyword, written, rule, name, override !== undefined);
  }

  /** Like `number`, for an expression that the caller picked out of the clause. */
  numberFrom(evaluator: ConstantEvaluator, keyword: string, expression: Expression, rule: NumberRule): number {
    const name = `${this.#prefix}.${keyword}`;
    const override = this.#session.override(name);
    return this.#checked(evaluator, keyword, override ?? expression, rule, name, override !== undefined);
  }

  #checked(
    evaluator: ConstantEvaluator,
    keyword: string,
    expression: Expression,
    rule: NumberRule,
    name: string,
    fromCommandLine: boolean,
  ): number {
    const range = fromCommandLine ? this.rangeOf(keyword) : expression.range;
    const meaning = fromCommandLine
      ? this.#session.evaluateOverride(name, () => evaluator.constant(expression))
      : evaluator.constant(expression);
    if (
      meaning.kind !== 'number' ||
      (rule.integer === true && !Number.isInteger(meaning.value)) ||
      !(meaning.value >= (rule.least ?? Number.NEGATIVE_INFINITY)) ||
      !(meaning.value <= (rule.most ?? Number.MAX_SAFE_INTEGER))
    ) {
      const bounds = [
        ...(rule.least === undefined ? [] : [`of at least ${rule.least}`]),
        ...(rule.most === undefined ? [] : [`at most ${rule.most.toLocaleString('en')}`]),
      ];
      const expected = ['a constant', rule.integer === true ? 'whole number' : 'number', bounds.join(' and ')].join(' ').trim();
      if (meaning.kind === 'poison') throw new PoisonError();
      if (fromCommandLine) throw new DiagnosticError(settingNotTaken(name, this.#session.overrideText(name), expected, describe(meaning)));
      throw wrongClause(this.#where, keyword, expected, describe(meaning), range);
    }
    this.#session.setting({
      name,
      value: String(meaning.value),
      origin: fromCommandLine ? 'command line' : 'spec',
      range,
    });
    return meaning.value;
  }

  /** Reports statements that are neither clauses nor of the given kinds. */
  allowOnly(body: readonly Statement[], kinds: readonly Statement['kind'][]): void {
    for (const statement of body) {
      if (statement.kind === 'clause' || kinds.includes(statement.kind)) continue;
      const what = { part: 'a part', equation: 'an equation', function: 'a function', draw: 'a draw' }[statement.kind];
      this.#session.report(statementNotHere(what, this.#title, statement.range));
    }
  }
}
