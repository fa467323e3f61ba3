/**
 * @file How the parser goes on after a mistake. chevrotain's own recovery gives up too much and deletes tokens; this one
 * goes on at a line's first word that looks like a statement, or at the brace that closes the body; it deletes nothing,
 * inserts only brackets, and takes a misspelt first word for the nearest keyword.
 *
 * It overrides methods that chevrotain does not document, so chevrotain's version is pinned and test/parse/mutation.test.ts
 * watches the result.
 */
import {
  type CstNode,
  CstParser,
  EOF,
  type IRecognitionException,
  type IToken,
  MismatchedTokenException,
  NoViableAltException,
  type TokenType,
} from 'chevrotain';
import {
  beginsDeclaration,
  beginsOperand,
  beginsStatement,
  cannotBeOperand,
  isA,
  looksLikeBlock,
  looksLikeDeclarationOfFile,
  looksLikeStatement,
  opensLine,
} from './statement-starts.ts';
import {
  ALL_TOKENS,
  BLOCK_WORDS,
  BlockWord,
  CLAUSE_WORDS,
  ClauseWord,
  Equals,
  Identifier,
  LeftBrace,
  LeftBracket,
  LeftParenthesis,
  PART_WORDS,
  PartWord,
  RightBrace,
  RightParenthesis,
  Tilde,
} from './tokens.ts';

/** Something that the parser could not make sense of. */
export interface Problem {
  /** `misspelt` was mended; after the others a statement is lost, unless the missing token was inserted. */
  readonly kind: 'missing-token' | 'missing-operand' | 'not-a-statement' | 'misspelt';
  /** The innermost rule of the grammar. */
  readonly rule: string;
  /** Whether a declaration of the file was expected rather than a statement of a body. */
  readonly inFile: boolean;
  /** Index of the token at fault in the parser's input; its length means the end of the file. */
  readonly index: number;
  /** For `missing-token`. */
  readonly expected?: TokenType;
  /** The bracket that the missing one would close. */
  readonly opener?: IToken;
  /** For `misspelt`: the keyword it was taken for. */
  readonly replacement?: string;
}

/** The candidate that `word` is most likely a misspelling of, if any is near. */
export type NearestWord = (word: string, candidates: readonly string[]) => string | undefined;

/** After so many problems the rest of the file is not read: a few more than anybody wants to be told. */
export const MOST_PROBLEMS = 24;

/** What chevrotain checks to know that an exception means "insertion did not help". */
class InRuleRecoveryException extends Error {
  override readonly name = 'InRuleRecoveryException';
}

export abstract class RecoveringParser extends CstParser {
  /** The problems of the last parse, in the order in which they were met. */
  problems: Problem[] = [];
  private readonly nearestWord: NearestWord;

  // What chevrotain has and does not declare.
  declare protected readonly CST_STACK: CstNode[];
  declare protected readonly exportLexerState: () => number;
  declare protected readonly importLexerState: (state: number) => void;
  declare protected readonly moveToTerminatedState: () => void;
  declare protected readonly getCurrRuleFullName: () => string;

  constructor(nearestWord: NearestWord, validate: boolean) {
    super(ALL_TOKENS, { recoveryEnabled: true, maxLookahead: 2, nodeLocationTracking: 'onlyOffset', skipValidations: !validate });
    this.nearestWord = nearestWord;
  }

  override reset(): void {
    super.reset();
    this.problems = [];
  }

  /** What opens a line and begins a statement does not continue the line before it, which must then lack something. */
  protected isStatementOfNextLine(): boolean {
    return opensLine(this.input, this.nextIndex()) && cannotBeOperand(this.input, this.nextIndex());
  }

  protected isDeclarationAhead(): boolean {
    return beginsDeclaration(this.LA(1), this.LA(2));
  }

  protected isStatementAhead(): boolean {
    return beginsStatement(this.LA(1), this.LA(2));
  }

  /** Whether the token `distance` from here begins a definition, and so cannot be the word `in` of a binder. */
  protected isDefinitionAhead(distance: number): boolean {
    return isA(this.LA(distance + 1), Equals, Tilde);
  }

  /** A bracket that opens a line does not continue the expression before it. */
  protected isBracketThatOpensLine(): boolean {
    const next = this.LA(1);
    return (next.startLine ?? 0) > (this.LA(0).endLine ?? 0) && isA(next, LeftParenthesis, LeftBracket);
  }

  // Below: overrides of chevrotain's internals. Each is called by chevrotain under the name it has there.

  protected consumeInternalError(expected: TokenType, found: IToken): never {
    const [opener] = this.openers(expected);
    this.report({ kind: 'missing-token', expected, ...(opener ? { opener } : {}) });
    throw new MismatchedTokenException(expected.name, found, this.LA(0));
  }

  protected raiseNoAltException(): never {
    this.report({ kind: 'missing-operand' });
    throw new NoViableAltException('', this.LA(1), this.LA(0));
  }

  protected raiseEarlyExitException(): never {
    return this.raiseNoAltException();
  }

  /** Every problem is recorded where it is met; chevrotain's own records are not used. */
  protected SAVE_ERROR(error: IRecognitionException): IRecognitionException {
    return error;
  }

  protected getFollowsForInRuleRecovery(): TokenType[] {
    return [];
  }

