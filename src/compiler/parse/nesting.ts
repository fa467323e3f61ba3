/** @file How deep the brackets and signs of a token stream are nested, found without recursion, before anything recurses. */
import type { IToken } from 'chevrotain';
import { beginsOperand, isA } from '../../../grammar/statement-starts.ts';
import {
  LeftBrace,
  LeftBracket,
  LeftParenthesis,
  Minus,
  Name,
  NumberLiteral,
  Power,
  RightBrace,
  RightBracket,
  RightParenthesis,
  Size,
  TextLiteral,
} from '../../../grammar/tokens.ts';

/** The parser needs some fifty stack frames for each level. */
export const DEEPEST_NESTING = 64;

/** The first token that is nested deeper than DEEPEST_NESTING: in brackets, or in a row of signs or powers such as `- - x` and `a^b^c`. */
export function tooDeepToken(tokens: readonly IToken[]): IToken | undefined {
  /** For each open bracket, the signs and powers pending where it was opened. */
  const open: number[] = [];
  let depth = 0;
  let pending = 0;
  let previous: IToken | undefined;
  for (const token of tokens) {
    if (isA(token, LeftParenthesis, LeftBracket, LeftBrace)) {
      open.push(pending);
      depth += 1;
      pending = 0;
    } else if (isA(token, RightParenthesis, RightBracket, RightBrace)) {
      if (open.length > 0) depth -= 1 + pending;
      else depth -= pending;
      pending = open.pop() ?? 0;
    } else if (isA(token, Power) || (isA(token, Minus) && !endsOperand(previous))) {
      pending += 1;
      depth += 1;
    } else if (!continuesOperand(previous, token)) {
      depth -= pending;
      pending = 0;
    }
    if (depth > DEEPEST_NESTING) return token;
    previous = token;
  }
  return undefined;
}

function endsOperand(token: IToken | undefined): boolean {
  return isA(token, Name, NumberLiteral, Size, TextLiteral, RightParenthesis, RightBracket);
}

/** Whether signs that wait for their operand still wait after this token: it is the operand, or belongs to it. */
function continuesOperand(previous: IToken | undefined, token: IToken): boolean {
  if (token.image === '.') return true;
  return beginsOperand(token) && !isA(token, Minus) && !endsOperand(previous);
}
