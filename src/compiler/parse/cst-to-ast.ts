/** @file Statements of the concrete syntax tree, as abstract syntax. Statements that have errors are left out. */
import type { IToken } from 'chevrotain';
import type {
  BlockCstNode,
  BodyCstNode,
  BoundCstNode,
  ClauseCstNode,
  DeclarationCstNode,
  DrawCstNode,
  EquationCstNode,
  FileCstNode,
  FunctionDefinitionCstNode,
  ParametersCstNode,
  PartCstNode,
  StatementCstNode,
  ValueCstNode,
} from '../../../grammar/cst.d.ts';
import { BLOCK_WORDS, PART_WORDS } from '../../../grammar/tokens.ts';
import { type Diagnostic, DiagnosticError } from '../diagnostics/diagnostic.ts';
import { InternalError } from '../diagnostics/internal-error.ts';
import type { SourceRange } from '../ir/ir.ts';
import type {
  Block,
  Body,
  Bound,
  Clause,
  Declaration,
  Draw,
  Equation,
  Expression,
  FunctionDefinition,
  Identifier,
  Part,
  Statement,
} from './ast.ts';
import { identifier, nodeRange, one, operatorOf, toArgument, toExpression, tokenRange, toRange } from './expressions.ts';

export interface AstResult {
  readonly declarations: readonly Declaration[];
  readonly diagnostics: readonly Diagnostic[];
  /** Ranges of the declarations in which statements were left out. */
  readonly incomplete: readonly SourceRange[];
}

/** @param damaged ranges of tokens that could not be read: the innermost statement around each is left out */
export function toDeclarations(file: FileCstNode, damaged: readonly SourceRange[]): AstResult {
  return new AstBuilder(damaged).file(file);
}

/** Converts one file; it keeps the diagnostics, the damage for which no statement was left out yet, and how many were. */
class AstBuilder {
  private readonly diagnostics: Diagnostic[] = [];
  private damaged: readonly SourceRange[];
  private leftOut = 0;

  constructor(damaged: readonly SourceRange[]) {
    this.damaged = damaged;
  }

  file(node: FileCstNode): AstResult {
    const incomplete: SourceRange[] = [];
    const declarations = this.keepSound(node.children.declaration, (declaration) => {
      const before = this.leftOut;
      const built = this.declaration(declaration);
      if (this.leftOut > before) incomplete.push(built.range);
      return built;
    });
    return { declarations, diagnostics: this.diagnostics, incomplete };
  }

  private declaration(node: DeclarationCstNode): Declaration {
    const { block, bound, equation, functionDefinition, draw } = node.children;
    if (bound !== undefined) return this.bound(one(bound));
    if (block !== undefined) return this.block(one(block));
    if (equation !== undefined) return this.equation(one(equation));
    if (functionDefinition !== undefined) return this.functionDefinition(one(functionDefinition));
    return this.draw(one(draw));
  }

  private statement(node: StatementCstNode): Statement {
    const { clause, part, equation, functionDefinition, draw } = node.children;
    if (clause !== undefined) return this.clause(one(clause));
    if (part !== undefined) return this.part(one(part));
    if (equation !== undefined) return this.equation(one(equation));
    if (functionDefinition !== undefined) return this.functionDefinition(one(functionDefinition));
    return this.draw(one(draw));
  }

  private block(node: BlockCstNode): Block {
    const { BlockWord, Name, parameters, expression, body } = node.children;
    const word = one(BlockWord);
    return {
      kind: 'block',
      keyword: keywordOf(word, BLOCK_WORDS),
      keywordRange: tokenRange(word),
      name: Name === undefined ? undefined : identifier(one(Name)),
      parameters: parameters === undefined ? undefined : this.parameters(one(parameters)),
      from: expression === undefined ? undefined : toExpression(one(expression)),
      body: this.statements(one(body)),
      range: nodeRange(node),
    };
  }

  private part(node: PartCstNode): Part {
    const word = one(node.children.PartWord);
    const body = this.statements(one(node.children.body));
    return { kind: 'part', keyword: keywordOf(word, PART_WORDS), keywordRange: tokenRange(word), body, range: nodeRange(node) };
  }

  private statements(node: BodyCstNode): Statement[] {
    return this.keepSound(node.children.statement, (statement) => this.statement(statement));
  }

  private equation(node: EquationCstNode): Equation {
    const { Name, value } = node.children;
    return { kind: 'equation', name: identifier(one(Name)), value: this.value(one(value)), range: nodeRange(node) };
  }

  private functionDefinition(node: FunctionDefinitionCstNode): FunctionDefinition {
    const { PlainName, parameters, value } = node.children;
    return {
      kind: 'function',
      name: identifier(one(PlainName)),
      parameters: this.parameters(one(parameters)),
      value: this.value(one(value)),
      range: nodeRange(node),
    };
  }

  private draw(node: DrawCstNode): Draw {
    const { Name, expression } = node.children;
    return { kind: 'draw', name: identifier(one(Name)), distribution: toExpression(one(expression)), range: nodeRange(node) };
  }

  private bound(node: BoundCstNode): Bound {
    const { Name, BoundSign, range } = node.children;
    const token = one(BoundSign);
    return {
      kind: 'bound',
      name: identifier(one(Name)),
      operator: operatorOf(token),
      operatorRange: tokenRange(token),
      value: toRange(one(range), 0),
      range: nodeRange(node),
    };
  }

  private clause(node: ClauseCstNode): Clause {
    const { ClauseWord, argument } = node.children;
    const list = argument.map((entry) => toArgument(entry));
    return { kind: 'clause', keyword: identifier(one(ClauseWord)), arguments: list, range: nodeRange(node) };
  }

  private parameters(node: ParametersCstNode): Identifier[] {
    return (node.children.Name ?? []).map(identifier);
  }

  private value(node: ValueCstNode): Expression | Body {
    const { expression, body } = node.children;
    if (expression !== undefined) return toExpression(one(expression));
    const statements = this.statements(one(body));
    return { kind: 'body', statements, range: nodeRange(one(body)) };
  }

  /** Converts what the parser could read and what holds no damage. */
  private keepSound<N extends { readonly recoveredNode?: boolean }, T extends { readonly range: SourceRange }>(
    nodes: readonly N[] = [],
    convert: (node: N) => T,
  ): T[] {
    const kept: T[] = [];
    for (const node of nodes) {
      try {
        const statement = node.recoveredNode ? undefined : convert(node);
        if (statement && !this.claimsDamage(statement.range)) kept.push(statement);
        else this.leftOut++;
      } catch (thrown) {
        if (!(thrown instanceof DiagnosticError)) throw thrown;
        this.diagnostics.push(thrown.diagnostic);
        this.leftOut++;
      }
    }
    return kept;
  }

  /** Inner statements are asked first, so that damage costs the innermost one only. */
  private claimsDamage(range: SourceRange): boolean {
    const outside = this.damaged.filter((place) => place.end <= range.start || place.start >= range.end);
    const claims = outside.length < this.damaged.length;
    this.damaged = outside;
    return claims;
  }
}

function keywordOf<W extends string>(token: IToken, words: readonly W[]): W {
  const keyword = words.find((word) => word === token.image);
  if (keyword === undefined) throw new InternalError(`\`${token.image}\` is not one of ${words.join(', ')}`);
  return keyword;
}
