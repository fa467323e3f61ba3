/** @file Damages the text of a spec the way hands, editors and copying do. Seeded: the same seed gives the same text. */
import { builtins } from '../../src/compiler/check/builtins/table.ts';

/** Uniform on [0, 1). */
export type Random = () => number;

const words = [
  ...builtins.map((builtin) => builtin.name),
  ...'tasks model adapt train evaluate example validate from in return source split resize rotate ways shots queries pool'.split(' '),
  ...'minimize maximize using steps through only freeze batch over every keep episodes report gradient highest lowest'.split(' '),
  ...'support query x y net fast alpha val fewshot pi infinity true false vinyals lake first_order truncated everything images'.split(' '),
  ...'transductive running frozen element step weight per of rate mode kernel axis learned linear'.split(' '),
];

const numbers = '0 1 2 -1 0.5 1e9 1e12 1e30 1e308 1e-300 100_000 2147483648 4294967296 9007199254740993 3.7 0.999 64 7'.split(' ');

const signs = '( ) [ ] { } , : . .. = == != < <= ~ + - * / @ ^ |> " \' // ; # $ \\ ? ! & | % `'.split(' ');

const oddities = [
  '\u0000',
  '\ufeff',
  '\u202e',
  'é',
  '漢字',
  '🙂',
  '\r',
  '\t',
  '\u2028',
  'α',
  '′',
  '−',
  '“',
  '\ud800',
  'x'.repeat(3000),
  '1'.repeat(400),
];

const token = /\s+|\/\/[^\n]*|[\p{L}_][\p{L}\p{N}_]*|\d[\w.]*|"[^"\n]*"|\|>|\.\.|[<>=!]=|[\s\S]/gu;

function pick<Item>(random: Random, items: readonly Item[]): Item {
  return items[Math.floor(random() * items.length)] as Item;
}

function place(random: Random, tokens: readonly string[]): number {
  return Math.floor(random() * tokens.length);
}

/** Nested so deeply that a parser without a limit runs out of stack, or just below the limit. */
function nested(random: Random): string {
  const depth = pick(random, [10, 63, 64, 65, 500, 5000]);
  const [open, close] = pick(random, [
    ['(', ')'],
    ['[', ']'],
    ['-', ''],
    ['relu(', ')'],
    ['1 + (', ')'],
    ['{ return ', '}'],
  ] as const);
  return `${open.repeat(depth)}1${close.repeat(pick(random, [depth, depth - 1, 0]))}`;
}

const mutations: readonly ((random: Random, tokens: string[]) => void)[] = [
  (random, tokens) => void tokens.splice(place(random, tokens), 1 + Math.floor(random() * 3)),
  (random, tokens) => {
    const [a, b] = [place(random, tokens), place(random, tokens)];
    [tokens[a], tokens[b]] = [tokens[b] ?? '', tokens[a] ?? ''];
  },
  (random, tokens) => {
    const start = place(random, tokens);
    tokens.splice(place(random, tokens), 0, ...tokens.slice(start, start + 1 + Math.floor(random() * 12)));
  },
  (random, tokens) => {
    const at = tokens.flatMap((text, index) => (/^[\p{L}_]/u.test(text) ? [index] : []));
    if (at.length > 0) tokens[pick(random, at)] = random() < 0.3 ? (tokens[pick(random, at)] ?? '') : pick(random, words);
  },
  (random, tokens) => {
    const at = tokens.flatMap((text, index) => (/^\d/.test(text) ? [index] : []));
    if (at.length > 0) tokens[pick(random, at)] = pick(random, numbers);
  },
  (random, tokens) => {
    tokens[place(random, tokens)] = pick(random, [...signs, ...words, ...numbers]);
  },
  (random, tokens) => void tokens.splice(place(random, tokens), 0, pick(random, [...signs, ...words, ...numbers])),
  (random, tokens) => void tokens.splice(place(random, tokens)),
  (random, tokens) => void tokens.splice(0, place(random, tokens)),
  (random, tokens) => void tokens.splice(place(random, tokens), 0, pick(random, oddities)),
  (random, tokens) => void tokens.splice(place(random, tokens), 0, ` ${nested(random)} `),
  (random, tokens) => {
    const at = place(random, tokens);
    const text = tokens[at] ?? '';
    const cut = Math.floor(random() * text.length);
    tokens[at] = text.slice(0, cut) + String.fromCharCode(Math.floor(random() * 256)) + text.slice(cut + 1);
  },
];

/** One to five mutations of a text; now and then of two texts that are joined. */
export function mutated(random: Random, corpus: readonly string[]): string {
  const text = pick(random, corpus) + (random() < 0.05 ? pick(random, corpus) : '');
  const tokens = text.match(token) ?? [];
  const count = 1 + Math.floor(random() * random() * 5);
  for (let one = 0; one < count && tokens.length > 0; one++) pick(random, mutations)(random, tokens);
  return tokens.join('');
}
