/** @file The abstract syntax tree. Every node has its range; the forms are those of grammar/meta.ebnf. */
import type { SourceRange } from '../ir/ir.ts';

export interface Identifier {
  readonly text: string;
  readonly range: SourceRange;
}

export type BlockKeyword = 'tasks' | 'model' | 'adapt' | 'train' | 'evaluate';
export type PartKeyword = 'example' | 'validate';

export interface File {
  readonly declarations: readonly Declaration[];
  readonly range: SourceRange;
}

export type Declaration = Block | Equation | FunctionDefinition | Draw | Bound;
export type Statement = Clause | Part | Equation | FunctionDefinition | Draw;

export interface Block {
  readonly kind: 'block';
  readonly keyword: BlockKeyword;
  readonly keywordRange: SourceRange;
  readonly name: Identifier | undefined;
  readonly parameters: readonly Identifier[] | undefined;
  readonly from: Expression | undefined;
  readonly body: readonly Statement[];
  readonly range: SourceRange;
}

export interface Part {
  readonly kind: 'part';
  readonly keyword: PartKeyword;
  readonly keywordRange: SourceRange;
  readonly body: readonly Statement[];
  readonly range: SourceRange;
}

/** `name = value`; the value may be a body `{ … return e }`. */
export interface Equation {
  readonly kind: 'equation';
  readonly name: Identifier;
  readonly value: Expression | Body;
  readonly range: SourceRange;
}

/** `name(a, b) = value`. */
export interface FunctionDefinition {
  readonly kind: 'function';
  readonly name: Identifier;
  readonly parameters: readonly Identifier[];
  readonly value: Expression | Body;
  readonly range: SourceRange;
}

/** `name ~ distribution`. */
export interface Draw {
  readonly kind: 'draw';
  readonly name: Identifier;
  readonly distribution: Expression;
  readonly range: SourceRange;
}

/** `name <= value`: what the whole may need. */
export interface Bound {
  readonly kind: 'bound';
  readonly name: Identifier;
  readonly operator: BinaryOperator;
  readonly operatorRange: SourceRange;
  readonly value: Expression;
  readonly range: SourceRange;
}

/** `keyword argument, argument`. */
export interface Clause {
  readonly kind: 'clause';
  readonly keyword: Identifier;
  readonly arguments: readonly Argument[];
  readonly range: SourceRange;
}

export interface Body {
  readonly kind: 'body';
  readonly statements: readonly Statement[];
  readonly range: SourceRange;
}

/** `e`, `name: e`, or a binder `name in e : e` (the last part is optional in clauses). */
export type Argument =
  | { readonly kind: 'positional'; readonly value: Expression; readonly range: SourceRange }
  | { readonly kind: 'named'; readonly name: Identifier; readonly value: Expression; readonly range: SourceRange }
  | {
      readonly kind: 'binder';
      readonly name: Identifier;
      readonly over: Expression;
      readonly value: Expression | undefined;
      readonly range: SourceRange;
    };

export type BinaryOperator = '+' | '-' | '*' | '/' | '@' | '^' | '<' | '<=' | '>' | '>=' | '==' | '!=' | '..';

export type Expression =
  | { readonly kind: 'number'; readonly value: number; readonly range: SourceRange }
  /** `28 x 28`: a list of numbers. */
  | { readonly kind: 'size'; readonly values: readonly number[]; readonly range: SourceRange }
  | { readonly kind: 'text'; readonly value: string; readonly range: SourceRange }
  | { readonly kind: 'name'; readonly name: string; readonly range: SourceRange }
  | { readonly kind: 'list'; readonly items: readonly Expression[]; readonly range: SourceRange }
  /** `(e)` with one positional argument is e itself and is not kept; what remains is a record, or refused by the checker. */
  | { readonly kind: 'record'; readonly arguments: readonly Argument[]; readonly range: SourceRange }
  | { readonly kind: 'negate'; readonly operand: Expression; readonly range: SourceRange }
  | {
      readonly kind: 'binary';
      readonly operator: BinaryOperator;
      readonly operatorRange: SourceRange;
      readonly left: Expression;
      readonly right: Expression;
      readonly range: SourceRange;
    }
  /** `left |> right`: right is a name or a call; left becomes its first argument. */
  | { readonly kind: 'pipe'; readonly left: Expression; readonly right: Expression; readonly range: SourceRange }
  | { readonly kind: 'field'; readonly of: Expression; readonly name: Identifier; readonly range: SourceRange }
  | { readonly kind: 'call'; readonly callee: Expression; readonly arguments: readonly Argument[]; readonly range: SourceRange }
  /** `e[i]`, `e[i, j]`, `e[20..39]`. */
  | { readonly kind: 'index'; readonly of: Expression; readonly indices: readonly Expression[]; readonly range: SourceRange };
