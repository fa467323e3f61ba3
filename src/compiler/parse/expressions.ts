/** @file Expressions and arguments of the concrete syntax tree, as abstract syntax. */
import type { CstNode, IToken } from 'chevrotain';
import type {
  ArgumentCstNode,
  ArgumentListCstNode,
  ExpressionCstNode,
  ListCstNode,
  PostfixCstNode,
  PowerCstNode,
  PrimaryCstNode,
  ProductCstNode,
  RangeCstNode,
  SuffixCstNode,
  SumCstNode,
  UnaryCstNode,
} from '../../../grammar/cst.d.ts';
import { chainTooLong, numberTooLarge } from '../diagnostics/catalogue/syntax.ts';
import { DiagnosticError } from '../diagnostics/diagnostic.ts';
import { InternalError } from '../diagnostics/internal-error.ts';
import type { SourceRange } from '../ir/ir.ts';
import type { Argument, BinaryOperator, Expression, Identifier } from './ast.ts';

/** What walks the tree may use one stack frame for each level: no expression is deeper than this. */
export const DEEPEST_EXPRESSION = 256;

const OPERATORS: readonly BinaryOperator[] = ['+', '-', '*', '/', '@', '^', '<', '<=', '>', '>=', '==', '!=', '..'];

type Nodes<T> = readonly T[] | undefined;

export function tokenRange(token: IToken): SourceRange {
  return { start: token.startOffset, end: (token.endOffset ?? token.startOffset) + 1 };
}

export function nodeRange(node: CstNode): SourceRange {
  const start = node.location?.startOffset ?? Number.NaN;
  const end = (node.location?.endOffset ?? Number.NaN) + 1;
  if (Number.isNaN(start) || Number.isNaN(end)) throw new InternalError(`the ${node.name} in the syntax tree has no place`);
  return { start, end };
}

/** A child that the grammar makes obligatory. */
export function one<T>(nodes: Nodes<T>): T {
  const node = nodes?.[0];
  if (node === undefined) throw new InternalError('a part of the syntax tree that the grammar demands is missing');
  return node;
}

export function identifier(token: IToken): Identifier {
  return { text: token.image, range: tokenRange(token) };
}

/** @param depth how many levels of the expression are above this one */
export function toExpression(node: ExpressionCstNode, depth = 0): Expression {
  const { comparison, postfix = [] } = node.children;
  const left = toComparison(one(comparison), depth + postfix.length);
  return chain(left, postfix, depth, (before, after, below) => {
    const right = toPostfix(after, below);
    return { kind: 'pipe', left: before, right, range: span(node, right.range) };
  });
}

function toComparison(node: NonNullable<ExpressionCstNode['children']['comparison'][0]>, depth: number): Expression {
  const { range, Comparison } = node.children;
  return binary(node, range, Comparison, depth, toRange);
}

export function toRange(node: RangeCstNode, depth: number): Expression {
  return binary(node, node.children.sum, node.children.Range, depth, toSum);
}

function toSum(node: SumCstNode, depth: number): Expression {
  return binary(node, node.children.product, node.children.operator, depth, toProduct);
}

function toProduct(node: ProductCstNode, depth: number): Expression {
  return binary(node, node.children.unary, node.children.Product, depth, toUnary);
}

function toUnary(node: UnaryCstNode, depth: number): Expression {
  const { Minus, unary, power } = node.children;
  if (Minus === undefined) return toPower(one(power), depth);
  return { kind: 'negate', operand: toUnary(one(unary), depth + 1), range: nodeRange(node) };
}

function toPower(node: PowerCstNode, depth: number): Expression {
  const { postfix, Power, unary } = node.children;
  if (Power === undefined) return toPostfix(one(postfix), depth);
  const left = toPostfix(one(postfix), depth + 1);
  const right = toUnary(one(unary), depth + 1);
  return { kind: 'binary', operator: '^', operatorRange: tokenRange(one(Power)), left, right, range: nodeRange(node) };
}

function toPostfix(node: PostfixCstNode, depth: number): Expression {
  const { primary, suffix = [] } = node.children;
  const first = toPrimary(one(primary), depth + suffix.length);
  return chain(first, suffix, depth, (of, after, below) => toSuffix(of, after, below, span(node, nodeRange(after))));
}

function toSuffix(of: Expression, node: SuffixCstNode, depth: number, range: SourceRange): Expression {
  const { Name, argumentList, list } = node.children;
  if (Name !== undefined) return { kind: 'field', of, name: identifier(one(Name)), range };
  if (list !== undefined) return { kind: 'index', of, indices: toItems(one(list), depth), range };
  return { kind: 'call', callee: of, arguments: toArguments(one(argumentList), depth), range };
}

