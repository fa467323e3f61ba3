/** @file What is said of the problems that the parser met: one diagnostic for each token at fault. */

import type { Problem } from '../../../grammar/recovery.ts';
import { beginsOperand, isA, opensLine, type Tokens } from '../../../grammar/statement-starts.ts';
import {
  BlockWord,
  BYTE_UNITS,
  CLAUSE_WORDS,
  ClauseWord,
  Colon,
  Comma,
  Comparison,
  Dot,
  Equals,
  LeftBrace,
  LeftBracket,
  LeftParenthesis,
  Name,
  NumberLiteral,
  PartWord,
  RightBrace,
  RightBracket,
  RightParenthesis,
  Size,
  TextLiteral,
  Tilde,
  UnclosedText,
} from '../../../grammar/tokens.ts';
import {
  blockWithoutBody,
  bracketOpensLine,
  callAsStatement,
  chainedComparison,
  clauseWithoutValue,
  doubleEquation,
  equalsInArguments,
  functionWithoutEquals,
  missingBrace,
  missingCloser,
  missingOperator,
  missingValue,
  misspeltKeyword,
  outsideOfBlock,
  unexpected,
  unknownStatement,
  unmatchedCloser,
} from '../diagnostics/catalogue/syntax.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { suggest } from '../diagnostics/did-you-mean.ts';
import { placeBefore, placeOf, unclosedByIndentation } from './blame.ts';
import { tokenRange } from './expressions.ts';
import { saidHere } from './foreign-words.ts';

/** @param lexical what was said of characters and tokens: problems beside such a place are its consequences and are not told */
export function describeProblems(tokens: Tokens, problems: readonly Problem[], lexical: readonly Diagnostic[]): Diagnostic[] {
  const told = new Set<number>();
  const diagnostics: Diagnostic[] = [];
  for (const problem of problems) {
    if (told.has(problem.index) || followsFrom(tokens, problem.index, lexical)) continue;
    told.add(problem.index);
    diagnostics.push(describe(tokens, problem));
  }
  return diagnostics;
}

function followsFrom(tokens: Tokens, index: number, lexical: readonly Diagnostic[]): boolean {
  const previous = tokens[index - 1];
  const token = tokens[index];
  if (isA(previous, UnclosedText)) return true;
  const start = previous?.startOffset ?? 0;
  const end = token ? tokenRange(token).end : Number.POSITIVE_INFINITY;
  return lexical.some(({ range }) => range !== undefined && range.start >= start && range.end <= end);
}

function describe(tokens: Tokens, problem: Problem): Diagnostic {
  switch (problem.kind) {
    case 'misspelt':
      return describeMisspelt(tokens, problem);
    case 'missing-token':
      return describeMissingToken(tokens, problem);
    case 'missing-operand':
      return describeMissingOperand(tokens, problem.index);
    case 'not-a-statement':
      return describeNoStatement(tokens, problem);
  }
}

function describeMisspelt(tokens: Tokens, problem: Problem): Diagnostic {
  const { range } = placeOf(tokens, problem.index);
  return misspeltKeyword(tokens[problem.index]?.image ?? '', problem.replacement ?? '', range);
}

function describeMissingToken(tokens: Tokens, problem: Problem): Diagnostic {
  const { index, expected, rule } = problem;
  const token = tokens[index];
  const previous = tokens[index - 1];
  const opener = problem.opener && tokenRange(problem.opener);
  if (rule === 'parameters' || rule === 'functionDefinition') {
    const call = describeCall(tokens, index);
    if (call) return call;
  }
  const place = placeBefore(tokens, index);
  if (expected === RightBrace) {
    const shown = unclosedByIndentation(tokens, index);
    if (shown === undefined) return missingBrace(place.found, place.range, opener);
    const before = placeBefore(tokens, shown.index);
    return missingBrace(before.found, before.range, tokenRange(shown.opener));
  }
  if (expected === RightParenthesis || expected === RightBracket) {
    if (isA(token, Equals) && isA(previous, Name) && rule === 'argumentList') return equalsInArguments(previous?.image ?? '', place.range);
    const closer = expected === RightBracket ? ']' : ')';
    if (token === undefined || opensLine(tokens, index) || isA(token, RightBrace, RightBracket, RightParenthesis, LeftBrace)) {
      return missingCloser(closer, place.found, place.range, opener);
    }
    if (isA(token, Comparison)) return chainedComparison(token.image, place.range);
    return unexpected(`\`,\` or \`${closer}\``, place.found, besideHint(tokens, index), place.range);
  }
  if (expected === LeftBrace) return blockWithoutBody(headOf(tokens, index), place.found, place.range);
  if (expected === Equals) return functionWithoutEquals(headOf(tokens, index), place.found, place.range);
  if (expected === Name && isA(previous, Dot)) {
    const before = tokens[index - 2];
    const hint = isA(before, NumberLiteral) ? `a number does not end with a dot: \`${before?.image}\`` : 'write `value.field`';
    return unexpected('the name of a field', place.found, hint, place.range);
  }
  if (expected === Name) {
    return unexpected('the name of a parameter', place.found, 'a parameter is a name; the call gives it a value', place.range);
  }
  return unexpected(`\`${expected?.LABEL ?? expected?.name ?? 'something else'}\``, place.found, undefined, place.range);
}

