/** @file Where a problem is shown, and what stands there. */
import type { IToken } from 'chevrotain';
import { isA, opensLine, type Tokens } from '../../../grammar/statement-starts.ts';
import { LeftBrace, Name, NumberLiteral, RightBrace, Size, TextLiteral } from '../../../grammar/tokens.ts';
import type { SourceRange } from '../ir/ir.ts';
import { tokenRange } from './expressions.ts';
import { shorten } from './lexical-messages.ts';

export interface Place {
  readonly range: SourceRange;
  /** What stands there, in words. */
  readonly found: string;
}

/** The place of a token; if the token opens a line or ends the file, the end of the line before it, where something is missing. */
export function placeBefore(tokens: Tokens, index: number): Place {
  const previous = tokens[index - 1];
  if (previous && (index >= tokens.length || opensLine(tokens, index))) {
    const { end } = tokenRange(previous);
    return { range: { start: end, end }, found: index >= tokens.length ? 'the end of the file' : 'the end of the line' };
  }
  return placeOf(tokens, index);
}

/** The place of a token, whatever stands before it. */
export function placeOf(tokens: Tokens, index: number): Place {
  const token = tokens[index];
  if (token) return { range: tokenRange(token), found: inWords(token) };
  const last = tokens.at(-1);
  const end = last ? tokenRange(last).end : 0;
  return { range: { start: end, end }, found: 'the end of the file' };
}

export function inWords(token: IToken): string {
  const image = `\`${shorten(token.image)}\``;
  if (isA(token, Name)) return `the name ${image}`;
  if (isA(token, NumberLiteral)) return `the number ${image}`;
  if (isA(token, Size)) return `the size ${image}`;
  if (isA(token, TextLiteral)) return `the text ${image}`;
  return image;
}

/**
 * The brace that was most likely left open, and the index of the token before which it should close: a `}` that opens a line
 * and stands further left than the line of the brace that it closes shows that the inner body was not closed. Undefined if
 * the indentation shows nothing.
 */
export function unclosedByIndentation(tokens: Tokens, end: number): { readonly opener: IToken; readonly index: number } | undefined {
  const open: { readonly token: IToken; readonly indentation: number }[] = [];
  let indentation = 0;
  for (let index = 0; index < Math.min(end, tokens.length); index++) {
    const token = tokens[index];
    if (token === undefined) break;
    const first = opensLine(tokens, index);
    if (first) indentation = token.startColumn ?? 0;
    if (isA(token, LeftBrace)) open.push({ token, indentation });
    if (!isA(token, RightBrace)) continue;
    const closed = open.pop();
    if (closed && first && (token.startColumn ?? 0) < closed.indentation) return { opener: closed.token, index };
  }
  return undefined;
}
