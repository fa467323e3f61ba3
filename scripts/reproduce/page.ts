/** @file The page of figures, specs/RESULTS.md, made of what was measured and what was published. */
import { formatCount, formatDuration, formatFigure } from '../../src/cli/format.ts';
import type { Figure, Measured, Reproduction } from './reproduction.ts';

const INTRODUCTION = `# Results of the specs

Every figure here was measured by \`npm run reproduce\`, which trains the specs one by one and writes this page; \`npm run reproduce NAME …\` does some of them.
± is half of the 95% confidence interval over the test episodes of one run. Times are of training and test together, on the machine as it
was: other work may have run beside. The same spec, seed, engine and machine give the same figures, to the last bit.`;

/**
 * @param hashes by spec, of the text as it stands: what was measured with another text is not shown.
 */
export function resultsPage(plan: readonly Reproduction[], records: readonly Measured[], hashes: ReadonlyMap<string, string>): string {
  const shown = plan.map((reproduction) => ({
    reproduction,
    runs: records.filter((record) => record.name === reproduction.name && record.specHash === hashes.get(reproduction.spec)),
  }));
  const measured = shown.filter(({ runs }) => runs.length > 0);
  const missing = shown.filter(({ runs }) => runs.length === 0).map(({ reproduction }) => `\`${reproduction.name}\``);
  return [
    INTRODUCTION,
    '## Figures',
    table(
      ['spec', 'figure', 'ours', 'published', 'protocol'],
      measured.flatMap(({ reproduction, runs }) => figureRows(reproduction, runs)),
    ),
    ...shortfalls(measured.map(({ reproduction }) => reproduction)),
    '## Runs',
    table(
      ['spec', 'command', 'seed', 'steps', 'time', 'engine', 'machine'],
      measured.flatMap(({ runs }) => runs.map(runRow)),
    ),
    ...(missing.length === 0 ? [] : [`Not measured with their present text: ${missing.join(', ')}.`]),
    '',
  ]
    .join('\n\n')
    .replace(/\n+$/, '\n');
}

function figureRows(reproduction: Reproduction, runs: readonly Measured[]): string[][] {
  return reproduction.figures.map((figure, index) => [
    index === 0 ? `[${reproduction.name}](${reproduction.spec}.meta)` : '',
    figure.about,
    runs.map((run) => ours(figure, run, runs.length > 1)).join('; '),
    figure.published === undefined ? 'none' : `${figure.published} (${figure.source})`,
    index === 0 ? reproduction.protocol : '',
  ]);
}

function ours(figure: Figure, run: Measured, several: boolean): string {
  const report = run.reports.find(({ label }) => label === figure.report);
  if (report === undefined)
    throw new Error(`${run.name} reports no \`${figure.report}\`, only ${run.reports.map(({ label }) => label).join(', ')}`);
  return `${amount(figure, report.mean, report.interval)}${several ? ` (seed ${run.seed})` : ''}`;
}

function amount({ unit }: Figure, mean: number | string, interval: number | string | null): string {
  // A number that JSON lacks (NaN, Infinity) was written as a text.
  const print = (value: number | string): string => {
    if (typeof value === 'string') return value;
    return unit === 'percent' ? (100 * value).toFixed(2) : formatFigure(Number(value.toPrecision(3)));
  };
  return `${print(mean)}${interval === null ? '' : ` ± ${print(interval)}`}${unit === 'percent' ? ' %' : ''}`;
}

function shortfalls(reproductions: readonly Reproduction[]): string[] {
  const lines = reproductions.flatMap(({ name, toReach }) => (toReach === undefined ? [] : [`- \`${name}\`: ${toReach}`]));
  return lines.length === 0 ? [] : ['## What the published figures would take', lines.join('\n')];
}

function runRow(run: Measured): string[] {
  const { name, command, seed, steps, seconds, engine, machine } = run;
  return [name, `\`${command}\``, String(seed), formatCount(steps), formatDuration(seconds), engine, machine];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
