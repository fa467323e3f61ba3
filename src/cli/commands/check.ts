/** @file `metac check`: every mistake in a spec. */
import { compile } from '../../compiler/compile.ts';
import type { CommandModule } from '../command.ts';
import { countOf, jsonDiagnostic, printDiagnostics, summaryOf } from '../diagnostics-report.ts';
import { EXIT } from '../exit-codes.ts';
import { readSpec } from '../spec-file.ts';

export const run: CommandModule['run'] = async (given, terminal) => {
  const source = readSpec(given.positionals[0] ?? '-');
  const { diagnostics } = compile(source, { settings: given.pairs('set'), chunk: 1 });
  const ok = countOf(diagnostics, 'error') === 0;
  if (given.flag('json')) {
    const shown = diagnostics.map((diagnostic) => jsonDiagnostic(source, diagnostic));
    terminal.out(`${JSON.stringify({ ok, file: source.name, diagnostics: shown }, undefined, 2)}\n`);
  } else {
    printDiagnostics(source, diagnostics, terminal);
    terminal.out(`${source.name}: ${summaryOf(diagnostics)}\n`);
  }
  return ok ? EXIT.ok : EXIT.wrongSpec;
};
