/** @file The specs of the design parse, and their trees are what they were. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { NOTHING_LOST } from '../../src/compiler/parse/lost.ts';
import { createParser, parse } from '../../src/compiler/parse/parse.ts';
import { printAst } from '../../src/compiler/parse/print-ast.ts';
import { expectGolden } from '../golden.ts';

const folder = join(import.meta.dirname, 'examples');
const names = readdirSync(folder).filter((name) => name.endsWith('.meta'));
const parser = createParser();

describe('examples', () => {
  it('are all here', () => expect(names).toHaveLength(13));

  it.each(names)('%s', (name) => {
    const { file, diagnostics, lost } = parse({ name, text: readFileSync(join(folder, name), 'utf8') }, parser);
    expect(diagnostics).toEqual([]);
    expect(lost).toBe(NOTHING_LOST);
    expectGolden(join(import.meta.dirname, 'golden', name.replace('.meta', '.ast.txt')), printAst(file));
  });
});
