import type { CstNode, ICstVisitor, IToken } from "chevrotain";

export interface FileCstNode extends CstNode {
  name: "file";
  children: FileCstChildren;
}

export type FileCstChildren = {
  declaration?: DeclarationCstNode[];
};

export interface DeclarationCstNode extends CstNode {
  name: "declaration";
  children: DeclarationCstChildren;
}

export type DeclarationCstChildren = {
  block?: BlockCstNode[];
  equation?: EquationCstNode[];
  functionDefinition?: FunctionDefinitionCstNode[];
  draw?: DrawCstNode[];
  bound?: BoundCstNode[];
};

export interface StatementCstNode extends CstNode {
  name: "statement";
  children: StatementCstChildren;
}

export type StatementCstChildren = {
  clause?: ClauseCstNode[];
  part?: PartCstNode[];
  equation?: EquationCstNode[];
  functionDefinition?: FunctionDefinitionCstNode[];
  draw?: DrawCstNode[];
};

export interface BlockCstNode extends CstNode {
  name: "block";
  children: BlockCstChildren;
}

export type BlockCstChildren = {
  BlockWord: IToken[];
  Name?: IToken[];
  parameters?: ParametersCstNode[];
  From?: IToken[];
  expression?: ExpressionCstNode[];
  body: BodyCstNode[];
};

export interface PartCstNode extends CstNode {
  name: "part";
  children: PartCstChildren;
}

export type PartCstChildren = {
  PartWord: IToken[];
  body: BodyCstNode[];
};

export interface BodyCstNode extends CstNode {
  name: "body";
  children: BodyCstChildren;
}

export type BodyCstChildren = {
  LeftBrace: IToken[];
  statement?: StatementCstNode[];
  RightBrace: IToken[];
};

export interface EquationCstNode extends CstNode {
  name: "equation";
  children: EquationCstChildren;
}

export type EquationCstChildren = {
  Name: IToken[];
  Equals: IToken[];
  value: ValueCstNode[];
};

export interface FunctionDefinitionCstNode extends CstNode {
  name: "functionDefinition";
  children: FunctionDefinitionCstChildren;
}

export type FunctionDefinitionCstChildren = {
  PlainName: IToken[];
  parameters: ParametersCstNode[];
  Equals: IToken[];
  value: ValueCstNode[];
};

export interface ValueCstNode extends CstNode {
  name: "value";
  children: ValueCstChildren;
}

export type ValueCstChildren = {
  expression?: ExpressionCstNode[];
  body?: BodyCstNode[];
};

export interface DrawCstNode extends CstNode {
  name: "draw";
  children: DrawCstChildren;
}

export type DrawCstChildren = {
  Name: IToken[];
  Tilde: IToken[];
  expression: ExpressionCstNode[];
};

export interface BoundCstNode extends CstNode {
  name: "bound";
  children: BoundCstChildren;
}

export type BoundCstChildren = {
  Name: IToken[];
  BoundSign: IToken[];
  range: RangeCstNode[];
};

export interface ClauseCstNode extends CstNode {
  name: "clause";
  children: ClauseCstChildren;
}

export type ClauseCstChildren = {
  ClauseWord: IToken[];
  argument: ArgumentCstNode[];
  Comma?: IToken[];
};

export interface ParametersCstNode extends CstNode {
  name: "parameters";
  children: ParametersCstChildren;
}

export type ParametersCstChildren = {
  LeftParenthesis: IToken[];
  Name?: IToken[];
  Comma?: IToken[];
  RightParenthesis: IToken[];
};

export interface ArgumentListCstNode extends CstNode {
  name: "argumentList";
  children: ArgumentListCstChildren;
}

export type ArgumentListCstChildren = {
  LeftParenthesis: IToken[];
  argument?: ArgumentCstNode[];
  Comma?: IToken[];
  RightParenthesis: IToken[];
};

export interface ArgumentCstNode extends CstNode {
  name: "argument";
  children: ArgumentCstChildren;
}

export type ArgumentCstChildren = {
  binder?: BinderCstNode[];
  namedArgument?: NamedArgumentCstNode[];
  expression?: ExpressionCstNode[];
};

export interface BinderCstNode extends CstNode {
  name: "binder";
  children: BinderCstChildren;
}

export type BinderCstChildren = {
  Name: IToken[];
  In: IToken[];
  over: ExpressionCstNode[];
  Colon?: IToken[];
  value?: ExpressionCstNode[];
};

export interface NamedArgumentCstNode extends CstNode {
  name: "namedArgument";
  children: NamedArgumentCstChildren;
}

export type NamedArgumentCstChildren = {
  Name: IToken[];
  Colon: IToken[];
  expression: ExpressionCstNode[];
};

export interface ExpressionCstNode extends CstNode {
  name: "expression";
  children: ExpressionCstChildren;
}

export type ExpressionCstChildren = {
  comparison: ComparisonCstNode[];
  Pipe?: IToken[];
  postfix?: PostfixCstNode[];
};

export interface ComparisonCstNode extends CstNode {
  name: "comparison";
  children: ComparisonCstChildren;
}

export type ComparisonCstChildren = {
  range: (RangeCstNode)[];
  Comparison?: IToken[];
};

export interface RangeCstNode extends CstNode {
  name: "range";
  children: RangeCstChildren;
}

export type RangeCstChildren = {
  sum: (SumCstNode)[];
  Range?: IToken[];
};

export interface SumCstNode extends CstNode {
  name: "sum";
  children: SumCstChildren;
}

export type SumCstChildren = {
  product: (ProductCstNode)[];
  operator?: (IToken)[];
};

export interface ProductCstNode extends CstNode {
  name: "product";
  children: ProductCstChildren;
}

export type ProductCstChildren = {
  unary: (UnaryCstNode)[];
  Product?: IToken[];
};

export interface UnaryCstNode extends CstNode {
  name: "unary";
  children: UnaryCstChildren;
}

export type UnaryCstChildren = {
  Minus?: IToken[];
  unary?: UnaryCstNode[];
  power?: PowerCstNode[];
};

export interface PowerCstNode extends CstNode {
  name: "power";
  children: PowerCstChildren;
}

export type PowerCstChildren = {
  postfix: PostfixCstNode[];
  Power?: IToken[];
  unary?: UnaryCstNode[];
};

export interface PostfixCstNode extends CstNode {
  name: "postfix";
  children: PostfixCstChildren;
}

export type PostfixCstChildren = {
  primary: PrimaryCstNode[];
  suffix?: SuffixCstNode[];
};

export interface SuffixCstNode extends CstNode {
  name: "suffix";
  children: SuffixCstChildren;
}

export type SuffixCstChildren = {
  Dot?: IToken[];
  Name?: IToken[];
  argumentList?: ArgumentListCstNode[];
  list?: ListCstNode[];
};

export interface PrimaryCstNode extends CstNode {
  name: "primary";
  children: PrimaryCstChildren;
}

export type PrimaryCstChildren = {
  NumberLiteral?: IToken[];
  Size?: IToken[];
  TextLiteral?: IToken[];
  Name?: IToken[];
  list?: ListCstNode[];
  argumentList?: ArgumentListCstNode[];
};

export interface ListCstNode extends CstNode {
  name: "list";
  children: ListCstChildren;
}

export type ListCstChildren = {
  LeftBracket: IToken[];
  expression?: ExpressionCstNode[];
  Comma?: IToken[];
  RightBracket: IToken[];
};
