/** @file The grammar: a concrete syntax tree and no actions. `meta.ebnf`, `diagram.html` and `cst.d.ts` are generated from it. */
import type { Lexer } from 'chevrotain';
import { type NearestWord, RecoveringParser } from './recovery.ts';
import {
  BlockWord,
  BoundSign,
  ClauseWord,
  Colon,
  Comma,
  Comparison,
  createLexer,
  Dot,
  Equals,
  From,
  In,
  LeftBrace,
  LeftBracket,
  LeftParenthesis,
  Minus,
  Name,
  NumberLiteral,
  PartWord,
  Pipe,
  PlainName,
  Plus,
  Power,
  Product,
  Range,
  RightBrace,
  RightBracket,
  RightParenthesis,
  Size,
  TextLiteral,
  Tilde,
} from './tokens.ts';

/** After a mistake only a declaration or a statement is given up; what stands inside one is given up with it. */
const GIVES_UP_WITH_ITS_STATEMENT = { resyncEnabled: false };

export class GrammarParser extends RecoveringParser {
  readonly file = this.RULE('file', () => {
    this.MANY({ GATE: () => this.isDeclarationAhead(), DEF: () => this.SUBRULE(this.declaration) });
  });

  readonly declaration = this.RULE('declaration', () => {
    this.OR([
      { ALT: () => this.SUBRULE(this.block) },
      { ALT: () => this.SUBRULE(this.equation) },
      { ALT: () => this.SUBRULE(this.functionDefinition) },
      { ALT: () => this.SUBRULE(this.draw) },
      { ALT: () => this.SUBRULE(this.bound) },
    ]);
  });

  readonly statement = this.RULE('statement', () => {
    this.OR([
      { ALT: () => this.SUBRULE(this.clause) },
      { ALT: () => this.SUBRULE(this.part) },
      { ALT: () => this.SUBRULE(this.equation) },
      { ALT: () => this.SUBRULE(this.functionDefinition) },
      { ALT: () => this.SUBRULE(this.draw) },
    ]);
  });

  readonly block = this.inner('block', () => {
    this.CONSUME(BlockWord);
    this.OPTION({
      GATE: () => !this.isStatementOfNextLine(),
      DEF: () => {
        this.CONSUME(Name);
        this.OPTION1(() => this.SUBRULE(this.parameters));
        this.OPTION2(() => {
          this.CONSUME(From);
          this.SUBRULE(this.expression);
        });
      },
    });
    this.SUBRULE(this.body);
  });

  readonly part = this.inner('part', () => {
    this.CONSUME(PartWord);
    this.SUBRULE(this.body);
  });

  readonly body = this.inner('body', () => {
    this.CONSUME(LeftBrace);
    this.MANY({ GATE: () => this.isStatementAhead(), DEF: () => this.SUBRULE(this.statement) });
    this.CONSUME(RightBrace);
  });

  readonly equation = this.inner('equation', () => {
    this.CONSUME(Name);
    this.CONSUME(Equals);
    this.SUBRULE(this.value);
  });

  readonly functionDefinition = this.inner('functionDefinition', () => {
    this.CONSUME(PlainName);
    this.SUBRULE(this.parameters);
    this.CONSUME(Equals);
    this.SUBRULE(this.value);
  });

  readonly value = this.inner('value', () => {
    this.OR([{ ALT: () => this.SUBRULE(this.expression) }, { ALT: () => this.SUBRULE(this.body) }]);
  });

  readonly draw = this.inner('draw', () => {
    this.CONSUME(Name);
    this.CONSUME(Tilde);
    this.SUBRULE(this.expression);
  });

  readonly bound = this.inner('bound', () => {
    this.CONSUME(Name);
    this.CONSUME(BoundSign);
    this.SUBRULE(this.range);
  });

  readonly clause = this.inner('clause', () => {
    this.CONSUME(ClauseWord);
    this.AT_LEAST_ONE_SEP({ SEP: Comma, DEF: () => this.SUBRULE(this.argument) });
  });

  readonly parameters = this.inner('parameters', () => {
    this.CONSUME(LeftParenthesis);
    this.MANY_SEP({ SEP: Comma, DEF: () => this.CONSUME(Name) });
    this.CONSUME(RightParenthesis);
  });

  readonly argumentList = this.inner('argumentList', () => {
    this.CONSUME(LeftParenthesis);
    this.MANY_SEP({ SEP: Comma, DEF: () => this.SUBRULE(this.argument) });
    this.CONSUME(RightParenthesis);
  });

