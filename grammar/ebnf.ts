/** @file Prints the recorded grammar as EBNF: `[ ]` optional, `{ }` any number of times, `|` or. */
import {
  Alternation,
  Alternative,
  type IProduction,
  NonTerminal,
  Option,
  Repetition,
  RepetitionMandatory,
  RepetitionMandatoryWithSeparator,
  RepetitionWithSeparator,
  type Rule,
  Terminal,
} from 'chevrotain';
import { BLOCK_WORDS, BYTE_UNITS, CLAUSE_WORDS, PART_WORDS } from './tokens.ts';

const WIDTH = 120;
const NAME_COLUMN = 19;

export function ebnfOf(rules: readonly Rule[]): string {
  const lines = rules.flatMap((rule) => printRule(rule.name, choices(rule.definition)));
  return `${HEADER}\n${lines.join('\n')}\n\n${lexicalPart()}`;
}

const HEADER = `(* The grammar of .meta, generated from grammar/parser.ts: npx tsx scripts/generate-grammar.ts
   White space, new lines and comments (// to the end of the line) separate tokens and mean nothing else, but for this: a line
   does not continue the one above if it opens with "(" or "[", or with a word that, with the tokens after it, begins a statement. *)
`;

function lexicalPart(): string {
  const words = (list: readonly string[]) => list.map((word) => JSON.stringify(word));
  return [
    ...printRule('blockWord', words(BLOCK_WORDS)),
    ...printRule('partWord', words(PART_WORDS)),
    ...printRule('clauseWord', words(CLAUSE_WORDS)),
    ...printRule('name', ['identifier', 'blockWord', 'partWord', 'clauseWord', '"from"', '"in"']),
    ...printRule('plainName', ['identifier', 'blockWord', 'partWord', '"from"', '"in"']),
    ...printRule('identifier', ['letter { letter | digit | "_" }']),
    ...printRule('letter', ['"A" … "Z"', '"a" … "z"', '"_"', '"Α" … "ω"']),
    ...printRule('number', [
      'digits [ "." digits ] [ ( "e" | "E" ) [ "+" | "-" ] digit { digit } ]',
      `digits [ "." digits ] ( ${BYTE_UNITS.map((unit) => JSON.stringify(unit)).join(' | ')} )`,
    ]),
    ...printRule('size', ['digits " x " digits { " x " digits }']),
    ...printRule('digits', ['digit { digit } { "_" digit { digit } }']),
    ...printRule('text', [`'"' { any character but '"' and the end of the line } '"'`]),
    '',
  ].join('\n');
}

function printRule(name: string, alternatives: readonly string[]): string[] {
  const lines: string[] = [];
  let line = `${name.padEnd(NAME_COLUMN)}= ${alternatives[0] ?? ''}`;
  for (const alternative of alternatives.slice(1)) {
    if (line.length + alternative.length + 3 > WIDTH) {
      lines.push(line);
      line = `${' '.repeat(NAME_COLUMN)}| ${alternative}`;
    } else line += ` | ${alternative}`;
  }
  return [...lines, line];
}

/** The alternatives of a definition: several if it is one choice, else one. */
function choices(definition: readonly IProduction[]): string[] {
  const [only, ...others] = definition;
  if (only instanceof Alternation && others.length === 0) return only.definition.map(print);
  return [sequence(definition)];
}

function sequence(definition: readonly IProduction[]): string {
  return definition.map(print).join(' ');
}

function print(production: IProduction): string {
  if (production instanceof Terminal) return tokenLabel(production);
  if (production instanceof NonTerminal) return production.nonTerminalName;
  if (production instanceof Alternative) return sequence(production.definition);
  if (production instanceof Alternation) return `( ${choices([production]).join(' | ')} )`;
  if (production instanceof Option) return `[ ${sequence(production.definition)} ]`;
  if (production instanceof Repetition) return `{ ${sequence(production.definition)} }`;
  if (production instanceof RepetitionMandatory) return `${sequence(production.definition)} { ${sequence(production.definition)} }`;
  if (production instanceof RepetitionWithSeparator) return `[ ${separated(production)} ]`;
  if (production instanceof RepetitionMandatoryWithSeparator) return separated(production);
  throw new TypeError(`no EBNF for ${production.constructor.name}`);
}

function separated(production: RepetitionWithSeparator | RepetitionMandatoryWithSeparator): string {
  const item = sequence(production.definition);
  return `${item} { ${production.separator.LABEL ?? production.separator.name} ${item} }`;
}

function tokenLabel(terminal: Terminal): string {
  return terminal.terminalType.LABEL ?? terminal.terminalType.name;
}
