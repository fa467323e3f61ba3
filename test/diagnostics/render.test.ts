import { describe, expect, it } from 'vitest';
import type { Diagnostic } from '../../src/compiler/diagnostics/diagnostic.ts';
import { renderDiagnostic } from '../../src/compiler/diagnostics/render.ts';
import type { SourceFile } from '../../src/compiler/diagnostics/source-file.ts';

const plain = { colour: false };

function source(...lines: string[]): SourceFile {
  return { name: 'a.meta', text: lines.join('\n') };
}

function error(range: Diagnostic['range'], more: Partial<Diagnostic> = {}): Diagnostic {
  return { code: 'E0001', severity: 'error', title: 'it is wrong', range, ...more };
}

/** The range of the first `part` in the text. */
function rangeOf({ text }: SourceFile, part: string) {
  const start = text.indexOf(part);
  return { start, end: start + part.length };
}

function render(file: SourceFile, diagnostic: Diagnostic): string[] {
  return renderDiagnostic(file, diagnostic, plain).split('\n');
}

describe('rendering', () => {
  it('shows the line, the mark with its label, expected, found and hint', () => {
    const file = source('x = 1', 'y = foo + 2');
    const details = { label: 'here', expected: 'a', found: 'b', hint: 'do it' };
    expect(render(file, error(rangeOf(file, 'foo'), details))).toEqual([
      'error[E0001]: it is wrong',
      '  ╭─ a.meta:2:5',
      '  │',
      '2 │ y = foo + 2',
      '  │     ^^^ here',
      '  ╰─',
      '  expected: a',
      '     found: b',
      '      hint: do it',
    ]);
  });

  it('shows no frame without a range', () => {
    expect(render(source('x'), error(undefined, { severity: 'warning', code: 'W0001', hint: 'look' }))).toEqual([
      'warning[W0001]: it is wrong',
      '      hint: look',
    ]);
  });

  it('shows related places in the order of the lines, with a sign where lines are left out', () => {
    const file = source('a = 1', 'b = 2', 'c = 3', 'a = 4');
    const related = [{ range: { start: 0, end: 1 }, message: 'first' }];
    expect(render(file, error({ start: 18, end: 19 }, { label: 'second', related }))).toEqual([
      'error[E0001]: it is wrong',
      '  ╭─ a.meta:4:1',
      '  │',
      '1 │ a = 1',
      '  │ - first',
      '  ┆',
      '4 │ a = 4',
      '  │ ^ second',
      '  ╰─',
    ]);
  });

  it('marks several places of one line below each other', () => {
    const file = source('f(a, b');
    const related = [{ range: { start: 1, end: 2 }, message: 'opened' }];
    expect(render(file, error({ start: 6, end: 6 }, { label: 'missing', related })).slice(3, 6)).toEqual([
      '1 │ f(a, b',
      '  │       ^ missing',
      '  │  - opened',
    ]);
  });

  it('marks each line of a range, and says where a long one ends', () => {
    const file = source('m {', '  a', '', '  b', '  c', '}');
    expect(render(file, error({ start: 0, end: file.text.length }, { label: 'all' }))).toEqual([
      'error[E0001]: it is wrong',
      '  ╭─ a.meta:1:1',
      '  │',
      '1 │ m {',
      '  │ ^^^',
      '2 │   a',
      '  │   ^ all (up to line 6)',
      '  ╰─',
    ]);
  });

  it('aligns marks after tabs, wide and combining characters, and CRLF', () => {
    const file = { name: 'a.meta', text: '\tx = "日本e\u0301🙂" foo\r\ny' };
    const [, , , line, mark] = render(file, error(rangeOf(file, 'foo')));
    expect(line).toBe('1 │     x = "日本e\u0301🙂" foo');
    // 4 columns of tab, `x = "`, two wide letters, one letter, one picture, `" `
    expect(mark).toBe(`  │ ${' '.repeat(4 + 5 + 4 + 1 + 2 + 2)}^^^`);
  });

  it('does not let the text move the cursor or turn the direction of writing', () => {
    const file = source('a \u001b[31m \u202e b \u0000 = foo');
    const shown = renderDiagnostic(file, error(rangeOf(file, 'foo')), plain);
    for (const character of ['\u0000', '\u001b', '\u202e']) expect(shown).not.toContain(character);
  });

  it('shows a window of a long line, around the mark', () => {
    for (const length of [200, 5_000, 200_000]) {
      const file = source(`${'a + '.repeat(length / 8)}foo${' + b'.repeat(length / 8)}`);
      const [, place, , line = '', mark = ''] = render(file, error(rangeOf(file, 'foo')));
      expect(place).toBe(`  ╭─ a.meta:1:${file.text.indexOf('foo') + 1}`);
      expect(line).toMatch(/^1 │ ….*…$/);
      expect(line.length).toBeLessThan(130);
      expect(line.slice(mark.indexOf('^'), mark.lastIndexOf('^') + 1)).toBe('foo');
    }
  });

  it('keeps the mark in the window when the range is longer than it', () => {
    const file = source('a'.repeat(5000));
    const [, , , line = '', mark = ''] = render(file, error({ start: 0, end: 5000 }, { label: 'long' }));
    expect(line.length).toBeLessThan(130);
    expect(mark).toMatch(/^ {2}│ \^{100,112} long$/);
  });

  it('stands at the end of the file, of an empty file, and of a file that ends with a new line', () => {
    expect(render(source('x = '), error({ start: 4, end: 4 })).slice(1)).toEqual([
      '  ╭─ a.meta:1:5',
      '  │',
      '1 │ x =',
      '  │     ^',
      '  ╰─',
    ]);
    expect(render(source(''), error({ start: 0, end: 0 })).slice(1)).toEqual(['  ╭─ a.meta:1:1', '  │', '1 │', '  │ ^', '  ╰─']);
    expect(render(source('x', ''), error({ start: 99, end: 120 })).slice(1)).toEqual(['  ╭─ a.meta:2:1', '  │', '2 │', '  │ ^', '  ╰─']);
  });

  it('aligns line numbers of different widths', () => {
    const file = source(...Array.from({ length: 12 }, (_, index) => `x${index + 1}`));
    const related = [{ range: rangeOf(file, 'x9'), message: 'nine' }];
    expect(render(file, error(rangeOf(file, 'x12'), { related }))).toEqual([
      'error[E0001]: it is wrong',
      '   ╭─ a.meta:12:1',
      '   │',
      ' 9 │ x9',
      '   │ -- nine',
      '   ┆',
      '12 │ x12',
      '   │ ^^^',
      '   ╰─',
    ]);
  });

  it('colours what it shows, and nothing else changes', () => {
    const file = source('x = foo');
    const diagnostic = error(rangeOf(file, 'foo'), {
      label: 'here',
      hint: 'do it',
      related: [{ range: { start: 0, end: 1 }, message: 'this' }],
    });
    const coloured = renderDiagnostic(file, diagnostic, { colour: true });
    expect(coloured).toContain('\u001b[1;31merror[E0001]\u001b[0m');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape sequences are what is tested
    expect(coloured.replaceAll(/\u001b\[[\d;]*m/g, '')).toBe(renderDiagnostic(file, diagnostic, plain));
  });
});
