/**
 * @file FIRST and FOLLOW of the recorded grammar, in sequences of up to two tokens. chevrotain compares alternatives with each
 * other and never an optional part with what may follow it in a caller: such an overlap is silently greedy.
 */
import {
  Alternation,
  Alternative,
  type IProduction,
  Lexer,
  NonTerminal,
  Option,
  Repetition,
  RepetitionMandatory,
  RepetitionMandatoryWithSeparator,
  RepetitionWithSeparator,
  type Rule,
  Terminal,
  type TokenType,
} from 'chevrotain';

/** Names of token types, of at most two tokens, joined by a space. */
export type Sequences = ReadonlySet<string>;

const EMPTY: Sequences = new Set(['']);

export interface Overlap {
  readonly rule: string;
  readonly part: string;
  readonly tokens: string;
}

export class FirstFollow {
  private readonly rules: Readonly<Record<string, Rule>>;
  private readonly concrete: (type: TokenType) => readonly string[];
  private readonly length: number;
  private readonly firsts = new Map<string, Sequences>();
  private readonly follows = new Map<string, Sequences>();

  /** @param tokenTypes all of them, to replace categories by their members; @param length 1 or 2 */
  constructor(rules: Readonly<Record<string, Rule>>, tokenTypes: readonly TokenType[], length: number) {
    this.rules = rules;
    this.length = length;
    this.concrete = (type) =>
      [type, ...tokenTypes.filter((member) => isMember(member, type))].filter(isConcrete).map((member) => member.name);
    this.untilStable(this.firsts, (rule) => this.firstOf(rule.definition));
    this.untilStable(this.follows, (rule) => (rule.name === 'file' ? new Set(['EOF']) : new Set()));
    this.spreadFollows();
  }

  first(rule: string): Sequences {
    return this.firsts.get(rule) ?? new Set();
  }

  /** Optional and repeated parts that begin like something that may follow them. */
  optionalOverlaps(): Overlap[] {
    return this.visit((rule, production, after) => {
      const body = optionalBody(production);
      if (body === undefined) return [];
      return shared(this.firstOf(body), after).map((tokens) => ({ rule, part: production.constructor.name, tokens }));
    });
  }

  /** Alternatives of one choice that, with what follows the choice, begin alike. */
  alternativeOverlaps(): Overlap[] {
    return this.visit((rule, production, after) => {
      if (!(production instanceof Alternation)) return [];
      const heads = production.definition.map((alternative) => this.join(this.firstOf([alternative]), after));
      return heads.flatMap((head, index) =>
        heads.slice(index + 1).flatMap((other) => shared(head, other).map((tokens) => ({ rule, part: 'Alternation', tokens }))),
      );
    });
  }

  private visit(check: (rule: string, production: IProduction, after: Sequences) => Overlap[]): Overlap[] {
    const overlaps: Overlap[] = [];
    for (const rule of Object.values(this.rules)) {
      this.walk(rule.definition, this.follows.get(rule.name) ?? new Set(), (production, after) => {
        overlaps.push(...check(rule.name, production, after));
      });
    }
    return overlaps;
  }

  /** Visits every production with the sequences that may stand after it. */
  private walk(sequence: readonly IProduction[], after: Sequences, visit: (production: IProduction, after: Sequences) => void): void {
    sequence.forEach((production, index) => {
      const rest = this.join(this.firstOf(sequence.slice(index + 1)), after);
      visit(production, rest);
      if (production instanceof Alternation || production instanceof Alternative || production instanceof Option) {
        const inner: readonly IProduction[] = production.definition;
        if (production instanceof Alternation) for (const alternative of inner) this.walk([alternative], rest, visit);
        else this.walk(inner, rest, visit);
      } else if (isRepetition(production)) {
        const again = this.join(this.join(separatorOf(production, this.concrete), this.firstOf(production.definition)), rest);
        this.walk(production.definition, new Set([...rest, ...again]), visit);
      }
    });
  }

