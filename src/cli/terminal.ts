/** @file Where a command writes, and whether a person is looking. Results go to standard output, progress and messages to standard error. */

export interface Terminal {
  /** Writes to standard output, as it is. */
  out(text: string): void;
  /** Writes to standard error, as it is. */
  error(text: string): void;
  /** Whether standard error is a terminal, where a line can be redrawn. */
  readonly interactive: boolean;
  /** Width of that terminal in characters. */
  columns(): number;
  readonly outStyle: Style;
  readonly errorStyle: Style;
}

export interface Style {
  readonly colour: boolean;
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  cyan(text: string): string;
}

export function createStyle(colour: boolean): Style {
  const wrap = (open: number, close: number) => (text: string) => (colour ? `\u001b[${open}m${text}\u001b[${close}m` : text);
  return {
    colour,
    bold: wrap(1, 22),
    dim: wrap(2, 22),
    red: wrap(31, 39),
    green: wrap(32, 39),
    yellow: wrap(33, 39),
    cyan: wrap(36, 39),
  };
}

/** https://no-color.org: any non-empty NO_COLOR switches colours off; FORCE_COLOR switches them on where there is no terminal. */
function wantsColour(stream: NodeJS.WriteStream): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  if (NO_COLOR !== undefined && NO_COLOR !== '') return false;
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== '') return FORCE_COLOR !== '0';
  return stream.isTTY === true && TERM !== 'dumb';
}

export function processTerminal(): Terminal {
  return {
    out: (text) => void process.stdout.write(text),
    error: (text) => void process.stderr.write(text),
    interactive: process.stderr.isTTY === true && process.env.TERM !== 'dumb',
    // Some pseudo-terminals say 0.
    columns: () => process.stderr.columns || 80,
    outStyle: createStyle(wantsColour(process.stdout)),
    errorStyle: createStyle(wantsColour(process.stderr)),
  };
}
