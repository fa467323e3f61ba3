/** @file Prints the abstract syntax tree: one statement a line, every operator in brackets, so that what binds to what can be seen. */
import type { Argument, Block, Body, Expression, File, Identifier, Statement } from './ast.ts';

export function printAst(file: File): string {
  const lines = file.declarations.flatMap((declaration) => {
    if (declaration.kind === 'bound')
      return [`bound ${declaration.name.text} ${declaration.operator} ${printExpression(declaration.value)}`];
    return declaration.kind === 'block' ? printBlock(declaration) : printStatement(declaration);
  });
  return lines.map((line) => `${line}\n`).join('');
}

function printBlock(block: Block): string[] {
  const name = block.name === undefined ? '' : ` ${block.name.text}`;
  const parameters = block.parameters === undefined ? '' : printParameters(block.parameters);
  const from = block.from === undefined ? '' : ` from ${printExpression(block.from)}`;
  return printBody(`block ${block.keyword}${name}${parameters}${from}`, block.body);
}

function printStatement(statement: Statement): string[] {
  switch (statement.kind) {
    case 'clause':
      return [`clause ${statement.keyword.text} ${printArguments(statement.arguments)}`];
    case 'part':
      return printBody(`part ${statement.keyword}`, statement.body);
    case 'draw':
      return [`draw ${statement.name.text} ~ ${printExpression(statement.distribution)}`];
    case 'equation':
      return printValue(`equation ${statement.name.text}`, statement.value);
    case 'function':
      return printValue(`function ${statement.name.text}${printParameters(statement.parameters)}`, statement.value);
  }
}

function printValue(head: string, value: Expression | Body): string[] {
  return value.kind === 'body' ? printBody(`${head} =`, value.statements) : [`${head} = ${printExpression(value)}`];
}

function printBody(head: string, statements: readonly Statement[]): string[] {
  const lines = statements.flatMap(printStatement).map((line) => `  ${line}`);
  return [`${head} {`, ...lines, '}'];
}

function printParameters(parameters: readonly Identifier[]): string {
  return `(${parameters.map((parameter) => parameter.text).join(', ')})`;
}

function printArguments(list: readonly Argument[]): string {
  return list.map(printArgument).join(', ');
}

function printArgument(argument: Argument): string {
  if (argument.kind === 'positional') return printExpression(argument.value);
  if (argument.kind === 'named') return `${argument.name.text}: ${printExpression(argument.value)}`;
  const value = argument.value === undefined ? '' : `: ${printExpression(argument.value)}`;
  return `${argument.name.text} in ${printExpression(argument.over)}${value}`;
}

/** An expression on one line; every negation, operator and pipe in brackets. */
export function printExpression(expression: Expression): string {
  switch (expression.kind) {
    case 'number':
      return String(expression.value);
    case 'size':
      return expression.values.join(' x ');
    case 'text':
      return `"${expression.value}"`;
    case 'name':
      return expression.name;
    case 'list':
      return `[${expression.items.map(printExpression).join(', ')}]`;
    case 'record':
      return `record(${printArguments(expression.arguments)})`;
    case 'negate':
      return `(- ${printExpression(expression.operand)})`;
    case 'binary':
      return `(${printExpression(expression.left)} ${expression.operator} ${printExpression(expression.right)})`;
    case 'pipe':
      return `(${printExpression(expression.left)} |> ${printExpression(expression.right)})`;
    case 'field':
      return `${printExpression(expression.of)}.${expression.name.text}`;
    case 'call':
      return `${printExpression(expression.callee)}(${printArguments(expression.arguments)})`;
    case 'index':
      return `${printExpression(expression.of)}[${expression.indices.map(printExpression).join(', ')}]`;
  }
}
