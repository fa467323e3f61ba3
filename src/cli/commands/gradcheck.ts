/** @file `metac gradcheck`: the compiled meta-gradient against finite differences. */
import { gradcheck, type WeightCheck } from '../../gradcheck/gradcheck.ts';
import type { CommandModule } from '../command.ts';
import { countOf, jsonRefusal, printDiagnostics, summaryOf } from '../diagnostics-report.ts';
import { EXIT } from '../exit-codes.ts';
import { formatCount, formatFigure } from '../format.ts';
import { dataOptions } from '../prepare-spec.ts';
import { readSpec } from '../spec-file.ts';
import { columns } from '../table.ts';

export const run: CommandModule['run'] = async (given, terminal) => {
  const source = readSpec(given.positionals[0] ?? '-');
  const json = given.flag('json');
  const batch = given.count('batch');
  const { diagnostics, reduced, solvers, tolerance, checks } = await gradcheck(source, {
    settings: given.pairs('set'),
    data: dataOptions(source, given, terminal),
    seed: given.count('seed') ?? 0,
    entries: given.flag('all') ? Number.POSITIVE_INFINITY : (given.count('entries') ?? 3),
    ...(batch === undefined ? {} : { batch }),
    progress: (weight, done, total) => {
      if (terminal.interactive) terminal.error(`\r\u001b[K${weight}: ${done} of ${total} entries`);
    },
  });
  if (terminal.interactive) terminal.error('\r\u001b[K');
  if (countOf(diagnostics, 'error') > 0) {
    if (json) terminal.out(jsonRefusal(source, diagnostics));
    else printDiagnostics(source, diagnostics, terminal);
    if (!json) terminal.error(`${source.name}: ${summaryOf(diagnostics)}\n`);
    return EXIT.wrongSpec;
  }
  const failed = checks.filter((check) => !check.passed).length;
  if (json) {
    const reductions = Object.fromEntries(reduced);
    const report = { ok: failed === 0, tolerance, reduced: reductions, solvers: Object.fromEntries(solvers), checks };
    terminal.out(`${JSON.stringify(report, undefined, 2)}\n`);
  } else {
    const style = terminal.outStyle;
    const smaller = [...reduced].map(([name, value]) => `${name}=${value}`).join(', ');
    if (smaller !== '') terminal.error(`made smaller for the check: ${smaller}\n`);
    for (const name of solvers.keys())
      terminal.error(
        `${name} is checked where the gradient of its \`minimize\` stays what it is; conjugate gradients go on until they are exact\n`,
      );
    terminal.error(
      'checked in the first outer step, with the weights moved a little off their first values, so that nothing is 0 by chance\n',
    );
    const blocks = new Set(checks.map((check) => check.block)).size;
    const row = (check: WeightCheck) => [
      ...(blocks > 1 ? [check.block] : []),
      check.weight,
      `${formatCount(check.entries)} of ${formatCount(check.of)}`,
      check.largestError.toExponential(1),
      formatFigure(check.compiled),
      formatFigure(check.differences),
      check.passed ? style.green('ok') : check.settled ? style.red('wrong') : style.yellow('unsettled'),
    ];
    const title = [...(blocks > 1 ? ['block'] : []), 'weight', 'entries', 'largest error', 'compiled', 'differences', ''];
    terminal.out(`${columns([title.map((cell) => style.bold(cell)), ...checks.map(row)])}\n`);
    const unsettled = checks.filter((check) => !check.passed && !check.settled).length;
    const verdict = failed === 0 ? 'every checked entry agrees' : `${failed} of ${checks.length} weights disagree`;
    if (unsettled > 0)
      terminal.error(
        `unsettled: differences at four distances from 1e-6 to 1e-3 do not agree with each other either, so they cannot tell; ` +
          `the loss is not smooth there, or iterations in it end elsewhere for weights a little apart\n`,
      );
    terminal.out(`${source.name}: ${verdict} (relative error at most ${tolerance} is allowed)\n`);
  }
  return failed === 0 ? EXIT.ok : EXIT.numeric;
};