/** What looked like the definition of a function may be the call of one, or a misspelt clause. */
function describeCall(tokens: Tokens, index: number): Diagnostic | undefined {
  const bracket = openingBracket(tokens, index);
  const nameToken = tokens[bracket - 1];
  if (nameToken === undefined || isA(tokens[bracket - 2], BlockWord) || equalsFollows(tokens, bracket)) return undefined;
  const name = nameToken.image;
  const { range, found } = placeOf(tokens, bracket - 1);
  if (!opensLine(tokens, bracket - 1) && endsValue(tokens, bracket - 2))
    return missingOperator(found, besideHint(tokens, bracket - 1), range);
  const keyword = suggest(name, CLAUSE_WORDS);
  if (keyword !== undefined) return misspeltKeyword(name, keyword, range);
  return callAsStatement(name, range);
}

/** Index of the last `(` before `index` that is open there, or that the bracket just before `index` closes. */
function openingBracket(tokens: Tokens, index: number): number {
  let depth = isA(tokens[index - 1], RightParenthesis) ? 0 : 1;
  for (let at = index - 1; at > 0; at--) {
    if (isA(tokens[at], RightParenthesis)) depth++;
    if (isA(tokens[at], LeftParenthesis) && --depth === 0) return at;
  }
  return 0;
}

/** Whether the bracket is closed on its line and `=` or a body follows. */
function equalsFollows(tokens: Tokens, bracket: number): boolean {
  let depth = 0;
  for (let at = bracket; at < tokens.length && (at === bracket || !opensLine(tokens, at)); at++) {
    if (isA(tokens[at], LeftParenthesis)) depth++;
    if (isA(tokens[at], RightParenthesis) && --depth === 0) return isA(tokens[at + 1], Equals, LeftBrace);
  }
  return false;
}

function describeMissingOperand(tokens: Tokens, index: number): Diagnostic {
  const place = placeBefore(tokens, index);
  const previous = tokens[index - 1];
  const token = tokens[index];
  if (previous === undefined) return unexpected('a value', place.found, undefined, place.range);
  if (isA(previous, ClauseWord, BlockWord) && !isA(token, Name)) return clauseWithoutValue(previous.image, place.found, place.range);
  const after = `\`${previous.image}\``;
  if (isA(previous, Comma) && isA(token, RightParenthesis, RightBracket)) {
    return missingValue(after, place.found, 'remove the last `,`', place.range);
  }
  if (previous.image === '*' && token?.image === '*') return missingValue(after, place.found, 'a power is written `x^2`', place.range);
  if (isA(token, LeftBrace))
    return missingValue(after, place.found, 'a body stands only after `name =` and after the head of a block', place.range);
  if (isA(token, Dot) && isA(tokens[index + 1], NumberLiteral)) {
    return missingValue(after, place.found, `write \`0.${tokens[index + 1]?.image}\``, place.range);
  }
  if (isA(previous, ClauseWord)) return clauseWithoutValue(previous.image, place.found, place.range);
  if (isA(previous, Name) || isA(previous, RightParenthesis, RightBracket)) {
    return unexpected('the rest of this statement', place.found, undefined, place.range);
  }
  const hint =
    isA(token, Name) || token === undefined
      ? `write the value, or remove ${after}`
      : `write a value between ${after} and \`${token.image}\``;
  return missingValue(after, place.found, hint, place.range);
}

