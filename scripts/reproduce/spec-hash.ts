/** @file The identity of a spec's text: comments and spacing do not count. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parse } from '../../src/compiler/parse/parse.ts';
import { printAst } from '../../src/compiler/parse/print-ast.ts';

/** Sixteen hexadecimal digits. @throws Error when the file does not parse; `metac check` says why. */
export function specHash(path: string): string {
  const { file, diagnostics } = parse({ name: path, text: readFileSync(path, 'utf8') });
  if (diagnostics.length > 0) throw new Error(`${path} does not parse: \`npx metac check ${path}\` says why`);
  return createHash('sha256').update(printAst(file)).digest('hex').slice(0, 16);
}
