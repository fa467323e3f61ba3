/** @file `metac evaluate`: judges a trained run again, or a spec that trains nothing. */
import { basename } from 'node:path';
import { chooseEngine, engineNamed } from '../../engines.ts';
import { programCache } from '../../program-cache.ts';
import { writeAtomically } from '../../runtime/checkpoint/atomic-file.ts';
import { writing } from '../../runtime/run/run-folder.ts';
import type { CommandModule } from '../command.ts';
import { engineRequest } from '../engine-options.ts';
import { type EvaluationJob, evaluationOfRun, runEvaluation, settingsOf } from '../evaluation-job.ts';
import { EXIT } from '../exit-codes.ts';
import type { Arguments } from '../parse-arguments.ts';
import { dataOptions, prepareSpec } from '../prepare-spec.ts';
import { resultText } from '../result-text.ts';
import { RunDisplay } from '../run-display.ts';
import { newestRun } from '../run-request.ts';
import { readSpec } from '../spec-file.ts';
import type { Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';

export const run: CommandModule['run'] = async (given, terminal) => {
  const json = given.flag('json');
  const place = given.positionals[0] ?? '';
  const job = await (place.endsWith('.meta') || place === '-' ? specJob(place, given, terminal) : evaluationOfRun(place, given, terminal));
  if (job === undefined) return EXIT.wrongSpec;
  const { engine, why } = await chooseEngine(job.engine, job.engineOptions);
  if (!json) terminal.error(`${why}\n`);
  const display = new RunDisplay(terminal);
  try {
    const result = await runEvaluation(job, engine, display, { terminal, json });
    display.clear();
    if (result === undefined) return EXIT.interrupted;
    terminal.out(json ? `${JSON.stringify({ ok: true, result }, undefined, 2)}\n` : resultText(result, undefined, terminal.outStyle));
    // After the figures: a place that cannot be written does not lose them.
    const output = given.text('output');
    if (output !== undefined) writing(output, () => writeAtomically(output, `${JSON.stringify(result, undefined, 2)}\n`));
    return EXIT.ok;
  } finally {
    display.clear();
  }
};

async function specJob(path: string, given: Arguments, terminal: Terminal): Promise<EvaluationJob | undefined> {
  const source = readSpec(path);
  const settings = settingsOf(given, {});
  const options = {
    settings: new Map(Object.entries(settings)),
    programs: programCache(process.env),
    data: dataOptions(source, given, terminal),
  };
  const spec = await prepareSpec(source, options, given.flag('json'), terminal);
  if (spec === undefined) return undefined;
  if (spec.program.train.length > 0) {
    const newest = newestRun(basename(path, '.meta'));
    const hint = newest === undefined ? `train it first: metac train ${path}` : `write \`metac evaluate ${newest}\``;
    throw new UsageError(`\`${path}\` is a spec that has to be trained; evaluate takes the folder of a run`, hint);
  }
  const threads = given.count('threads');
  const engine = engineNamed(given.text('engine'));
  return { spec, checkpoint: undefined, settings, seed: given.count('seed') ?? 0, engine, engineOptions: engineRequest(given), threads };
}