  protected tryInRuleRecovery(expected: TokenType): IToken {
    if (this.mayInsert(expected)) return this.getTokenToInsert(expected);
    throw new InRuleRecoveryException();
  }

  protected findReSyncTokenType(): TokenType {
    return EOF;
  }

  /** Asked only of the rules that may give up: a file, a declaration, a statement. */
  protected isInCurrentRuleReSyncSet(): boolean {
    return true;
  }

  protected reSyncTo(): IToken[] {
    this.skip(this.getCurrRuleFullName() !== 'statement', this.nextIndex());
    return [];
  }

  protected shouldInRepetitionRecoveryBeTried(expected: TokenType, _index: number, notStuck: boolean | undefined): boolean {
    return notStuck !== false && (expected === RightBrace || expected === EOF) && !isA(this.LA(1), expected);
  }

  /** Between statements: whatever stands here begins none. */
  protected tryInRepetitionRecovery(repeat: (...args: unknown[]) => void, args: unknown[], canGoOn: () => boolean, end: TokenType): void {
    const inFile = end === EOF;
    while (!isA(this.LA(1), end, EOF)) {
      if (canGoOn.call(this)) {
        repeat.apply(this, args);
        return;
      }
      if (!inFile && looksLikeBlock(this.input, this.nextIndex())) return;
      if (this.respell(inFile, canGoOn)) continue;
      this.markPreviousStatement();
      this.report({ kind: 'not-a-statement', inFile });
      this.skip(inFile, this.nextIndex() + 1);
    }
  }

  private nextIndex(): number {
    return this.exportLexerState() + 1;
  }

  private report(problem: Omit<Problem, 'rule' | 'index' | 'inFile'> & { readonly inFile?: boolean }): void {
    const rule = this.getCurrRuleFullName();
    this.problems.push({ rule, inFile: rule === 'file', index: this.nextIndex(), ...problem });
    if (this.problems.length >= MOST_PROBLEMS) this.moveToTerminatedState();
  }

  /** The bracket of the current rule that `closer` would close. */
  private openers(closer: TokenType): IToken[] {
    const children = this.CST_STACK.at(-1)?.children ?? {};
    const name = closer.name.replace('Right', 'Left');
    return closer.name.startsWith('Right') ? ((children[name] ?? []) as IToken[]) : [];
  }

  /** Brackets are inserted where what follows shows that the header or the body is over, so that the block survives. */
  private mayInsert(expected: TokenType): boolean {
    const next = this.LA(1);
    if (expected === RightBrace) return isA(next, EOF) || looksLikeBlock(this.input, this.nextIndex());
    if (expected === RightParenthesis) return isA(next, LeftBrace) || (isA(next, Equals) && this.getCurrRuleFullName() === 'parameters');
    if (expected !== LeftBrace) return false;
    return opensLine(this.input, this.nextIndex()) && looksLikeStatement(this.input, this.nextIndex());
  }

  /** Takes a misspelt keyword for the keyword, if the statement can then be read. */
  private respell(inFile: boolean, canGoOn: () => boolean): boolean {
    const index = this.nextIndex();
    const token = this.LA(1);
    if (!isA(token, Identifier)) return false;
    const candidates = inFile ? BLOCK_WORDS : [...CLAUSE_WORDS, ...PART_WORDS, ...BLOCK_WORDS];
    const replacement = this.nearestWord(token.image, candidates);
    if (replacement === undefined) return false;
    const type = keywordType(replacement);
    if (type === ClauseWord && (opensLine(this.input, index + 1) || !beginsOperand(this.LA(2)))) return false;
    this.input[index] = { ...token, image: replacement, tokenType: type, tokenTypeIdx: type.tokenTypeIdx ?? 0 };
    if (canGoOn.call(this) || looksLikeBlock(this.input, index)) {
      this.report({ kind: 'misspelt', inFile, replacement });
      return true;
    }
    this.input[index] = token;
    return false;
  }

  /** What was read before a token that begins no statement is damaged, unless that token opens a line of its own. */
  private markPreviousStatement(): void {
    if (opensLine(this.input, this.nextIndex())) return;
    const children = this.CST_STACK.at(-1)?.children;
    const previous = (children?.statement ?? children?.declaration)?.at(-1);
    if (previous !== undefined && 'children' in previous) Object.assign(previous, { recoveredNode: true });
  }

  /** Skips to the next statement, or to the end of the body. Tokens before `from` are skipped in any case. */
  private skip(inFile: boolean, from: number): void {
    const tokens = this.input;
    let depth = 0;
    for (let next = this.LA(1); !isA(next, EOF); next = this.SKIP_TOKEN()) {
      const index = this.nextIndex();
      if (index >= from) {
        const first = opensLine(tokens, index);
        if (first && looksLikeBlock(tokens, index)) return;
        if (first && depth === 0 && (inFile ? looksLikeDeclarationOfFile(tokens, index) : looksLikeStatement(tokens, index))) return;
        if (depth === 0 && !inFile && isA(next, RightBrace)) return;
      }
      if (isA(next, LeftBrace)) depth++;
      if (isA(next, RightBrace)) depth = Math.max(0, depth - 1);
    }
  }
}

function keywordType(word: string): TokenType {
  if ((BLOCK_WORDS as readonly string[]).includes(word)) return BlockWord;
  return (PART_WORDS as readonly string[]).includes(word) ? PartWord : ClauseWord;
}
