/** @file `metac train`: a new run or an interrupted one, then its evaluation. */
import { basename, resolve } from 'node:path';
import { LimitationError } from '../../compiler/diagnostics/internal-error.ts';
import { chooseEngine, type EngineChoice, engineNamed } from '../../engines.ts';
import { programCache } from '../../program-cache.ts';
import { processorsFor } from '../../runtime/engine.ts';
import { evaluate } from '../../runtime/run/evaluate.ts';
import type { RunEvent } from '../../runtime/run/events.ts';
import { RunFolder } from '../../runtime/run/run-folder.ts';
import { type TrainOutcome, train } from '../../runtime/run/train.ts';
import type { CommandModule } from '../command.ts';
import { engineRequest } from '../engine-options.ts';
import { EXIT } from '../exit-codes.ts';
import { formatWord } from '../format.ts';
import { interruptible } from '../interrupt.ts';
import { jsonEvent } from '../json-events.ts';
import type { Arguments } from '../parse-arguments.ts';
import { placedIn } from '../placed-error.ts';
import { dataOptions, prepareSpec, type ReadySpec } from '../prepare-spec.ts';
import { resultText } from '../result-text.ts';
import { RunDisplay } from '../run-display.ts';
import { newestRun, newRunFolder, prepareOptionsOf, type RunRequest, readRequest, specOf, writeRequest } from '../run-request.ts';
import { readSpec } from '../spec-file.ts';
import type { Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';

/** Options that a run keeps from its start: a resumed run gives the numbers of one that was never stopped. */
const FIXED = ['set', 'steps', 'seed', 'engine', 'device', 'devices', 'precision', 'plugin', 'chunk', 'threads', 'run'] as const;

interface Job {
  readonly spec: ReadySpec;
  readonly request: RunRequest;
  readonly choice: EngineChoice;
  readonly folder: string;
  readonly resume: boolean;
}

export const run: CommandModule['run'] = async (given, terminal) => {
  const json = given.flag('json');
  const job = given.optionalText('resume') === undefined ? await newJob(given, terminal) : await resumedJob(given, terminal);
  if (job === undefined) return EXIT.wrongSpec;
  const { engine, why } = job.choice;
  if (!json) terminal.error(`${why}; ${formatWord(job.spec.compilation.chunk, 'task')} at a time\n`);
  writeRequest(job.folder, job.request);
  const display = new RunDisplay(terminal);
  const listener = json ? (event: RunEvent) => terminal.out(`${jsonEvent(event)}\n`) : display.listen;
  const { program, programHash, images, source } = job.spec;
  const options = {
    engine,
    engineOptions: job.request.threads === null ? {} : { threads: job.request.threads },
    seed: job.request.seed,
    programHash: programHash(),
    settings: job.request.settings,
    resident: images,
    listener,
    folder: job.folder,
  };
  const stopping = () => display.line('stopping after this step to write a checkpoint (Ctrl-C again ends at once)');
  try {
    const work = async (signal: AbortSignal): Promise<number> => {
      const outcome = await train(program, { ...options, signal, resume: job.resume, spec: source.text });
      if (outcome.status === 'stopped') return interrupted(job.folder, 'the run', display);
      if (program.evaluate === undefined) return EXIT.ok;
      const result = await evaluate(program, { ...options, signal, checkpoint: checkpointFor(outcome) });
      if (result === undefined) return interrupted(job.folder, 'the evaluation', display);
      display.clear();
      terminal.out(
        json ? `${JSON.stringify({ event: 'result', folder: job.folder, result })}\n` : resultText(result, job.folder, terminal.outStyle),
      );
      return EXIT.ok;
    };
    return await placedIn(source, () => interruptible(terminal, stopping, work));
  } finally {
    display.clear();
  }
};

async function newJob(given: Arguments, terminal: Terminal): Promise<Job | undefined> {
  const path = given.positionals[0];
  if (path === undefined) throw new UsageError('FILE is missing: the spec to train', '`metac train --help` shows how it is used');
  const source = readSpec(path);
  const steps = given.count('steps') ?? null;
  const chunk = given.count('chunk') ?? null;
  const threads = given.count('threads') ?? null;
  const engineOptions = engineRequest(given);
  const choice = await chooseEngine(engineNamed(given.text('engine')), engineOptions);
  const processors = processorsFor(choice, threads ?? undefined);
  const options = {
    settings: given.pairs('set'),
    data: dataOptions(source, given, terminal),
    verify: given.flag('verify'),
    programs: programCache(process.env),
    processors,
    ...(steps === null ? {} : { steps }),
    ...(chunk === null ? {} : { chunk }),
    ...(threads === null ? {} : { threads }),
    ...(engineOptions.devices === undefined ? {} : { devices: engineOptions.devices }),
    ...(choice.chunkBytes === undefined ? {} : { chunkBytes: choice.chunkBytes }),
  };
  const spec = await prepareSpec(source, options, given.flag('json'), terminal);
  if (spec === undefined) return undefined;
  if (spec.program.train.length === 0) {
    throw new LimitationError(`${spec.program.name} has no \`train\` block: there is nothing to train`);
  }
  const request: RunRequest = {
    format: 'metac-command-1',
    name: source.name,
    spec: path === '-' ? null : resolve(path),
    settings: Object.fromEntries(given.pairs('set')),
    data: Object.fromEntries([...given.pairs('data')].map(([name, place]) => [name, resolve(place)])),
    steps,
    // What the engine's device decides is kept: the run may go on elsewhere, with the same program.
    chunk: choice.chunkBytes === undefined ? chunk : spec.compilation.chunk,
    seed: given.count('seed') ?? 0,
    engine: choice.name,
    engineOptions,
    threads,
    ...(processors === undefined ? {} : { processors }),
  };
  return { spec, request, choice, folder: given.text('run') ?? newRunFolder(spec.program.name), resume: false };
}

async function resumedJob(given: Arguments, terminal: Terminal): Promise<Job | undefined> {
  const changed = FIXED.find((name) => given.has(name));
  if (changed !== undefined) {
    throw new UsageError(`\`--${changed}\` cannot be changed in the middle of a run`, 'leave it out, or start a new run without --resume');
  }
  const file = given.positionals[0];
  const folder = given.optionalText('resume') || newestOf(file);
  const { request, source } = readRequest(folder);
  if (file !== undefined && readSpec(file).text !== source.text) {
    throw new UsageError(
      `\`${file}\` is not what the run in \`${folder}\` was started with`,
      `\`metac train --resume ${folder}\` goes on with ${specOf(folder)}; without --resume a new run begins`,
    );
  }
  const kept = prepareOptionsOf(request);
  const data = { ...dataOptions(source, given, terminal), ...kept.data };
  const replacements = new Map([...(kept.data?.replacements ?? []), ...given.pairs('data')]);
  const options = { ...kept, verify: given.flag('verify'), programs: programCache(process.env), data: { ...data, replacements } };
  const spec = await prepareSpec(source, options, given.flag('json'), terminal);
  if (spec === undefined) return undefined;
  return { spec, request, choice: await chooseEngine(request.engine, request.engineOptions), folder, resume: true };
}

/** The run that `--resume` means when it names none. */
function newestOf(file: string | undefined): string {
  if (file === undefined) throw new UsageError('neither a spec nor a run folder is named', 'write `metac train --resume DIR`');
  const name = basename(file, '.meta');
  const newest = newestRun(name);
  if (newest === undefined) throw new UsageError(`there is no run of \`${name}\` below runs/`, 'name its folder: --resume DIR');
  return newest;
}

/** Best weights where validation chose some, else the last. */
function checkpointFor(outcome: TrainOutcome): string {
  const folder = new RunFolder(outcome.folder);
  const [best] = outcome.best;
  return best === undefined ? folder.last : folder.best(best.block);
}

function interrupted(folder: string, what: string, display: RunDisplay): number {
  display.line(`${what} was interrupted; go on with: metac train --resume ${folder}`);
  return EXIT.interrupted;
}
