/** @file `metac check`: every mistake in a spec. */
import { checkSource } from '../../compiler/compile.ts';
import { unreached } from '../../compiler/reached.ts';
import type { CommandModule } from '../command.ts';
import { countOf, jsonDiagnostic, printDiagnostics, summaryOf } from '../diagnostics-report.ts';
import { EXIT } from '../exit-codes.ts';
import { readSpec } from '../spec-file.ts';

export const run: CommandModule['run'] = async (given, terminal) => {
  const source = readSpec(given.positionals[0] ?? '-');
  const checked = checkSource(source, { settings: given.pairs('set') });
  // Everything that compiling could refuse, without the work of compiling.
  const diagnostics = [...checked.diagnostics, ...(checked.model === undefined ? [] : unreached(checked.model))];
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