function describeNoStatement(tokens: Tokens, problem: Problem): Diagnostic {
  const { index, inFile } = problem;
  const token = tokens[index];
  const previous = tokens[index - 1];
  const place = placeOf(tokens, index);
  if (token === undefined) return unexpected('a statement', place.found, undefined, place.range);
  const first = previous === undefined || opensLine(tokens, index) || isA(previous, LeftBrace, RightBrace);
  if (isA(token, RightBrace, RightParenthesis, RightBracket)) return unmatchedCloser(token.image, place.range);
  if (isA(token, LeftParenthesis, LeftBracket) && first) return bracketOpensLine(token.image, place.range);
  const next = tokens[index + 1];
  if (inFile && isA(token, ClauseWord, PartWord) && (beginsOperand(next) || isA(next, LeftBrace))) {
    const closer = tokens.slice(0, index).findLast((earlier) => isA(earlier, RightBrace));
    return outsideOfBlock(token.image, place.range, closer && tokenRange(closer));
  }
  if (isA(token, ClauseWord) && !inFile && !isA(next, Colon, Comparison)) {
    const missing = placeBefore(tokens, index + 1);
    return clauseWithoutValue(token.image, missing.found, missing.range);
  }
  if (isA(token, BlockWord) && first && !isA(next, Colon, Comparison)) {
    const missing = placeBefore(tokens, index + 1);
    return blockWithoutBody(token.image, missing.found, missing.range);
  }
  if (first || !endsValue(tokens, index - 1)) return describeUnknownStatement(tokens, problem);
  if (isA(token, Comparison)) return chainedComparison(token.image, place.range);
  if (isA(token, Equals, Tilde)) return doubleEquation(token.image, place.range);
  if (beginsOperand(token)) return missingOperator(place.found, besideHint(tokens, index), place.range);
  return unexpected('an operator or a new statement', place.found, undefined, place.range);
}

function describeUnknownStatement(tokens: Tokens, problem: Problem): Diagnostic {
  const { index, inFile } = problem;
  const token = tokens[index];
  const next = tokens[index + 1];
  const place = placeOf(tokens, index);
  const expected = inFile
    ? '`name = …`, `name ~ …`, or a block: `tasks`, `model`, `adapt`, `train`, `evaluate`'
    : '`name = …`, `name ~ …`, or a clause such as `minimize …`';
  let hint = 'every statement begins with a word';
  if (isA(token, Name) && token && next) {
    const { image } = token;
    const here = isA(next, Equals, Tilde) ? undefined : saidHere(image);
    if (here !== undefined) hint = here;
    else if (isA(next, Colon) || next.image === '==') hint = `an equation is written \`${image} = …\``;
    else if (isA(next, Name) && isA(tokens[index + 2], Equals)) hint = `leave \`${image}\` out: \`${next.image} = …\``;
    else if (beginsOperand(next)) hint = `to define \`${image}\`, write \`${image} = …\``;
    else hint = `write \`${image} = …\`, or remove it`;
  }
  return unknownStatement(place.found, expected, hint, place.range);
}

function endsValue(tokens: Tokens, index: number): boolean {
  return isA(tokens[index], Name, NumberLiteral, Size, TextLiteral, RightParenthesis, RightBracket);
}

/** What to do with a value that stands right after another. */
function besideHint(tokens: Tokens, index: number): string {
  const previous = tokens[index - 1];
  const token = tokens[index];
  if (isA(previous, NumberLiteral) && isA(token, Name)) {
    if (BYTE_UNITS.some((unit) => unit === token?.image))
      return `an amount of memory is written without a space: \`${previous?.image}${token?.image}\``;
    return `a product is written \`${previous?.image}*${token?.image}\`; numbers carry no unit`;
  }
  if (isA(token, Colon) && bracketBefore(tokens, index) === '[')
    return 'a range is written with two dots, and both its ends are in it: `x[0..4]` are five';
  const here = previous !== undefined && isA(previous, Name) && opensLine(tokens, index - 1) ? saidHere(previous.image) : undefined;
  return here ?? 'put `,` or an operator between the two';
}

/** The bracket or parenthesis that is open at the token. */
function bracketBefore(tokens: Tokens, index: number): string | undefined {
  let closed = 0;
  for (const { image } of tokens.slice(0, index).reverse()) {
    if (image === ')' || image === ']') closed++;
    else if (image === '(' || image === '[') {
      if (closed === 0) return image;
      closed--;
    }
  }
  return undefined;
}

/** The word that begins the statement or header in which the token stands. */
function headOf(tokens: Tokens, index: number): string {
  let head = index - 1;
  while (head > 0 && !opensLine(tokens, head) && !isA(tokens[head - 1], LeftBrace, RightBrace)) head--;
  return tokens[Math.max(head, 0)]?.image ?? '';
}
