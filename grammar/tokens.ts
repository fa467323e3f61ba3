/** @file The tokens of the language. */
import { createToken, Lexer, type TokenType } from 'chevrotain';

export const BLOCK_WORDS = ['tasks', 'model', 'adapt', 'train', 'evaluate'] as const;
export const PART_WORDS = ['example', 'validate'] as const;
export const CLAUSE_WORDS = [
  ...['source', 'split', 'resize', 'rotate', 'order', 'ways', 'shots', 'queries', 'pool'],
  ...['minimize', 'maximize', 'using', 'steps', 'through', 'only', 'freeze'],
  ...['batch', 'over', 'every', 'keep', 'episodes', 'draws', 'report', 'return'],
] as const satisfies readonly string[];

/** Capital and small Greek letters and their variants; the Greek question mark and the dots between them are not letters. */
const GREEK = '\\u0391-\\u03A1\\u03A3-\\u03C9\\u03D0-\\u03F5';
const LETTER = `A-Za-z_${GREEK}`;
const WORD = `${LETTER}0-9`;
const DIGITS = '\\d+(?:_\\d+)*';
const NOT_IN_WORD = `(?![${WORD}])(?!\\.\\d)`;

const anyOf = (words: readonly string[]): RegExp => new RegExp(words.join('|'));

/** Wherever a name is read, any word will do: no word is reserved. */
export const Name = createToken({ name: 'Name', pattern: Lexer.NA, label: 'name' });
/** A name that may be defined as a function: `using (a)` is a clause, so a clause word is not one of these. */
export const PlainName = createToken({ name: 'PlainName', pattern: Lexer.NA, categories: [Name], label: 'plainName' });

export const Identifier = createToken({
  name: 'Identifier',
  pattern: new RegExp(`[${LETTER}][${WORD}]*`),
  categories: [PlainName],
  label: 'identifier',
});

const word = (name: string, words: readonly string[], category: TokenType, label: string): TokenType =>
  createToken({ name, pattern: anyOf(words), longer_alt: Identifier, categories: [category], label });

export const BlockWord = word('BlockWord', BLOCK_WORDS, PlainName, 'blockWord');
export const PartWord = word('PartWord', PART_WORDS, PlainName, 'partWord');
export const ClauseWord = word('ClauseWord', CLAUSE_WORDS, Name, 'clauseWord');
export const From = word('From', ['from'], PlainName, '"from"');
export const In = word('In', ['in'], PlainName, '"in"');

export const Size = createToken({
  name: 'Size',
  pattern: new RegExp(`${DIGITS}(?:[ \\t]+x[ \\t]+${DIGITS})+${NOT_IN_WORD}`),
  label: 'size',
});
export const NumberLiteral = createToken({
  name: 'NumberLiteral',
  pattern: new RegExp(`${DIGITS}(?:\\.${DIGITS})?(?:[eE][+-]?\\d+)?${NOT_IN_WORD}`),
  label: 'number',
});
/** `2GB`: an amount of memory, a number of bytes. */
export const BYTE_UNITS = ['kB', 'MB', 'GB', 'TB', 'KiB', 'MiB', 'GiB', 'TiB'] as const;
export const Bytes = createToken({
  name: 'Bytes',
  pattern: new RegExp(`${DIGITS}(?:\\.${DIGITS})?(?:${BYTE_UNITS.join('|')})${NOT_IN_WORD}`),
  categories: [NumberLiteral],
  label: 'bytes',
});
export const TextLiteral = createToken({ name: 'TextLiteral', pattern: /"[^"\n\r]*"/, label: 'text' });

/** `2px`, `1__0`, `1.2.3`: read as one number, so that the mistake is told where it is and nothing after it is misread. */
export const MalformedNumber = createToken({
  name: 'MalformedNumber',
  pattern: new RegExp(`\\d(?:[eE][+-](?=\\d)|[${WORD}]|\\.(?=\\d))*`),
  categories: [NumberLiteral],
});
/** A quote that its line does not close. The closing brackets at the end of the line are left to the rest of the file. */
export const UnclosedText = createToken({
  name: 'UnclosedText',
  pattern: /"[^"\n\r]*?(?=[)\]}, \t]{0,40}(?:\/\/[^\n\r]*)?(?![^\n\r]))/,
  categories: [TextLiteral],
});
export const SingleQuotedText = createToken({ name: 'SingleQuotedText', pattern: /'[^'\n\r]*'/, categories: [TextLiteral] });

const sign = (name: string, pattern: string): TokenType => createToken({ name, pattern, label: JSON.stringify(pattern) });

export const LeftBrace = sign('LeftBrace', '{');
export const RightBrace = sign('RightBrace', '}');
export const LeftParenthesis = sign('LeftParenthesis', '(');
export const RightParenthesis = sign('RightParenthesis', ')');
export const LeftBracket = sign('LeftBracket', '[');
export const RightBracket = sign('RightBracket', ']');
export const Comma = sign('Comma', ',');
export const Colon = sign('Colon', ':');
export const Equals = sign('Equals', '=');
export const Tilde = sign('Tilde', '~');
export const Pipe = sign('Pipe', '|>');
export const Range = sign('Range', '..');
export const Dot = sign('Dot', '.');
export const Plus = sign('Plus', '+');
export const Minus = sign('Minus', '-');
export const Power = sign('Power', '^');
export const Product = createToken({ name: 'Product', pattern: /[*/@]/, label: '("*" | "/" | "@")' });
export const Comparison = createToken({
  name: 'Comparison',
  pattern: /<=|>=|==|!=|<|>/,
  label: '("<" | "<=" | ">" | ">=" | "==" | "!=")',
});

/** Of a bound such as `memory <= 2GB`: `==` there is more likely an equation of somebody who compares. */
export const BoundSign = createToken({
  name: 'BoundSign',
  pattern: /<=|>=/,
  categories: [Comparison],
  label: '("<=" | ">=")',
});

const WhiteSpace = createToken({ name: 'WhiteSpace', pattern: /[\s\uFEFF]+/, group: Lexer.SKIPPED, line_breaks: true });
const Comment = createToken({ name: 'Comment', pattern: /\/\/[^\n\r]*/, group: Lexer.SKIPPED });

/** Comments of other languages: one error each, and what they hide stays hidden. */
export const ForeignComment = createToken({
  name: 'ForeignComment',
  pattern: /\/\*[\s\S]*?(?:\*\/|(?![\s\S]))|#[^\n\r]*/,
  group: 'stray',
  line_breaks: true,
});
/** In the order in which the lexer tries them. */
export const ALL_TOKENS: TokenType[] = [
  ...[WhiteSpace, Comment, ForeignComment],
  ...[Name, PlainName, BlockWord, PartWord, ClauseWord, From, In, Identifier],
  ...[Size, NumberLiteral, Bytes, MalformedNumber, TextLiteral, UnclosedText, SingleQuotedText],
  ...[BoundSign, Comparison, Equals, Tilde, Pipe, Range, Dot, Plus, Minus, Power, Product],
  ...[LeftBrace, RightBrace, LeftParenthesis, RightParenthesis, LeftBracket, RightBracket, Comma, Colon],
];

/** @param validate checks the token definitions; the shipped build leaves that to a test. */
export function createLexer(validate = false): Lexer {
  return new Lexer(ALL_TOKENS, { skipValidations: !validate, ensureOptimizations: true });
}
