/** @file One slip of the keyboard in a text that was right: tokens deleted, doubled, swapped, replaced, inserted, misspelt. */
import type { IToken } from 'chevrotain';

export interface Mutation {
  readonly kind: 'delete' | 'duplicate' | 'swap' | 'replace' | 'insert' | 'misspell';
  readonly text: string;
  /** 1-based lines where an error would be right: those of the tokens touched and of their neighbours. */
  readonly lines: readonly [first: number, last: number];
  readonly changed: string;
}

const INSERTED = [
  '(',
  ')',
  '[',
  ']',
  '{',
  '}',
  ',',
  ':',
  '=',
  '~',
  '+',
  '*',
  '^',
  '|>',
  '..',
  '.',
  '<',
  'x',
  '3',
  '"a"',
  'using',
  ';',
  '"',
];

/** Every mutation of every `stride`-th token, starting at `offset`. */
export function* mutationsOf(text: string, tokens: readonly IToken[], stride: number, offset: number): Generator<Mutation> {
  for (let index = offset; index < tokens.length; index += stride) {
    const token = tokens[index];
    if (token === undefined) return;
    const next = tokens[index + 1];
    const lines = linesAround(tokens, index);
    const { image } = token;
    const replaced = (by: string): string => splice(text, token, by);
    yield { kind: 'delete', text: replaced(''), lines, changed: image };
    yield { kind: 'duplicate', text: replaced(`${image} ${image}`), lines, changed: image };
    if (next) yield { kind: 'swap', text: swap(text, token, next), lines: [lines[0], linesAround(tokens, index + 1)[1]], changed: image };
    const other = INSERTED[(index * 7) % INSERTED.length] ?? '';
    yield { kind: 'replace', text: replaced(other), lines, changed: `${image} by ${other}` };
    yield { kind: 'insert', text: replaced(`${image} ${other}`), lines, changed: `${other} after ${image}` };
    if (image.length > 3 && /^[a-z]+$/.test(image)) {
      yield { kind: 'misspell', text: replaced(transposed(image)), lines, changed: `${image} as ${transposed(image)}` };
    }
  }
}

/** From the line of the token before to the line of the token after. */
function linesAround(tokens: readonly IToken[], index: number): readonly [number, number] {
  const token = tokens[index];
  const first = tokens[index - 1]?.endLine ?? token?.startLine ?? 1;
  const last = tokens[index + 1]?.startLine ?? token?.endLine ?? 1;
  return [first, last];
}

function splice(text: string, token: IToken, by: string): string {
  return text.slice(0, token.startOffset) + by + text.slice(endOf(token));
}

function swap(text: string, left: IToken, right: IToken): string {
  const between = text.slice(endOf(left), right.startOffset);
  return text.slice(0, left.startOffset) + right.image + between + left.image + text.slice(endOf(right));
}

function transposed(word: string): string {
  const middle = Math.floor(word.length / 2);
  return word.slice(0, middle - 1) + word.charAt(middle) + word.charAt(middle - 1) + word.slice(middle + 1);
}

function endOf(token: IToken): number {
  return (token.endOffset ?? token.startOffset) + 1;
}
