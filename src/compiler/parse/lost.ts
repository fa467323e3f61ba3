/** @file What a text with errors lost: names and statements whose absence is no further mistake of the user. */
import type { IToken } from 'chevrotain';
import { isA, looksLikeBlock, looksLikeDefinition } from '../../../grammar/statement-starts.ts';
import { Name } from '../../../grammar/tokens.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import type { SourceFile } from '../diagnostics/source-file.ts';
import type { SourceRange } from '../ir/ir.ts';
import type { Body, File, Statement } from './ast.ts';

export interface Lost {
  /** Names that statements with errors define: what uses them is not to blame. */
  readonly names: ReadonlySet<string>;
  /** Blocks and definitions that are there, but lack statements. */
  readonly incomplete: readonly SourceRange[];
  /** Whether whole blocks are missing, or everything is. */
  readonly blocks: boolean;
}

export const NOTHING_LOST: Lost = { names: new Set(), incomplete: [], blocks: false };
export const EVERYTHING_LOST: Lost = { names: new Set(), incomplete: [], blocks: true };

/** Compares what the tokens seem to define with what the file does define. */
export function whatIsLost(tokens: readonly IToken[], file: File, incomplete: readonly SourceRange[]): Lost {
  const names = new Set<string>();
  const blocks = new Set<number>();
  tokens.forEach((token, index) => {
    if (looksLikeDefinition(tokens, index)) names.add(token.image);
    if (!looksLikeBlock(tokens, index)) return;
    blocks.add(token.startOffset);
    const next = tokens[index + 1];
    if (next && isA(next, Name)) names.add(next.image);
  });
  for (const name of definedNames(file)) names.delete(name);
  for (const declaration of file.declarations) if (declaration.kind === 'block') blocks.delete(declaration.keywordRange.start);
  return { names, incomplete, blocks: blocks.size > 0 };
}

/**
 * Whether a diagnostic of a later stage may only say again, in other words, that the text has errors: it blames the whole
 * file, something that uses a lost name, or a block that lacks statements. Inside such a block unknown names are still told.
 */
export function isConsequence(diagnostic: Diagnostic, source: SourceFile, lost: Lost): boolean {
  const { range } = diagnostic;
  if (lost === NOTHING_LOST || range === undefined) return false;
  if (lost.blocks || (range.start === 0 && range.end === source.text.length)) return true;
  const text = source.text.slice(range.start, range.end);
  if (text.match(/[\p{L}_][\p{L}\p{N}_]*/gu)?.some((word) => lost.names.has(word))) return true;
  const inside = lost.incomplete.some((place) => place.start <= range.start && range.end <= place.end);
  return inside && !diagnostic.code.startsWith('E02');
}

function* definedNames(file: File): Generator<string> {
  for (const declaration of file.declarations) {
    if (declaration.kind === 'bound') continue;
    if (declaration.kind !== 'block') yield* namesOf(declaration);
    else {
      if (declaration.name) yield declaration.name.text;
      for (const statement of declaration.body) yield* namesOf(statement);
    }
  }
}

function* namesOf(statement: Statement): Generator<string> {
  if (statement.kind === 'clause') return;
  if (statement.kind !== 'part') yield statement.name.text;
  for (const inner of bodyOf(statement)) yield* namesOf(inner);
}

function bodyOf(statement: Exclude<Statement, { kind: 'clause' }>): readonly Statement[] {
  if (statement.kind === 'part') return statement.body;
  if (statement.kind === 'draw') return [];
  return isBody(statement.value) ? statement.value.statements : [];
}

function isBody(value: { readonly kind: string }): value is Body {
  return value.kind === 'body';
}
