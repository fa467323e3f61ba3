/** @file What a command is: a declaration that loads at once, and code that loads when it is called. */
import type { Example, OptionSpec, PositionalSpec } from './option.ts';
import type { Arguments } from './parse-arguments.ts';
import type { Terminal } from './terminal.ts';

export interface CommandModule {
  /** Returns the exit status; throws DiagnosticError, LimitationError, UsageError, NumericError, or anything else for a bug. */
  run(given: Arguments, terminal: Terminal): Promise<number>;
}

export interface CommandSpec {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** A paragraph for the command's own help. */
  readonly about: string;
  readonly positionals: readonly PositionalSpec[];
  /** Without the common ones. */
  readonly options: readonly OptionSpec[];
  readonly examples: readonly Example[];
  load(): Promise<CommandModule>;
}
