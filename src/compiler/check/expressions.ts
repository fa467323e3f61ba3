/** @file Evaluates expressions and bodies in a trace. */
import { binderNotHere, binderWithoutValue, notARecord } from '../diagnostics/catalogue/blocks.ts';
import { unknownField, unknownName } from '../diagnostics/catalogue/names.ts';
import { badGradient, badOperands, noNumber } from '../diagnostics/catalogue/values.ts';
import { DiagnosticError } from '../diagnostics/diagnostic.ts';
import type { SourceRange } from '../ir/ir.ts';
import type { Argument, BinaryOperator, Body, Expression } from '../parse/ast.ts';
import { applyCallee } from './apply.ts';
import { evaluateBody } from './body.ts';
import { type CallArgument, optionNames } from './builtins/bind.ts';
import { applyBinary, negate } from './builtins/elementwise.ts';
import { describe } from './describe.ts';
import { gradientExpression } from './gradient-expression.ts';
import { indexed, itemsOf, rangeOf } from './indexing.ts';
import { combineLearners, isLearner, settled, stopLearner } from './learner.ts';
import type { Meaning } from './meaning.ts';
import { PoisonError } from './poison.ts';
import { Scope } from './scope.ts';
import type { Trace } from './trace.ts';

export function evaluateValue(trace: Trace, value: Expression | Body, scope: Scope): Meaning {
  return value.kind === 'body' ? evaluateBody(trace, value.statements, scope, value.range) : evaluate(trace, value, scope);
}

export function evaluate(trace: Trace, expression: Expression, scope: Scope): Meaning {
  const { budget } = trace.session;
  budget.enter(expression.range);
  try {
    return meaningOf(trace, expression, scope);
  } finally {
    budget.leave();
  }
}

/** Like `evaluate`, but a mistake is reported here, so that the parts of an expression hide no mistakes of each other. */
function tried(trace: Trace, expression: Expression, scope: Scope): Meaning {
  return trace.session.attempt(() => settled(trace, evaluate(trace, expression, scope)), { kind: 'poison' });
}

function meaningOf(trace: Trace, expression: Expression, scope: Scope): Meaning {
  switch (expression.kind) {
    case 'number':
      return { kind: 'number', value: expression.value };
    case 'size':
      return { kind: 'list', items: expression.values.map((value): Meaning => ({ kind: 'number', value })) };
    case 'text':
      return { kind: 'text', value: expression.value };
    case 'name':
      return named(scope, expression.name, expression.range);
    case 'list':
      return { kind: 'list', items: expression.items.map((item) => tried(trace, item, scope)) };
    case 'record':
      return record(trace, expression.arguments, scope, expression.range);
    case 'negate':
      return negated(trace, evaluate(trace, expression.operand, scope), expression.range);
    case 'binary':
      return binary(trace, expression, scope);
    case 'pipe':
      return pipe(trace, expression, scope);
    case 'field':
      return field(evaluate(trace, expression.of, scope), expression.name.text, expression.name.range);
    case 'call':
      return call(trace, expression.callee, undefined, expression.arguments, scope, expression.range);
    case 'index':
      return indexed(trace, evaluate(trace, expression.of, scope), expression.indices, scope, expression.range);
  }
}

function named(scope: Scope, name: string, range: SourceRange): Meaning {
  const meaning = scope.find(name, range);
  if (meaning === undefined) throw new DiagnosticError(unknownName(name, scope.names(), range));
  return meaning;
}

function record(trace: Trace, written: readonly Argument[], scope: Scope, range: SourceRange): Meaning {
  const fields = new Map<string, Meaning>();
  for (const argument of written) {
    if (argument.kind === 'binder') throw new DiagnosticError(binderNotHere(argument.range));
    if (argument.kind !== 'named' || fields.has(argument.name.text)) throw new DiagnosticError(notARecord(range));
    fields.set(argument.name.text, tried(trace, argument.value, scope));
  }
  if (fields.size === 0) throw new DiagnosticError(notARecord(range));
  return { kind: 'record', fields };
}

function negated(trace: Trace, operand: Meaning, range: SourceRange): Meaning {
  if (operand.kind === 'number') return { kind: 'number', value: -operand.value };
  if (operand.kind === 'callable' && isLearner(operand)) return combineLearners(trace, '*', { kind: 'number', value: -1 }, operand, range);
  return trace.at(range, () => negate(trace, trace.tensor(operand, range)));
}

