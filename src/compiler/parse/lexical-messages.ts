/** @file What is said of characters and tokens that cannot be read. */
import type { ILexingError, IToken } from 'chevrotain';
import { isA } from '../../../grammar/statement-starts.ts';
import { MalformedNumber, SingleQuotedText, UnclosedText } from '../../../grammar/tokens.ts';
import { foreignComment, malformedNumber, singleQuotedText, strayCharacters, unclosedText } from '../diagnostics/catalogue/syntax.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import type { SourceRange } from '../ir/ir.ts';
import { tokenRange } from './expressions.ts';

/** What to write instead of a sign of another language. */
const INSTEAD: Readonly<Record<string, string>> = {
  ';': 'remove it: statements need nothing between them',
  '%': 'write the fraction as a number: `0.05`',
  '&': 'multiply two comparisons to have both: `(a < b) * (c < d)`',
  '&&': 'multiply two comparisons to have both: `(a < b) * (c < d)`',
  '|': 'to hand a value on, write `|>`',
  '||': 'add two comparisons to have either: `(a < b) + (c < d) > 0`; to hand a value on, write `|>`',
  '!': 'to compare, write `!=`',
  '?': 'to choose between two values, write `where(condition, a, b)`',
  '…': 'a range is written with two dots: `1..5`',
  '×': 'write `*` for a product, ` x ` in a size: `28 x 28`',
  '·': 'write `*`',
  '−': 'write `-`, the minus of the keyboard',
  '–': 'write `-`, the minus of the keyboard',
  '≤': 'write `<=`',
  '≥': 'write `>=`',
  '≠': 'write `!=`',
  '“': 'write `"`, the straight quote',
  '”': 'write `"`, the straight quote',
};

const LONGEST_QUOTED = 20;

export function describeLexingError(text: string, error: ILexingError): Diagnostic {
  const characters = text.slice(error.offset, error.offset + error.length);
  const range = { start: error.offset, end: error.offset + error.length };
  return strayCharacters(shorten(visible(characters)), codePointName(characters), INSTEAD[characters] ?? 'remove it', range);
}

/** What is wrong with a token by itself, if anything is. */
export function describeToken(token: IToken): Diagnostic | undefined {
  const range = tokenRange(token);
  if (isA(token, MalformedNumber)) return malformedNumber(shorten(token.image), numberHint(token.image), range);
  if (isA(token, UnclosedText)) return unclosedText(range);
  if (isA(token, SingleQuotedText)) return singleQuotedText(shorten(token.image.slice(1, -1)), range);
  return undefined;
}

export function describeForeignComment(token: IToken): Diagnostic {
  const sign = token.image.startsWith('#') ? '#' : '/*';
  const range: SourceRange = { start: token.startOffset, end: token.startOffset + sign.length };
  return foreignComment(sign, range);
}

function numberHint(image: string): string {
  const size = /^(\d+)(?:x(\d+))+$/.exec(image);
  if (size) return `a size needs spaces: \`${shorten(image.split('x').join(' x '))}\``;
  if (/_(?:_|$|\D)|\D_/.test(image)) return 'a `_` stands between two digits: `60_000`';
  if (/^[\d.]+$/.test(image)) return 'a number has one decimal point; a range is written with two dots: `1..5`';
  const unit = /^([\d._]+)([^\d._].*)$/.exec(shorten(image));
  if (unit && /^0[xX]/.test(image)) return 'numbers are decimal';
  return unit ? `a number carries no unit and no letters; to multiply, write \`${unit[1]}*${unit[2]}\`` : 'write it with digits only';
}

function visible(characters: string): string {
  return characters.replaceAll(
    /\p{C}/gu,
    (character) => `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`,
  );
}

/** For a single character outside of ASCII, which may be invisible or look like another one. */
function codePointName(characters: string): string | undefined {
  const code = characters.codePointAt(0) ?? 0;
  const single = characters.length === String.fromCodePoint(code).length;
  return single && code > 0x7f ? `the character U+${code.toString(16).toUpperCase().padStart(4, '0')}` : undefined;
}

export function shorten(text: string): string {
  return text.length <= LONGEST_QUOTED ? text : `${text.slice(0, LONGEST_QUOTED)}…`;
}
