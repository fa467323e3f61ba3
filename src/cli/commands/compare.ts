/** @file `metac compare`: trained runs on the very same episodes, with paired intervals. */
import { chooseEngine } from '../../engines.ts';
import { type ComparedReport, compareRuns, type Evaluated, protocolDifferences } from '../../runtime/run/compare.ts';
import { judgementOf } from '../../runtime/run/evaluate.ts';
import type { CommandModule } from '../command.ts';
import { type EvaluationJob, evaluationOfRun, runEvaluation } from '../evaluation-job.ts';
import { EXIT } from '../exit-codes.ts';
import { formatCount, formatFigure } from '../format.ts';
import { RunDisplay } from '../run-display.ts';
import { columns } from '../table.ts';
import { tasksText } from '../tasks-text.ts';
import type { Style, Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';

interface ComparedJob {
  readonly folder: string;
  readonly job: EvaluationJob;
}

export const run: CommandModule['run'] = async (given, terminal) => {
  const folders = given.positionals;
  const json = given.flag('json');
  if (folders.length < 2)
    throw new UsageError('two runs or more are compared', 'write `metac compare RUN RUN`, with folders that `metac train` wrote');
  const jobs: ComparedJob[] = [];
  for (const folder of folders) {
    const job = await evaluationOfRun(folder, given, terminal);
    if (job === undefined) return EXIT.wrongSpec;
    jobs.push({ folder, job });
  }
  requireAlike(jobs);
  const runs: Evaluated[] = [];
  for (const { folder, job } of jobs) {
    // One seed for all: the first run's, unless --seed says otherwise.
    const seed = given.count('seed') ?? runs[0]?.result.seed ?? job.seed;
    const evaluated = await evaluatedRun(folder, { ...job, seed }, terminal, json);
    if (evaluated === undefined) return EXIT.interrupted;
    runs.push(evaluated);
  }
  const reports = compareRuns(runs);
  if (reports.length === 0) throw new UsageError('the runs have no report in common', 'name reports alike: `report accuracy: ...`');
  if (json)
    terminal.out(
      `${JSON.stringify({ ok: true, runs: runs.map(({ name, result }) => ({ name, program: result.program, checkpoint: result.checkpoint })), episodes: runs[0]?.result.episodes, seed: runs[0]?.result.seed, reports }, undefined, 2)}\n`,
    );
  else terminal.out(textOf(runs, reports, terminal.outStyle));
  return EXIT.ok;
};

async function evaluatedRun(name: string, job: EvaluationJob, terminal: Terminal, json: boolean): Promise<Evaluated | undefined> {
  const { engine } = await chooseEngine(job.engine, job.engineOptions);
  const display = new RunDisplay(terminal);
  const values = new Map<string, readonly number[]>();
  try {
    const onValues = (label: string, list: readonly number[]) => void values.set(label, list);
    const result = await runEvaluation(job, engine, display, { terminal, json, onValues });
    return result === undefined ? undefined : { name, result, values };
  } finally {
    display.clear();
  }
}

/** Before anything is evaluated. */
function requireAlike(jobs: readonly ComparedJob[]): void {
  const [first, ...others] = jobs.map(({ folder, job: { spec, settings } }) => ({
    folder,
    judgement: judgementOf(spec.program, spec.images),
    tasks: tasksText(spec.source, settings),
  }));
  if (first === undefined) return;
  for (const other of others) {
    const told = protocolDifferences(first, other).map(
      (one) => `${one.what}: ${one.first} in \`${first.folder}\`, ${one.other} in \`${other.folder}\``,
    );
    if (told.length === 0) continue;
    throw new UsageError(
      `the runs are not judged alike, so their figures cannot be compared: ${told.join('; ')}`,
      'make the protocols equal with --set or --episodes, or evaluate each alone',
    );
  }
}

function textOf(runs: readonly Evaluated[], reports: readonly ComparedReport[], style: Style): string {
  const [first] = runs;
  const title = `${formatCount(first?.result.episodes ?? 0)} test episodes, the same for all; mean ± half of the 95% interval, differences to ${first?.name ?? ''} paired`;
  const sections = reports.map(({ label, runs: figures }) => {
    const rows = figures.map(({ summary, difference }, index) => [
      runs[index]?.name ?? '',
      style.bold(`${formatFigure(summary.mean)} ± ${formatFigure(summary.interval)}`),
      difference === undefined
        ? ''
        : `${difference.mean < 0 ? '' : '+'}${formatFigure(difference.mean)} ± ${formatFigure(difference.interval)}${Math.abs(difference.mean) > difference.interval ? '' : style.dim(', within chance')}`,
    ]);
    return `${label}\n${columns(rows)}\n`;
  });
  return `${title}\n\n${sections.join('\n')}`;
}
