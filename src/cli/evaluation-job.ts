/** @file Evaluating on the command line: a spec with weights, and what the options change about them. */
import { existsSync } from 'node:fs';
import type { EngineName } from '../engine-names.ts';
import { type EngineRequest, engineNamed } from '../engines.ts';
import type { PrepareOptions } from '../prepare.ts';
import { programCache } from '../program-cache.ts';
import type { Engine } from '../runtime/engine.ts';
import { type EvaluationResult, evaluate } from '../runtime/run/evaluate.ts';
import { RunFolder } from '../runtime/run/run-folder.ts';
import { engineRequest } from './engine-options.ts';
import { interruptible } from './interrupt.ts';
import type { Arguments } from './parse-arguments.ts';
import { dataOptions, prepareSpec, type ReadySpec } from './prepare-spec.ts';
import type { RunDisplay } from './run-display.ts';
import { prepareOptionsOf, readRequest } from './run-request.ts';
import { readSpec } from './spec-file.ts';
import type { Terminal } from './terminal.ts';
import { UsageError } from './usage-error.ts';

export interface EvaluationJob {
  readonly spec: ReadySpec;
  /** Undefined: initial weights. */
  readonly checkpoint: string | undefined;
  readonly settings: Readonly<Record<string, string>>;
  readonly seed: number;
  readonly engine: EngineName | 'auto';
  readonly engineOptions: EngineRequest;
  readonly threads: number | undefined;
}

/** `--set` and `--episodes`, on top of what the run was trained with. */
export function settingsOf(given: Arguments, before: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const episodes = given.count('episodes');
  const asked = { ...before, ...Object.fromEntries(given.pairs('set')) };
  return episodes === undefined ? asked : { ...asked, 'evaluate.episodes': String(episodes) };
}

export async function evaluationOfRun(folder: string, given: Arguments, terminal: Terminal): Promise<EvaluationJob | undefined> {
  const { request, source } = readRequest(folder);
  const kept = prepareOptionsOf(request);
  const settings = settingsOf(given, request.settings);
  const replacements = new Map([...(kept.data?.replacements ?? []), ...given.pairs('data')]);
  const data = { ...dataOptions(source, given, terminal), ...kept.data, replacements };
  const file = given.text('spec');
  const options: PrepareOptions = { ...kept, settings: new Map(Object.entries(settings)), programs: programCache(process.env), data };
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

/** Undefined when Ctrl-C stopped it. Progress is shown on `display`, but not beside JSON. */
export function runEvaluation(
  job: EvaluationJob,
  engine: Engine,
  display: RunDisplay,
  options: {
    readonly terminal: Terminal;
    readonly json: boolean;
    readonly onValues?: (label: string, values: readonly number[]) => void;
  },
): Promise<EvaluationResult | undefined> {
  const { terminal, json, onValues } = options;
  return interruptible(
    terminal,
    () => display.line('stopping'),
    (signal) =>
      evaluate(job.spec.program, {
        engine,
        engineOptions: job.threads === undefined ? {} : { threads: job.threads },
        seed: job.seed,
        programHash: job.spec.programHash(),
        settings: job.settings,
        resident: job.spec.images,
        signal,
        checkpoint: job.checkpoint,
        ...(onValues === undefined ? {} : { onValues }),
        ...(json ? {} : { listener: display.listen }),
      }),
  );
}

/** The best weights if the run kept any; `--weights` decides otherwise. */
function checkpointOf(path: string, spec: ReadySpec, asked: string | undefined): string {
  const folder = new RunFolder(path);
  if (asked === 'last') return folder.last;
  // Whether there are any the run decides: the spec may be another one, that validates nothing.
  const blocks = new Set([...spec.program.train.map(({ name }) => name), 'train']);
  const best = [...blocks].map((block) => folder.best(block)).find((file) => existsSync(file));
  if (best !== undefined) return best;
  if (asked === 'best') throw new UsageError(`the run in \`${path}\` kept no best weights`, 'write `--weights last`');
  return folder.last;
}
