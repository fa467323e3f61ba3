/** @file What it takes to evaluate a trained run again: its spec, its weights, and what the command line changes. */
import { existsSync } from 'node:fs';
import type { EngineName } from '../engine-names.ts';
import { type EngineRequest, engineNamed } from '../engines.ts';
import type { PrepareOptions } from '../prepare.ts';
import { RunFolder } from '../runtime/run/run-folder.ts';
import { engineRequest } from './engine-options.ts';
import type { Arguments } from './parse-arguments.ts';
import { dataOptions, prepareSpec, type ReadySpec } from './prepare-spec.ts';
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
