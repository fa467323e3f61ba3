/**
 * @file Each wrong spec `<code>-<slug>.meta` and, in `<code>-<slug>.expected.txt`, the spec and what the compiler says of it.
 * `UPDATE=1` writes the expected files; review them as you would a text for newcomers.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { renderDiagnostics } from '../../src/compiler/diagnostics/render.ts';
import { expectGolden } from '../golden.ts';
import { diagnosticsOf } from './diagnose.ts';

const folder = import.meta.dirname;
const names = readdirSync(folder).filter((name) => name.endsWith('.meta'));

describe('wrong specs', () => {
  it('have an expected file each, and no other', () => {
    const expected = readdirSync(folder).filter((name) => name.endsWith('.expected.txt'));
    if (process.env.UPDATE !== '1') expect(expected).toEqual(names.map((name) => name.replace('.meta', '.expected.txt')));
  });

  it.each(names)('%s', (name) => {
    const text = readFileSync(join(folder, name), 'utf8');
    const source = { name, text };
    const [code = ''] = name.split('-');
    // Specs with syntax errors are fragments: what the checker says beside is not the matter of the case.
    const diagnostics = diagnosticsOf(name, text).filter((diagnostic) => !code.startsWith('E01') || diagnostic.code.startsWith('E01'));
    expect(diagnostics.map((diagnostic) => diagnostic.code)).toContain(code);
    const output = renderDiagnostics(source, diagnostics, { colour: false });
    expectGolden(join(folder, name.replace('.meta', '.expected.txt')), `${text}\n${'─'.repeat(72)}\n${output}\n`);
  });
});
