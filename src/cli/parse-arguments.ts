/** @file Reads the words of a command line by a command's declarations. Every mistake is a UsageError that names the word. */
import { suggest } from '../compiler/diagnostics/did-you-mean.ts';
import { InternalError } from '../compiler/diagnostics/internal-error.ts';
import { type OptionSpec, optionUsage, type PositionalSpec } from './option.ts';
import { UsageError } from './usage-error.ts';

type OptionValue = string | number | boolean | ReadonlyMap<string, string>;

/** What was given, by the option's name. Accessors throw InternalError for a name or kind that was not declared. */
export class Arguments {
  readonly positionals: readonly string[];
  readonly #options: readonly OptionSpec[];
  readonly #values: ReadonlyMap<string, OptionValue>;

  constructor(options: readonly OptionSpec[], positionals: readonly string[], values: ReadonlyMap<string, OptionValue>) {
    this.#options = options;
    this.positionals = positionals;
    this.#values = values;
  }

  /** Whether the option was given, of whatever kind it is. */
  has(name: string): boolean {
    return this.#values.has(name);
  }

  flag(name: string): boolean {
    return this.#read(name, ['flag']) === true;
  }

  text(name: string): string | undefined {
    const value = this.#read(name, ['text', 'choice']);
    return value === undefined ? undefined : String(value);
  }

  /** Undefined: not given. Empty: given without a value. */
  optionalText(name: string): string | undefined {
    const value = this.#read(name, ['optional text']);
    return value === undefined ? undefined : String(value);
  }

  count(name: string): number | undefined {
    const value = this.#read(name, ['count']);
    return typeof value === 'number' ? value : undefined;
  }

  pairs(name: string): ReadonlyMap<string, string> {
    const value = this.#read(name, ['pairs']);
    return value instanceof Map ? value : new Map();
  }

  #read(name: string, kinds: readonly OptionSpec['kind'][]): OptionValue | undefined {
    const declared = this.#options.find((option) => option.name === name);
    if (declared === undefined || !kinds.includes(declared.kind)) throw new InternalError(`option --${name} is not declared as it is read`);
    return this.#values.get(name);
  }
}

export function parseArguments(
  words: readonly string[],
  options: readonly OptionSpec[],
  positionals: readonly PositionalSpec[],
  helpCommand: string,
): Arguments {
  const values = new Map<string, OptionValue>();
  const given: string[] = [];
  let optionsEnd = false;
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? '';
    if (optionsEnd || word === '-' || !word.startsWith('-')) {
      given.push(word);
      continue;
    }
    if (word === '--') {
      optionsEnd = true;
      continue;
    }
    const equals = word.indexOf('=');
    const name = equals < 0 ? word : word.slice(0, equals);
    const option = findOption(name, options, helpCommand);
    let value = equals < 0 ? undefined : word.slice(equals + 1);
    if (value === undefined && takesNext(option, words[index + 1])) {
      index++;
      value = words[index];
    }
    store(values, option, value, name);
  }
  return new Arguments(options, given.slice(0, checkCount(given, positionals, helpCommand, values)), values);
}

function findOption(word: string, options: readonly OptionSpec[], helpCommand: string): OptionSpec {
  const option = options.find((candidate) => word === `--${candidate.name}` || word === `-${candidate.short}`);
  if (option !== undefined) return option;
  const near = suggest(
    word.replace(/^-+/, ''),
    options.map((candidate) => candidate.name),
  );
  throw new UsageError(
    `there is no option \`${word}\``,
    near === undefined ? `\`${helpCommand}\` lists the options` : `did you mean \`--${near}\`?`,
  );
}

/** Whether the next word is this option's value. A negative number is a value; any other word with a dash is the next option. */
function takesNext(option: OptionSpec, next: string | undefined): boolean {
  if (option.kind === 'flag' || next === undefined) return false;
  if (option.kind === 'optional text') return !next.startsWith('-') && !next.endsWith('.meta');
  return next === '-' || !next.startsWith('-') || /^-\.?\d/.test(next);
}

