/** @file `metac evaluate`: judges a trained run again, or a spec that trains nothing. */
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { hashProgram } from '../../compiler/ir/serialize.ts';
import type { EngineName } from '../../engine-names.ts';
import { chooseEngine, type EngineRequest, engineNamed } from '../../engines.ts';
import type { PrepareOptions } from '../../prepare.ts';
import { writeAtomically } from '../../runtime/checkpoint/atomic-file.ts';
import { evaluate } from '../../runtime/run/evaluate.ts';
import { RunFolder } from '../../runtime/run/run-folder.ts';
import type { CommandModule } from '../command.ts';
import { engineRequest } from '../engine-options.ts';
import { EXIT } from '../exit-codes.ts';
import { interruptible } from '../interrupt.ts';
import type { Arguments } from '../parse-arguments.ts';
import { dataOptions, prepareSpec, type ReadySpec } from '../prepare-spec.ts';
import { resultText } from '../result-text.ts';
import { RunDisplay } from '../run-display.ts';
import { newestRun, prepareOptionsOf, readRequest } from '../run-request.ts';
import { readSpec } from '../spec-file.ts';
import type { Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';

interface Job {
  readonly spec: ReadySpec;
  /** Undefined: initial weights. */
  readonly checkpoint: string | undefined;
  readonly settings: Readonly<Record<string, string>>;
  readonly seed: number;
  readonly engine: EngineName | 'auto';
  readonly engineOptions: EngineRequest;
  readonly threads: number | undefined;
}

export const run: CommandModule['run'] = async (given, terminal) => {
  const json = given.flag('json');
  const place = given.positionals[0] ?? '';
  const job = await (place.endsWith('.meta') || place === '-' ? specJob(place, given, terminal) : runJob(place, given, terminal));
  if (job === undefined) return EXIT.wrongSpec;
  const { engine, why } = await chooseEngine(job.engine, job.engineOptions);
  if (!json) terminal.error(`${why}\n`);
  const display = new RunDisplay(terminal);
  try {
    const result = await interruptible(
      terminal,
      () => display.line('stopping'),
      (signal) =>
        evaluate(job.spec.program, {
          engine,
          engineOptions: job.threads === undefined ? {} : { threads: job.threads },
          seed: job.seed,
          programHash: hashProgram(job.spec.program),
          settings: job.settings,
          resident: job.spec.images,
          signal,
          checkpoint: job.checkpoint,
          ...(json ? {} : { listener: display.listen }),
        }),
    );
    display.clear();
    if (result === undefined) return EXIT.interrupted;
    const output = given.text('output');
    if (output !== undefined) writeAtomically(output, `${JSON.stringify(result, undefined, 2)}\n`);
    terminal.out(json ? `${JSON.stringify({ ok: true, result }, undefined, 2)}\n` : resultText(result, undefined, terminal.outStyle));
    return EXIT.ok;
  } finally {
    display.clear();
  }
};

/** `--set` and `--episodes`, on top of what the run was trained with. */
function settingsOf(given: Arguments, before: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const episodes = given.count('episodes');
  const asked = { ...before, ...Object.fromEntries(given.pairs('set')) };
  return episodes === undefined ? asked : { ...asked, 'evaluate.episodes': String(episodes) };
}

async function runJob(folder: string, given: Arguments, terminal: Terminal): Promise<Job | undefined> {
  const { request, source } = readRequest(folder);
  const kept = prepareOptionsOf(request);
  const settings = settingsOf(given, request.settings);
  const replacements = new Map([...(kept.data?.replacements ?? []), ...given.pairs('data')]);
  const data = { ...dataOptions(source, given, terminal), ...kept.data, replacements };
  const file = given.text('spec');
  const options: PrepareOptions = { ...kept, settings: new Map(Object.entries(settings)), data };
  const spec = await prepareSpec(file === undefined ? source : readSpec(file), options, given.flag('json'), terminal);
  if (spec === undefined) return undefined;
  return {
    spec,
    checkpoint: checkpointOf(folder, spec, given.text('weights')),
    settings,
    seed: given.count('seed') ?? request.seed,
    engine: engineNamed(given.text('engine') ?? request.engine),
    // What the run was told belongs to its engine.
    engineOptions: given.has('engine') ? engineRequest(given) : { ...request.engineOptions, ...engineRequest(given) },
    threads: given.count('threads') ?? request.threads ?? undefined,
  };
}

async function specJob(path: string, given: Arguments, terminal: Terminal): Promise<Job | undefined> {
  const source = readSpec(path);
  const settings = settingsOf(given, {});
  const options = { settings: new Map(Object.entries(settings)), data: dataOptions(source, given, terminal) };
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

/** The best weights if the run kept any; `--weights` decides otherwise. */
function checkpointOf(path: string, spec: ReadySpec, asked: string | undefined): string {
  const folder = new RunFolder(path);
  const validated = spec.program.train.find((plan) => plan.validate?.keep !== undefined);
  const best = validated === undefined ? undefined : folder.best(validated.name);
  if (asked === 'last') return folder.last;
  if (best !== undefined && existsSync(best)) return best;
  if (asked === 'best') throw new UsageError(`the run in \`${path}\` kept no best weights`, 'write `--weights last`');
  return folder.last;
}
