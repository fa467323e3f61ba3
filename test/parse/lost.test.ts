/** @file What is left of a text with errors, and which later errors are only their consequences. */
import { describe, expect, it } from 'vitest';
import type { Diagnostic } from '../../src/compiler/diagnostics/diagnostic.ts';
import { isConsequence } from '../../src/compiler/parse/lost.ts';
import { createParser, parse } from '../../src/compiler/parse/parse.ts';
import { printAst } from '../../src/compiler/parse/print-ast.ts';

const parser = createParser();

function read(...lines: string[]) {
  const source = { name: 'a.meta', text: `${lines.join('\n')}\n` };
  const result = parse(source, parser);
  const consequence = (code: string, part: string): boolean => {
    const start = source.text.indexOf(part);
    if (start < 0) throw new Error(`${part} is not in the text`);
    const diagnostic: Diagnostic = { code, severity: 'error', title: 'later', range: { start, end: start + part.length } };
    return isConsequence(diagnostic, source, result.lost);
  };
  return { ...result, source, consequence, kept: printAst(result.file).split('\n').slice(0, -1) };
}

describe('what is kept', () => {
  it('is every statement but those with errors', () => {
    const { kept, diagnostics, lost } = read('a = 1', 'b = * 2', 'train {', '  minimize a +', '  steps 5', '}', 'c = "x', 'd = f(c)');
    expect(kept).toEqual(['equation a = 1', 'block train {', '  clause steps 5', '}', 'equation d = f(c)']);
    expect(diagnostics).toHaveLength(3);
    expect(lost.names).toEqual(new Set(['b', 'c']));
    expect(lost.incomplete).toHaveLength(1);
    expect(lost.blocks).toBe(false);
  });

  it('is a body without the inner statement that is damaged', () => {
    const { kept } = read('f(x) = {', '  y = 2px', '  return x', '}');
    expect(kept).toEqual(['function f(x) = {', '  clause return x', '}']);
  });

  it('is a statement whose first word was mended, and a block whose brackets were', () => {
    const { kept, lost } = read('trian {', '  minimze a', '}', 'model net(x {', '  return x', '}', 'adapt fast from net', '  steps 1', '}');
    expect(kept).toEqual([
      ...['block train {', '  clause minimize a', '}', 'block model net(x) {', '  clause return x', '}'],
      ...['block adapt fast from net {', '  clause steps 1', '}'],
    ]);
    expect(lost).toEqual({ names: new Set(), incomplete: [], blocks: false });
  });
});

describe('a later error', () => {
  const text = ['alpha = * 2', 'beta = alpha', 'gamma = delta', 'train {', '  minimize a +', '  using foo', '  steps 5', '}'];

  it('is a consequence if it concerns a lost name, the whole file, or an incomplete block', () => {
    const { consequence, source } = read(...text);
    expect(consequence('E0201', 'alpha')).toBe(true);
    expect(consequence('E0310', source.text)).toBe(true);
    expect(consequence('E0303', 'train')).toBe(true);
    expect(consequence('E0304', 'steps 5')).toBe(true);
  });

  it('is none if it concerns another name or another statement', () => {
    const { consequence } = read(...text);
    expect(consequence('E0201', 'delta')).toBe(false);
    expect(consequence('E0401', 'gamma = delta')).toBe(false);
    expect(consequence('E0201', 'foo')).toBe(false);
  });

  it('is a consequence wherever it is if a whole block is lost, or everything', () => {
    expect(read('tasks a(3) { ways 5 }', 'x = query').consequence('E0208', 'query')).toBe(true);
    expect(read(`x = ${'('.repeat(100)}`).consequence('E0310', 'x')).toBe(true);
  });

  it('is none if the text has no errors', () => {
    const { consequence, source } = read('alpha = 2');
    expect(consequence('E0310', source.text)).toBe(false);
  });
});