function store(values: Map<string, OptionValue>, option: OptionSpec, value: string | undefined, written: string): void {
  if (option.kind === 'pairs') {
    const [name, text] = readPair(option, value, written);
    const before = values.get(option.name);
    const pairs = before instanceof Map ? (before as Map<string, string>) : new Map<string, string>();
    if (pairs.has(name)) throw new UsageError(`\`${written} ${name}=…\` is given twice`, 'give each name once');
    values.set(option.name, pairs.set(name, text));
    return;
  }
  if (values.has(option.name) && option.kind !== 'flag') throw new UsageError(`\`--${option.name}\` is given twice`, 'give it once');
  values.set(option.name, readValue(option, value, written));
}

function readPair(option: OptionSpec, value: string | undefined, written: string): readonly [string, string] {
  if (value === undefined) throw new UsageError(`\`${written}\` needs a value`, `write \`${optionUsage(option)}\``);
  const equals = value.indexOf('=');
  if (equals <= 0 || equals === value.length - 1) {
    throw new UsageError(`\`${written} ${value}\` is not of the form name=value`, `write \`${optionUsage(option)}\``);
  }
  return [value.slice(0, equals).trim(), value.slice(equals + 1).trim()];
}

function readValue(option: Exclude<OptionSpec, { kind: 'pairs' }>, value: string | undefined, written: string): OptionValue {
  if (option.kind === 'flag') {
    if (value !== undefined)
      throw new UsageError(`\`${written}\` takes no value, but \`${value}\` was given`, `write \`--${option.name}\``);
    return true;
  }
  if (option.kind === 'optional text') return value ?? '';
  if (value === undefined || value === '') throw new UsageError(`\`${written}\` needs a value`, `write \`${optionUsage(option)}\``);
  if (option.kind === 'text') return value;
  if (option.kind === 'choice') {
    if (option.choices.includes(value)) return value;
    const near = suggest(value, option.choices);
    const hint = near === undefined ? `choose from ${option.choices.join(', ')}` : `did you mean \`${near}\`?`;
    throw new UsageError(`\`${written}\` cannot be \`${value}\`; it is one of ${option.choices.join(', ')}`, hint);
  }
  return readCount(option.least, option.most ?? Number.MAX_SAFE_INTEGER, value, written);
}

/** An integer, written as in specs: `60_000`, `1e3`. */
function readCount(least: number, most: number, value: string, written: string): number {
  const plain = value.replaceAll('_', '');
  const number = /^[+-]?\d+(\.\d*)?([eE]\+?\d+)?$/.test(plain) ? Number(plain) : Number.NaN;
  if (!Number.isInteger(number)) {
    throw new UsageError(`\`${written}\` needs a whole number, but \`${value}\` was given`, `write \`${written} ${Math.max(least, 1)}\``);
  }
  if (number < least) throw new UsageError(`\`${written}\` must be at least ${least}, but \`${value}\` was given`);
  if (number > most) throw new UsageError(`\`${written}\` must be at most ${most}, but \`${value}\` was given`);
  return number;
}

function checkCount(
  given: readonly string[],
  positionals: readonly PositionalSpec[],
  helpCommand: string,
  values: ReadonlyMap<string, OptionValue>,
): number {
  // Whoever asks for help need not have written the rest.
  if (values.get('help') === true) return positionals.length;
  const many = positionals.at(-1)?.repeatable === true;
  const extra = many ? undefined : given[positionals.length];
  if (extra !== undefined) {
    const usage = positionals.length === 0 ? 'takes no arguments' : `takes ${positionals.map((positional) => positional.name).join(' ')}`;
    throw new UsageError(`\`${extra}\` is one argument too many: the command ${usage}`, `\`${helpCommand}\` shows how it is used`);
  }
  const missing = positionals[given.length];
  if (missing !== undefined && missing.optional !== true) {
    throw new UsageError(`${missing.name} is missing: ${missing.about}`, `\`${helpCommand}\` shows how it is used`);
  }
  return many ? given.length : positionals.length;
}
