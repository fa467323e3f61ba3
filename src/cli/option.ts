/** @file How a command declares its options and arguments: the parser, the help and the messages all read these records. */

export type OptionKind =
  /** No value. */
  | { readonly kind: 'flag' }
  | { readonly kind: 'text'; readonly placeholder: string }
  /** `--resume` alone or with a value. */
  | { readonly kind: 'optional text'; readonly placeholder: string }
  /** An integer from `least` on, to `most` where that is given. */
  | { readonly kind: 'count'; readonly placeholder: string; readonly least: number; readonly most?: number }
  | { readonly kind: 'choice'; readonly choices: readonly string[] }
  /** `name=value`, repeatable; a name given twice is an error. */
  | { readonly kind: 'pairs'; readonly placeholder: string };

export type OptionSpec = OptionKind & {
  /** Without the dashes. */
  readonly name: string;
  /** One letter, without the dash. */
  readonly short?: string;
  /** One clause; says the default. */
  readonly about: string;
};

export interface PositionalSpec {
  readonly name: string;
  readonly about: string;
  readonly optional?: boolean;
  /** The last one may be given any number of times. */
  readonly repeatable?: boolean;
}

export interface Example {
  readonly command: string;
  readonly about: string;
}

export const JSON_OPTION: OptionSpec = { kind: 'flag', name: 'json', about: 'print JSON for programs, on standard output' };

/** Options that every command takes. */
export const COMMON_OPTIONS: readonly OptionSpec[] = [
  JSON_OPTION,
  { kind: 'flag', name: 'debug', about: 'print the stack of an internal error' },
  { kind: 'flag', name: 'help', short: 'h', about: 'print this help' },
];

/** How an option is written in the help: `-o, --output FILE`. */
export function optionUsage(option: OptionSpec): string {
  const short = option.short === undefined ? '' : `-${option.short}, `;
  return `${short}--${option.name}${valueUsage(option)}`;
}

function valueUsage(option: OptionSpec): string {
  switch (option.kind) {
    case 'flag':
      return '';
    case 'choice':
      return ` ${option.choices.join('|')}`;
    case 'optional text':
      return ` [${option.placeholder}]`;
    case 'text':
    case 'count':
    case 'pairs':
      return ` ${option.placeholder}`;
  }
}
