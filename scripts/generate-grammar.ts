/** @file Writes what is generated from the grammar: `npx tsx scripts/generate-grammar.ts`. A test fails when it is stale. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createSyntaxDiagramsCode, generateCstDts } from 'chevrotain';
import { ebnfOf } from '../grammar/ebnf.ts';
import { createMetaParser } from '../grammar/parser.ts';

/** The text of each generated file, by its path in the repository. */
export function generatedFiles(): ReadonlyMap<string, string> {
  const { grammar } = createMetaParser(() => undefined);
  const rules = grammar.getGAstProductions();
  return new Map([
    ['grammar/cst.d.ts', generateCstDts(rules, { includeVisitorInterface: false })],
    ['grammar/meta.ebnf', ebnfOf(Object.values(rules))],
    ['grammar/diagram.html', createSyntaxDiagramsCode(grammar.getSerializedGastProductions())],
  ]);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const [path, text] of generatedFiles()) {
    writeFileSync(join(import.meta.dirname, '..', path), text);
    console.log(`wrote ${path}`);
  }
}
