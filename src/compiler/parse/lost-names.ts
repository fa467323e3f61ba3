/** @file Names whose definitions were left out because they have errors. */
import type { IToken } from 'chevrotain';
import { isA, looksLikeBlock, looksLikeDefinition } from '../../../grammar/statement-starts.ts';
import { Name } from '../../../grammar/tokens.ts';
import type { Body, File, Statement } from './ast.ts';

/** Every name that the tokens seem to define and the file does not. */
export function lostNames(tokens: readonly IToken[], file: File): ReadonlySet<string> {
  const names = new Set<string>();
  tokens.forEach((token, index) => {
    if (looksLikeDefinition(tokens, index)) names.add(token.image);
    const next = tokens[index + 1];
    if (looksLikeBlock(tokens, index) && next && isA(next, Name)) names.add(next.image);
  });
  for (const name of definedNames(file)) names.delete(name);
  return names;
}

function* definedNames(file: File): Generator<string> {
  for (const declaration of file.declarations) {
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
