/** @file What looks like the start of a statement: where the parser may take up the thread after a mistake. */
import { type IToken, type TokenType, tokenMatcher } from 'chevrotain';
import {
  BlockWord,
  BoundSign,
  ClauseWord,
  Comma,
  Equals,
  From,
  Identifier,
  In,
  LeftBrace,
  LeftBracket,
  LeftParenthesis,
  Minus,
  Name,
  NumberLiteral,
  PartWord,
  PlainName,
  RightParenthesis,
  Size,
  TextLiteral,
  Tilde,
} from './tokens.ts';

export type Tokens = readonly IToken[];

/** A parameter list longer than this is not looked through. */
const LONGEST_PARAMETER_LIST = 64;

export function isA(token: IToken | undefined, ...types: readonly TokenType[]): boolean {
  return token !== undefined && types.some((type) => tokenMatcher(token, type));
}

/** Whether the token is the first of its line. */
export function opensLine(tokens: Tokens, index: number): boolean {
  const token = tokens[index];
  const previous = tokens[index - 1];
  return token !== undefined && (previous === undefined || (token.startLine ?? 0) > (previous.endLine ?? 0));
}

/** Whether the token can begin an operand. */
export function beginsOperand(token: IToken | undefined): boolean {
  return isA(token, Name, NumberLiteral, Size, TextLiteral, LeftParenthesis, LeftBracket, Minus);
}

/** Whether a declaration of a file begins with these two tokens: what FIRST of the grammar says. */
export function beginsDeclaration(first: IToken, second: IToken): boolean {
  return (
    beginsDefinition(first, second) ||
    (isA(first, Name) && isA(second, BoundSign)) ||
    (isA(first, BlockWord) && isA(second, Name, LeftBrace))
  );
}

/** Whether a statement of a body begins with these two tokens: what FIRST of the grammar says. */
export function beginsStatement(first: IToken, second: IToken): boolean {
  if (beginsDefinition(first, second)) return true;
  return (isA(first, ClauseWord) && beginsOperand(second)) || (isA(first, PartWord) && isA(second, LeftBrace));
}

function beginsDefinition(first: IToken, second: IToken): boolean {
  return isA(first, Name) && (isA(second, Equals, Tilde) || (isA(second, LeftParenthesis) && isA(first, PlainName)));
}

/**
 * Whether the word begins a statement and is no operand: no operand stands before `=`, `~` or, unless a statement ends with
 * it, another operand.
 */
export function cannotBeOperand(tokens: Tokens, index: number): boolean {
  const [word, next, afterNext] = tokens.slice(index, index + 3);
  if (!isA(word, Name)) return false;
  if (isA(next, Equals, Tilde) || looksLikeBlock(tokens, index)) return true;
  if (isA(word, PartWord)) return isA(next, LeftBrace);
  if (!isA(word, ClauseWord) || opensLine(tokens, index + 1)) return false;
  return isA(next, NumberLiteral, Size, TextLiteral) || (isA(next, Name) && !isA(next, In) && !isA(afterNext, Equals, Tilde));
}

/** `train {`, `model net(`, `adapt fast from`: a block word and the header that follows it. */
export function looksLikeBlock(tokens: Tokens, index: number): boolean {
  return isA(tokens[index], BlockWord) && hasHeader(tokens, index);
}

function hasHeader(tokens: Tokens, index: number): boolean {
  if (isA(tokens[index + 1], LeftBrace)) return true;
  return isA(tokens[index + 1], Name) && isA(tokens[index + 2], LeftBrace, LeftParenthesis, From);
}

/** `name =`, `name ~` or `name(a, b) =`. */
export function looksLikeDefinition(tokens: Tokens, index: number): boolean {
  if (!isA(tokens[index], Name)) return false;
  if (isA(tokens[index + 1], Equals, Tilde)) return true;
  if (!isA(tokens[index], PlainName) || !isA(tokens[index + 1], LeftParenthesis)) return false;
  for (let next = index + 2; next < index + LONGEST_PARAMETER_LIST; next++) {
    if (isA(tokens[next], RightParenthesis)) return isA(tokens[next + 1], Equals, LeftBrace);
    if (!isA(tokens[next], Name, Comma)) return false;
  }
  return false;
}

/** Also a word at the very start of a line, whatever follows: only declarations are written so. */
export function looksLikeDeclarationOfFile(tokens: Tokens, index: number): boolean {
  return looksLikeDeclaration(tokens, index) || (tokens[index]?.startColumn === 1 && isA(tokens[index], Name));
}

/** A definition or the header of a block; also what is most likely one with a misspelt or a needless word before it. */
function looksLikeDeclaration(tokens: Tokens, index: number): boolean {
  if (looksLikeBlock(tokens, index) || looksLikeDefinition(tokens, index)) return true;
  if (!isA(tokens[index], Identifier) || opensLine(tokens, index + 1)) return false;
  return hasHeader(tokens, index) || isA(tokens[index + 1], Name, NumberLiteral, Size, TextLiteral);
}

/** Any statement of a body; also a word with an operand or a body beside it, which is most likely a misspelt clause or part. */
export function looksLikeStatement(tokens: Tokens, index: number): boolean {
  if (looksLikeDeclaration(tokens, index)) return true;
  const next = tokens[index + 1];
  if (opensLine(tokens, index + 1)) return false;
  if (isA(tokens[index], PartWord)) return isA(next, LeftBrace);
  return isA(tokens[index], ClauseWord) && beginsOperand(next) && !isA(next, Minus);
}
