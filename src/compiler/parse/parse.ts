/** @file From a text to the abstract syntax tree. Any text will do: what cannot be read is told, and left out. */
import type { FileCstNode } from '../../../grammar/cst.d.ts';
import { createMetaParser, type MetaParser } from '../../../grammar/parser.ts';
import { isA } from '../../../grammar/statement-starts.ts';
import { MalformedNumber, UnclosedText } from '../../../grammar/tokens.ts';
import { fileTooLarge, nestedTooDeeply, tooManyErrors } from '../diagnostics/catalogue/syntax.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { suggest } from '../diagnostics/did-you-mean.ts';
import type { SourceFile } from '../diagnostics/source-file.ts';
import type { File } from './ast.ts';
import { toDeclarations } from './cst-to-ast.ts';
import { tokenRange } from './expressions.ts';
import { describeForeignComment, describeLexingError, describeToken } from './lexical-messages.ts';
import { EVERYTHING_LOST, type Lost, NOTHING_LOST, whatIsLost } from './lost.ts';
import { DEEPEST_NESTING, tooDeepToken } from './nesting.ts';
import { describeProblems } from './syntax-messages.ts';

/** A spec is a page or two; a longer text is most likely something else, and would only cost time. */
export const LONGEST_FILE = 250_000;
export const MOST_TOKENS = 50_000;
/** Errors that are told of one file. */
export const MOST_ERRORS = 20;

export interface ParseResult {
  /** The statements that are free of errors. */
  readonly file: File;
  /** In the order of the text; at most MOST_ERRORS and a note that there are more. */
  readonly diagnostics: readonly Diagnostic[];
  /** What the errors cost, so that later stages need not blame the user for its absence: see `isConsequence`. */
  readonly lost: Lost;
}

/** Made once and handed to `parse` by whoever parses several files; making one takes some milliseconds. */
export function createParser(): MetaParser {
  return createMetaParser(suggest);
}

/** Parses a text. Never throws: a text that is no program gives diagnostics. */
export function parse(source: SourceFile, parser: MetaParser = createParser()): ParseResult {
  const { text } = source;
  if (text.length > LONGEST_FILE) return nothing(text, [fileTooLarge(text.length, LONGEST_FILE, 'characters')]);
  const { tokens, errors, groups } = parser.lexer.tokenize(text);
  if (tokens.length > MOST_TOKENS) return nothing(text, [fileTooLarge(tokens.length, MOST_TOKENS, 'words and signs')]);
  const lexical = [
    ...errors.slice(0, MOST_ERRORS + 1).map((error) => describeLexingError(text, error)),
    ...(groups.stray ?? []).slice(0, MOST_ERRORS + 1).map(describeForeignComment),
    ...tokens.map(describeToken).filter((diagnostic) => diagnostic !== undefined),
  ];
  const tooDeep = tooDeepToken(tokens);
  if (tooDeep) return nothing(text, present([...lexical, nestedTooDeeply(DEEPEST_NESTING, tokenRange(tooDeep))]));

  parser.grammar.input = [...tokens];
  const tree = parser.grammar.file() as FileCstNode;
  const damaged = tokens.filter((token) => isA(token, MalformedNumber, UnclosedText)).slice(0, MOST_ERRORS);
  const built = toDeclarations(tree, damaged.map(tokenRange));
  const syntactic = describeProblems(tokens, parser.grammar.problems, lexical);
  const diagnostics = present([...lexical, ...syntactic, ...built.diagnostics]);
  const file: File = { declarations: built.declarations, range: { start: 0, end: text.length } };
  const lost = diagnostics.length > 0 ? whatIsLost(tokens, file, built.incomplete) : NOTHING_LOST;
  return { file, diagnostics, lost };
}

function nothing(text: string, diagnostics: readonly Diagnostic[]): ParseResult {
  return { file: { declarations: [], range: { start: 0, end: text.length } }, diagnostics, lost: EVERYTHING_LOST };
}

/** In the order of the text, without those that are too many to be of use. */
function present(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const sorted = diagnostics.toSorted((left, right) => startOf(left) - startOf(right));
  const next = sorted[MOST_ERRORS];
  if (next?.range === undefined) return sorted;
  return [...sorted.slice(0, MOST_ERRORS), tooManyErrors(MOST_ERRORS, next.range)];
}

function startOf(diagnostic: Diagnostic): number {
  return diagnostic.range?.start ?? 0;
}
