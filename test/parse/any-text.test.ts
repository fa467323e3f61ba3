/** @file Whatever a file contains, parsing ends soon, with statements or with diagnostics, never with an exception. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderDiagnostics } from '../../src/compiler/diagnostics/render.ts';
import { createParser, LONGEST_FILE, MOST_ERRORS, parse } from '../../src/compiler/parse/parse.ts';
import { printAst } from '../../src/compiler/parse/print-ast.ts';

const parser = createParser();
const folder = join(import.meta.dirname, 'examples');
const examples = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
const allTokens = examples.flatMap((text) => parser.lexer.tokenize(text).tokens.map((token) => token.image));

/** Parses, renders and prints; the ranges of all diagnostics lie in the text. */
function survive(text: string): readonly string[] {
  const source = { name: 'any.meta', text };
  const { file, diagnostics } = parse(source, parser);
  expect(diagnostics.length).toBeLessThanOrEqual(MOST_ERRORS + 1);
  for (const { range } of diagnostics) {
    if (range === undefined) throw new Error('a syntax error has no place');
    expect(range.start).toBeGreaterThanOrEqual(0);
    expect(range.end).toBeGreaterThanOrEqual(range.start);
    expect(range.end).toBeLessThanOrEqual(text.length);
  }
  expect(renderDiagnostics(source, diagnostics, { colour: false })).not.toContain('undefined');
  expect(printAst(file)).not.toContain('undefined');
  return diagnostics.map((diagnostic) => diagnostic.code);
}

describe('any text', () => {
  it('of any characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => void survive(text)),
      { numRuns: 500, seed: 1 },
    );
  });

  it('of the characters of the language', () => {
    const unit = fc.constantFrom(...' \n\n{}()[]=~,:.+-*/^@<>|!"#;\'', ...'abx19_', ' minimize ', ' train ', ' x ', '..', '|>', '//');
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 200 }), (text) => void survive(text)),
      { numRuns: 1500, seed: 2 },
    );
  });

  it('of the tokens of real specs in any order', () => {
    const token = fc.constantFrom(...new Set(allTokens));
    const text = fc.array(fc.tuple(token, fc.constantFrom(' ', '\n')), { maxLength: 120 }).map((parts) => parts.flat().join(''));
    fc.assert(
      fc.property(text, (text) => void survive(text)),
      { numRuns: 1500, seed: 3 },
    );
  });

  it('of real specs, with pieces removed or exchanged', () => {
    const spec = fc.constantFrom(...examples);
    const place = fc.integer({ min: 0, max: 1000 });
    const cut = fc.tuple(spec, spec, place, place, place).map(([left, right, from, to, start]) => {
      const at = (text: string, permille: number) => Math.floor((text.length * permille) / 1000);
      return left.slice(0, at(left, from)) + right.slice(at(right, start)) + left.slice(at(left, to));
    });
    fc.assert(
      fc.property(cut, (text) => void survive(text)),
      { numRuns: 300, seed: 4 },
    );
  });
});

describe('long texts', () => {
  const LONG = LONGEST_FILE - 10;
  const filled = (unit: string, before = '', after = '') =>
    before + unit.repeat(Math.floor((LONG - before.length - after.length) / unit.length)) + after;
  const texts: [name: string, text: string, code: string | undefined][] = [
    ['a megabyte', 'x'.repeat(1_000_000), 'E0107'],
    ['many words', filled('a '), 'E0107'],
    ['open parentheses', filled('('), 'E0107'],
    ['open parentheses, fewer', '('.repeat(40_000), 'E0108'],
    ['open braces', `x = ${'{'.repeat(40_000)}`, 'E0108'],
    ['64 levels', `x = ${'('.repeat(64)}1${')'.repeat(64)}`, undefined],
    ['65 levels', `x = ${'('.repeat(65)}1${')'.repeat(65)}`, 'E0108'],
    ['signs', `x = ${'-'.repeat(5000)}1`, 'E0108'],
    ['signs, apart', `x = ${'- '.repeat(40_000)}1`, 'E0108'],
    ['signs in brackets', `x = ${'(-'.repeat(33)}1${')'.repeat(33)}`, 'E0108'],
    ['powers', `x = a${'^a'.repeat(5000)}`, 'E0108'],
    ['powers of calls', `x = a${'^f(a)'.repeat(5000)}`, 'E0108'],
    ['powers, one after the other', 'x = a^b^c y = -d^-e\n'.repeat(2000), undefined],
    ['signs, one after the other', `x = f(${'-a, '.repeat(5000)}b)`, undefined],
    ['a sum', `x = a${' + a'.repeat(5000)}`, 'E0109'],
    ['a sum of 200', `x = a${' + a'.repeat(200)}`, undefined],
    ['calls', `x = f${'(a)'.repeat(5000)}`, 'E0109'],
    ['fields', `x = f${'.a'.repeat(5000)}`, 'E0109'],
    ['pipes', `x = f${' |> a'.repeat(5000)}`, 'E0109'],
    ['sums in brackets', `x = ${'('.repeat(50)}1${' + a + b + c + d + e + f)'.repeat(50)}`, 'E0109'],
    ['stray characters', filled('§'), 'E0101'],
    ['stray characters, apart', filled('§ '), 'E0101'],
    ['lines of quotes', '"\n'.repeat(49_000), 'E0104'],
    ['an open text before brackets', filled(')', '"', 'x'), 'E0104'],
    ['an open comment', filled('a', '/* '), 'E0106'],
    ['a long number', filled('1', 'x = '), 'E0103'],
    ['a long malformed number', filled('e+1', 'x = 1'), 'E0102'],
    ['misspelt blocks', 'trian {\n minimze x\n}\n'.repeat(5000), 'E0115'],
    ['lines that are no statements', 'a\n'.repeat(40_000), 'E0116'],
    ['closing braces', '}\n'.repeat(40_000), 'E0114'],
  ];

  it.each(texts)('%s', (_name, text, code) => {
    const start = performance.now();
    expect(survive(text)[0]).toBe(code);
    // The aim is 1 s; the machine that runs the tests may be busy with others.
    expect(performance.now() - start).toBeLessThan(4000);
  });
});