function toPrimary(node: PrimaryCstNode, depth: number): Expression {
  const range = nodeRange(node);
  if (depth > DEEPEST_EXPRESSION) throw new DiagnosticError(chainTooLong(DEEPEST_EXPRESSION, range));
  const { NumberLiteral, Size, TextLiteral, Name, list, argumentList } = node.children;
  if (NumberLiteral !== undefined) return { kind: 'number', value: numberOf(one(NumberLiteral).image, range), range };
  if (Size !== undefined) return { kind: 'size', values: sizesOf(one(Size).image, range), range };
  if (TextLiteral !== undefined) return { kind: 'text', value: one(TextLiteral).image.slice(1, -1), range };
  if (Name !== undefined) return { kind: 'name', name: one(Name).image, range };
  if (list !== undefined) return { kind: 'list', items: toItems(one(list), depth), range };
  return toRecord(one(argumentList), depth, range);
}

/** `(e)` is e itself: only the record of several, or of named, arguments is a value of its own. */
function toRecord(node: ArgumentListCstNode, depth: number, range: SourceRange): Expression {
  const entries = toArguments(node, depth);
  const [only, ...others] = entries;
  if (only?.kind === 'positional' && others.length === 0) return only.value;
  return { kind: 'record', arguments: entries, range };
}

function toItems(node: ListCstNode, depth: number): Expression[] {
  return (node.children.expression ?? []).map((item) => toExpression(item, depth + 1));
}

function toArguments(node: ArgumentListCstNode, depth: number): Argument[] {
  return (node.children.argument ?? []).map((argument) => toArgument(argument, depth + 1));
}

export function toArgument(node: ArgumentCstNode, depth = 0): Argument {
  const range = nodeRange(node);
  const { binder, namedArgument, expression } = node.children;
  if (binder !== undefined) {
    const { Name, over, value } = one(binder).children;
    const summand = value === undefined ? undefined : toExpression(one(value), depth);
    return { kind: 'binder', name: identifier(one(Name)), over: toExpression(one(over), depth), value: summand, range };
  }
  if (namedArgument !== undefined) {
    const named = one(namedArgument).children;
    return { kind: 'named', name: identifier(one(named.Name)), value: toExpression(one(named.expression), depth), range };
  }
  return { kind: 'positional', value: toExpression(one(expression), depth), range };
}

/** Operators of one level of binding, from left to right. */
function binary<T extends CstNode>(
  node: CstNode,
  operands: readonly T[],
  operators: readonly IToken[] = [],
  depth: number,
  convert: (operand: T, depth: number) => Expression,
): Expression {
  const left = convert(one(operands), depth + operators.length);
  return chain(left, operands.slice(1), depth, (before, operand, below, index) => {
    const token = one(operators.slice(index));
    const right = convert(operand, below);
    const range = span(node, nodeRange(operand));
    return { kind: 'binary', operator: operatorOf(token), operatorRange: tokenRange(token), left: before, right, range };
  });
}

/** Folds the links of a chain to the left; each link is one level less deep than the one before it. */
function chain<T>(
  first: Expression,
  links: readonly T[],
  depth: number,
  join: (before: Expression, link: T, depth: number, index: number) => Expression,
): Expression {
  return links.reduce((before, link, index) => join(before, link, depth + links.length - index, index), first);
}

/** From the start of a chain to the end of one of its links, brackets included. */
function span(node: CstNode, last: SourceRange): SourceRange {
  return { start: nodeRange(node).start, end: last.end };
}

export function operatorOf(token: IToken): BinaryOperator {
  const operator = OPERATORS.find((candidate) => candidate === token.image);
  if (operator === undefined) throw new InternalError(`\`${token.image}\` is not an operator`);
  return operator;
}

function sizesOf(image: string, range: SourceRange): number[] {
  return image.split('x').map((part) => numberOf(part.trim(), range));
}

/** `GB` is 1000^3, `GiB` 1024^3. */
function bytesIn(unit: string): number {
  return (unit.length === 3 ? 1024 : 1000) ** ('KMGT'.indexOf(unit.charAt(0).toUpperCase()) + 1);
}

/** Not a number for a malformed one, whose statement is left out. */
function numberOf(image: string, range: SourceRange): number {
  const [, digits = image, unit] = /^(.*?)([kKMGT]i?B)$/.exec(image) ?? [];
  const value = Number(digits.replaceAll('_', '')) * (unit === undefined ? 1 : bytesIn(unit));
  if (value === Number.POSITIVE_INFINITY) throw new DiagnosticError(numberTooLarge(image, range));
  return value;
}
