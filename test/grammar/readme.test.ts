/** @file The examples of grammar/README.md are parsed, and every rule of the grammar that a user can write occurs in one. */
import { describe, expect, it } from 'vitest';
import { DEEPEST_EXPRESSION } from '../../src/compiler/parse/expressions.ts';
import { DEEPEST_NESTING } from '../../src/compiler/parse/nesting.ts';
import { createParser, LONGEST_FILE, MOST_ERRORS, MOST_TOKENS, parse } from '../../src/compiler/parse/parse.ts';
import { languageText as text, examples as written } from '../language/examples.ts';

/** Fragments are completed to whole files. */
const examples = written.map((example) => example.source);
const parser = createParser();

describe('grammar/README.md', () => {
  it.each(examples.map((example, index) => [index + 1, example] as const))('example %i', (_number, example) => {
    expect(parse({ name: 'README.md', text: example }, parser).diagnostics).toEqual([]);
  });

  it('shows every rule', () => {
    const seen = new Set<string>();
    for (const example of examples) {
      parser.grammar.input = parser.lexer.tokenize(example).tokens;
      JSON.stringify(parser.grammar.file(), (key, value) => {
        if (key === 'name') seen.add(value);
        return value;
      });
    }
    for (const rule of Object.keys(parser.grammar.getGAstProductions())) expect(seen, rule).toContain(rule);
  });

  it('states the limits that are in force', () => {
    for (const limit of [LONGEST_FILE, MOST_TOKENS, DEEPEST_NESTING, DEEPEST_EXPRESSION, MOST_ERRORS]) {
      expect(text).toContain(` ${limit.toLocaleString('en')}`);
    }
  });
});
