/** @file The grammar is unambiguous, and what is generated from it and written beside it agrees with it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CstParser, type IToken, type TokenType } from 'chevrotain';
import { describe, expect, it } from 'vitest';
import { createMetaParser } from '../../grammar/parser.ts';
import { beginsDeclaration, beginsStatement } from '../../grammar/statement-starts.ts';
import { ALL_TOKENS, ClauseWord, createLexer, Identifier, Name } from '../../grammar/tokens.ts';
import { generatedFiles } from '../../scripts/generate-grammar.ts';
import { FirstFollow, isConcrete } from './first-follow.ts';

const { grammar } = createMetaParser(() => undefined, true);
const rules = grammar.getGAstProductions();

/** Optional parts are decided by two tokens, choices by two. */
const analysis = new FirstFollow(rules, ALL_TOKENS, 2);

describe('grammar', () => {
  it('passes the validations of chevrotain, which the shipped build skips', () => {
    expect(() => createMetaParser(() => undefined, true)).not.toThrow();
  });

  it('has no optional part that begins like what may follow it', () => {
    expect(new FirstFollow(rules, ALL_TOKENS, 1).optionalOverlaps()).toEqual([]);
  });

  it('has one overlap of alternatives, decided by the token after: `x in …` and `x`, then a statement `in = …`', () => {
    const overlaps = analysis.alternativeOverlaps();
    expect(new Set(overlaps.map((overlap) => `${overlap.rule}: ${overlap.tokens.split(' ')[1]}`))).toEqual(new Set(['argument: In']));
  });

  it('begins declarations and statements as grammar/statement-starts.ts says', () => {
    const expected = { declaration: analysis.first('declaration'), statement: analysis.first('statement') };
    const concrete = ALL_TOKENS.filter(isConcrete);
    for (const first of concrete) {
      for (const second of concrete) {
        const pair = `${first.name} ${second.name}`;
        expect(beginsDeclaration(token(first), token(second)), `declaration: ${pair}`).toBe(has(expected.declaration, first, second));
        expect(beginsStatement(token(first), token(second)), `statement: ${pair}`).toBe(has(expected.statement, first, second));
      }
    }
  });

  it('finds an overlap where there is one', () => {
    const overlaps = new FirstFollow(new Ambiguous().getGAstProductions(), ALL_TOKENS, 1).optionalOverlaps();
    expect(overlaps.map((overlap) => overlap.rule)).toContain('inner');
  });

  it('has generated files that are up to date', () => {
    for (const [path, text] of generatedFiles()) {
      const committed = readFileSync(join(import.meta.dirname, '..', '..', path), 'utf8');
      expect(committed, `${path} is stale: run npx tsx scripts/generate-grammar.ts`).toBe(text);
    }
  });

  it('is parsed by the version of chevrotain whose internals grammar/recovery.ts knows', () => {
    const packageFile = JSON.parse(readFileSync(join(import.meta.dirname, '..', '..', 'package.json'), 'utf8'));
    expect(packageFile.dependencies.chevrotain).toBe('11.2.0');
  });
});

describe('tokens', () => {
  const lexer = createLexer(true);
  const kinds = (text: string) => lexer.tokenize(text).tokens.map((token) => `${token.tokenType.name} ${token.image}`);

  it.each([
    ['28 x 28', ['Size 28 x 28']],
    ['84 x 84 x 3', ['Size 84 x 84 x 3']],
    ['x = 3', ['Identifier x', 'Equals =', 'NumberLiteral 3']],
    ['ways 5 x = 3', ['ClauseWord ways', 'NumberLiteral 5', 'Identifier x', 'Equals =', 'NumberLiteral 3']],
    ['60_000 1e-3 2.5E+10', ['NumberLiteral 60_000', 'NumberLiteral 1e-3', 'NumberLiteral 2.5E+10']],
    ['1..5', ['NumberLiteral 1', 'Range ..', 'NumberLiteral 5']],
    ['28x28 3px 1__0 1.2.3 1_', ['28x28', '3px', '1__0', '1.2.3', '1_'].map((image) => `MalformedNumber ${image}`)],
    ['trainer train in inner', ['Identifier trainer', 'BlockWord train', 'In in', 'Identifier inner']],
    ['α_1 Ωmega _a', ['Identifier α_1', 'Identifier Ωmega', 'Identifier _a']],
    ['f("a b)', ['Identifier f', 'LeftParenthesis (', 'UnclosedText "a b', 'RightParenthesis )']],
    ['"a" // "b"', ['TextLiteral "a"']],
    ['a |> b<=c', ['Identifier a', 'Pipe |>', 'Identifier b', 'BoundSign <=', 'Identifier c']],
  ])('%s', (text, expected) => {
    expect(kinds(text)).toEqual(expected);
  });

  it('leaves characters of other languages out, one error for each run of them', () => {
    const { tokens, errors } = lexer.tokenize('a §§ b ! c');
    expect(tokens.map((token) => token.image)).toEqual(['a', 'b', 'c']);
    expect(errors.map(({ offset, length }) => [offset, length])).toEqual([
      [2, 2],
      [7, 1],
    ]);
  });
});

function token(type: TokenType): IToken {
  return { image: type.name, startOffset: 0, tokenType: type, tokenTypeIdx: type.tokenTypeIdx ?? -1 };
}

/** A definition needs its second token; `f(` may be followed by anything. */
function has(sequences: ReadonlySet<string>, first: TokenType, second: TokenType): boolean {
  return sequences.has(`${first.name} ${second.name}`);
}

/** `outer = inner identifier`, `inner = clauseWord [ identifier ]`. */
class Ambiguous extends CstParser {
  readonly outer = this.RULE('outer', () => {
    this.SUBRULE(this.inner);
    this.CONSUME(Identifier);
  });
  readonly inner = this.RULE('inner', () => {
    this.CONSUME(ClauseWord);
    this.OPTION(() => this.CONSUME(Name));
  });

  constructor() {
    super(ALL_TOKENS);
    this.performSelfAnalysis();
  }
}