  readonly argument = this.inner('argument', () => {
    this.OR([
      { GATE: () => !this.isDefinitionAhead(2), ALT: () => this.SUBRULE(this.binder) },
      { ALT: () => this.SUBRULE(this.namedArgument) },
      { ALT: () => this.SUBRULE(this.expression) },
    ]);
  });

  readonly binder = this.inner('binder', () => {
    this.CONSUME(Name);
    this.CONSUME(In);
    this.SUBRULE(this.expression, { LABEL: 'over' });
    this.OPTION(() => {
      this.CONSUME(Colon);
      this.SUBRULE1(this.expression, { LABEL: 'value' });
    });
  });

  readonly namedArgument = this.inner('namedArgument', () => {
    this.CONSUME(Name);
    this.CONSUME(Colon);
    this.SUBRULE(this.expression);
  });

  readonly expression = this.inner('expression', () => {
    this.SUBRULE(this.comparison);
    this.MANY(() => {
      this.CONSUME(Pipe);
      this.SUBRULE(this.postfix);
    });
  });

  readonly comparison = this.inner('comparison', () => {
    this.SUBRULE(this.range);
    this.OPTION(() => {
      this.CONSUME(Comparison);
      this.SUBRULE1(this.range);
    });
  });

  readonly range = this.inner('range', () => {
    this.SUBRULE(this.sum);
    this.OPTION(() => {
      this.CONSUME(Range);
      this.SUBRULE1(this.sum);
    });
  });

  readonly sum = this.inner('sum', () => {
    this.SUBRULE(this.product);
    this.MANY(() => {
      this.OR([{ ALT: () => this.CONSUME(Plus, { LABEL: 'operator' }) }, { ALT: () => this.CONSUME(Minus, { LABEL: 'operator' }) }]);
      this.SUBRULE1(this.product);
    });
  });

  readonly product = this.inner('product', () => {
    this.SUBRULE(this.unary);
    this.MANY(() => {
      this.CONSUME(Product);
      this.SUBRULE1(this.unary);
    });
  });

  readonly unary = this.inner('unary', () => {
    this.OR([
      {
        ALT: () => {
          this.CONSUME(Minus);
          this.SUBRULE(this.unary);
        },
      },
      { ALT: () => this.SUBRULE(this.power) },
    ]);
  });

  readonly power = this.inner('power', () => {
    this.SUBRULE(this.postfix);
    this.OPTION(() => {
      this.CONSUME(Power);
      this.SUBRULE(this.unary);
    });
  });

  readonly postfix = this.inner('postfix', () => {
    this.SUBRULE(this.primary);
    this.MANY({ GATE: () => !this.isBracketThatOpensLine(), DEF: () => this.SUBRULE(this.suffix) });
  });

  readonly suffix = this.inner('suffix', () => {
    this.OR([
      {
        ALT: () => {
          this.CONSUME(Dot);
          this.CONSUME(Name);
        },
      },
      { ALT: () => this.SUBRULE(this.argumentList) },
      { ALT: () => this.SUBRULE(this.list) },
    ]);
  });

  readonly primary = this.inner('primary', () => {
    this.OR([
      { ALT: () => this.CONSUME(NumberLiteral) },
      { ALT: () => this.CONSUME(Size) },
      { ALT: () => this.CONSUME(TextLiteral) },
      { GATE: () => !this.isStatementOfNextLine(), ALT: () => this.CONSUME(Name) },
      { ALT: () => this.SUBRULE(this.list) },
      { ALT: () => this.SUBRULE(this.argumentList) },
    ]);
  });

  readonly list = this.inner('list', () => {
    this.CONSUME(LeftBracket);
    this.MANY_SEP({ SEP: Comma, DEF: () => this.SUBRULE(this.expression) });
    this.CONSUME(RightBracket);
  });

  /** @param validate checks the grammar for ambiguities; the shipped build leaves that to a test. */
  constructor(nearestWord: NearestWord, validate = false) {
    super(nearestWord, validate);
    this.performSelfAnalysis();
  }

  private inner(name: string, implementation: () => void) {
    return this.RULE(name, implementation, GIVES_UP_WITH_ITS_STATEMENT);
  }
}

/** A lexer and a parser, to be used for any number of files, one after the other. */
export interface MetaParser {
  readonly lexer: Lexer;
  readonly grammar: GrammarParser;
}

export function createMetaParser(nearestWord: NearestWord, validate = false): MetaParser {
  return { lexer: createLexer(validate), grammar: new GrammarParser(nearestWord, validate) };
}
