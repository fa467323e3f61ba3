/** @file A terminal that keeps what is written to it. */
import { createStyle, type Terminal } from '../../src/cli/terminal.ts';

export interface FakeTerminal extends Terminal {
  readonly written: { out: string; error: string };
}

export function fakeTerminal(
  options: { readonly interactive?: boolean; readonly columns?: number; readonly colour?: boolean } = {},
): FakeTerminal {
  const written = { out: '', error: '' };
  const style = createStyle(options.colour === true);
  return {
    written,
    out: (text) => {
      written.out += text;
    },
    error: (text) => {
      written.error += text;
    },
    interactive: options.interactive === true,
    columns: () => options.columns ?? 80,
    outStyle: style,
    errorStyle: style,
  };
}