function binary(trace: Trace, expression: Expression & { kind: 'binary' }, scope: Scope): Meaning {
  const left = tried(trace, expression.left, scope);
  const right = tried(trace, expression.right, scope);
  const { operator } = expression;
  if (left.kind === 'poison' || right.kind === 'poison') throw new PoisonError();
  if (operator === '..') return rangeOf(left, right, expression.range);
  if (left.kind === 'number' && right.kind === 'number' && operator !== '@')
    return { kind: 'number', value: computed(operator, left.value, right.value, expression.range) };
  if (isLearner(left) || isLearner(right)) return combineLearners(trace, operator, left, right, expression.range);
  for (const [side, written] of [
    [left, expression.left],
    [right, expression.right],
  ] as const) {
    if (!['tensor', 'number', 'list', 'schedule', 'learned', 'boolean'].includes(side.kind)) {
      throw new DiagnosticError(
        badOperands(operator, describe(side), written.range, side.kind === 'text' ? 'remove the quotes' : undefined),
      );
    }
  }
  return trace.at(expression.range, () =>
    applyBinary(
      trace,
      operator,
      trace.tensor(left, expression.left.range),
      trace.tensor(right, expression.right.range),
      expression.left.range,
      expression.right.range,
    ),
  );
}

/** A constant; refuses what is no number, and what is infinite though its operands are not. */
function computed(operator: Exclude<BinaryOperator, '..' | '@'>, left: number, right: number, range: SourceRange): number {
  const value = arithmetic(operator, left, right);
  const overflowed = !Number.isFinite(value) && Number.isFinite(left) && Number.isFinite(right);
  if (overflowed || Number.isNaN(value)) throw new DiagnosticError(noNumber(`${left} ${operator} ${right}`, value, range));
  return value;
}

export function arithmetic(operator: Exclude<BinaryOperator, '..' | '@'>, left: number, right: number): number {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return left / right;
    case '^':
      return left ** right;
    case '<':
      return left < right ? 1 : 0;
    case '<=':
      return left <= right ? 1 : 0;
    case '>':
      return left > right ? 1 : 0;
    case '>=':
      return left >= right ? 1 : 0;
    case '==':
      return left === right ? 1 : 0;
    case '!=':
      return left !== right ? 1 : 0;
  }
}

function field(of: Meaning, name: string, range: SourceRange): Meaning {
  if (of.kind === 'poison') throw new PoisonError();
  const fields = of.kind === 'record' ? of.fields : of.kind === 'distribution' ? of.parameters : undefined;
  const value = fields?.get(name);
  if (value === undefined) throw new DiagnosticError(unknownField(name, describe(of), [...(fields?.keys() ?? [])], range));
  return value;
}

function pipe(trace: Trace, expression: Expression & { kind: 'pipe' }, scope: Scope): Meaning {
  const left: CallArgument = { meaning: tried(trace, expression.left, scope), range: expression.left.range, piped: true };
  const { right } = expression;
  if (right.kind === 'call') return call(trace, right.callee, left, right.arguments, scope, right.range);
  return call(trace, right, left, [], scope, right.range);
}

function call(
  trace: Trace,
  calleeExpression: Expression,
  piped: CallArgument | undefined,
  written: readonly Argument[],
  scope: Scope,
  range: SourceRange,
): Meaning {
  if (calleeExpression.kind === 'name' && calleeExpression.name === 'gradient' && scope.find('gradient') === undefined) {
    if (piped !== undefined) throw new DiagnosticError(badGradient('`gradient(e, of: x)`', 'a piped value', range));
    return gradientExpression(trace, written, scope, range);
  }
  const callee = tried(trace, calleeExpression, scope);
  const values: CallArgument[] = piped === undefined ? [] : [piped];
  for (const argument of written) {
    if (argument.kind === 'binder') {
      values.push({ meaning: bound(trace, argument, scope), range: argument.range });
      continue;
    }
    const position = argument.kind === 'named' ? argument.name.text : values.length;
    const options = callee.kind === 'builtin' ? optionNames(callee.builtin, position) : undefined;
    const { value } = argument;
    const meaning: Meaning =
      options !== undefined && value.kind === 'name' && (options.includes(value.name) || scope.find(value.name) === undefined)
        ? { kind: 'option', name: value.name }
        : tried(trace, value, scope);
    values.push(
      argument.kind === 'named'
        ? { name: argument.name.text, nameRange: argument.name.range, meaning, range: value.range }
        : { meaning, range: value.range },
    );
  }
  if (
    callee.kind === 'builtin' &&
    callee.builtin.name === 'stop' &&
    values.length === 1 &&
    isLearner((values[0] as CallArgument).meaning)
  ) {
    return stopLearner(trace, (values[0] as CallArgument).meaning);
  }
  return applyCallee(trace, callee, values, range, calleeExpression.range);
}

/** `k in 1..5: e` as the list of its values. */
function bound(trace: Trace, argument: Argument & { kind: 'binder' }, scope: Scope): Meaning {
  const body = argument.value;
  if (body === undefined) throw new DiagnosticError(binderWithoutValue(argument.name.text, argument.range));
  const over = evaluate(trace, argument.over, scope);
  const items = itemsOf(trace, over, argument.over.range).map((item) => {
    const inner = new Scope(scope);
    inner.define(argument.name.text, () => item);
    return evaluate(trace, body, inner);
  });
  return { kind: 'list', items };
}