  private spreadFollows(): void {
    let size = -1;
    while (size !== this.size()) {
      size = this.size();
      for (const rule of Object.values(this.rules)) {
        this.walk(rule.definition, this.follows.get(rule.name) ?? new Set(), (production, after) => {
          if (!(production instanceof NonTerminal)) return;
          const name = production.nonTerminalName;
          this.follows.set(name, new Set([...(this.follows.get(name) ?? []), ...after]));
        });
      }
    }
  }

  private size(): number {
    return [...this.follows.values()].reduce((sum, set) => sum + set.size, 0);
  }

  private untilStable(table: Map<string, Sequences>, compute: (rule: Rule) => Sequences): void {
    for (let changed = true; changed; ) {
      changed = false;
      for (const rule of Object.values(this.rules)) {
        const found = compute(rule);
        changed ||= found.size !== (table.get(rule.name)?.size ?? 0);
        table.set(rule.name, found);
      }
    }
  }

  private firstOf(sequence: readonly IProduction[]): Sequences {
    return sequence.reduce<Sequences>((first, production) => this.join(first, this.firstOfOne(production)), EMPTY);
  }

  private firstOfOne(production: IProduction): Sequences {
    if (production instanceof Terminal) return new Set(this.concrete(production.terminalType));
    if (production instanceof NonTerminal) return this.first(production.nonTerminalName);
    if (production instanceof Alternation) return new Set(production.definition.flatMap((alternative) => [...this.firstOf([alternative])]));
    if (production instanceof Alternative) return this.firstOf(production.definition);
    if (production instanceof Option) return new Set([...this.firstOf(production.definition), '']);
    if (!isRepetition(production)) throw new TypeError(`no FIRST of ${production.constructor.name}`);
    const once = this.firstOf(production.definition);
    const twice = this.join(this.join(once, separatorOf(production, this.concrete)), once);
    const optional = production instanceof Repetition || production instanceof RepetitionWithSeparator;
    return new Set([...once, ...twice, ...(optional ? [''] : [])]);
  }

  /** Each of the left followed by each of the right, cut to the length that is looked at. */
  private join(left: Sequences, right: Sequences): Sequences {
    const joined = new Set<string>();
    for (const head of left) {
      const words = head === '' ? [] : head.split(' ');
      if (words.length >= this.length) joined.add(head);
      else for (const tail of right) joined.add([...words, ...(tail === '' ? [] : tail.split(' '))].slice(0, this.length).join(' '));
    }
    return joined;
  }
}

/** Whether a lexer can make such a token: the others are categories. */
export function isConcrete(type: TokenType): boolean {
  return type.PATTERN !== Lexer.NA;
}

function isMember(type: TokenType, category: TokenType): boolean {
  return (category.categoryMatches ?? []).includes(type.tokenTypeIdx ?? -1);
}

type AnyRepetition = Repetition | RepetitionMandatory | RepetitionWithSeparator | RepetitionMandatoryWithSeparator;

function isRepetition(production: IProduction): production is AnyRepetition {
  const kinds = [Repetition, RepetitionMandatory, RepetitionWithSeparator, RepetitionMandatoryWithSeparator];
  return kinds.some((kind) => production instanceof kind);
}

function separatorOf(production: AnyRepetition, concrete: (type: TokenType) => readonly string[]): Sequences {
  return 'separator' in production ? new Set(concrete(production.separator)) : EMPTY;
}

/** What an optional or repeated production begins with when it is there once more. */
function optionalBody(production: IProduction): readonly IProduction[] | undefined {
  if (production instanceof Option || production instanceof Repetition || production instanceof RepetitionMandatory)
    return production.definition;
  if (production instanceof RepetitionMandatoryWithSeparator) return [new Terminal({ terminalType: production.separator })];
  if (production instanceof RepetitionWithSeparator) return [new Alternation({ definition: alternativesOf(production) })];
  return undefined;
}

function alternativesOf(production: RepetitionWithSeparator): Alternative[] {
  const separator = new Terminal({ terminalType: production.separator });
  return [new Alternative({ definition: production.definition }), new Alternative({ definition: [separator] })];
}

function shared(left: Sequences, right: Sequences): string[] {
  return [...left].filter((sequence) => sequence !== '' && right.has(sequence));
}
