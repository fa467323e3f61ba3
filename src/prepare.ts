/** @file From a spec to a program with its data: what every command that runs something does first. */

import type { Model } from './compiler/check/model.ts';
import { settingPrefix } from './compiler/check/setting-prefix.ts';
import { type Checked, type Compilation, type CompileOptions, checkSource, compile } from './compiler/compile.ts';
import { InternalError } from './compiler/diagnostics/internal-error.ts';
import type { SourceFile } from './compiler/diagnostics/source-file.ts';
import type { EpisodeShape, Program } from './compiler/ir/ir.ts';
import { hashProgram } from './compiler/ir/serialize.ts';
import { withDataRows } from './compiler/lower/data-rows.ts';
import type { Footprint } from './compiler/optimize/cost.ts';
import { parse } from './compiler/parse/parse.ts';
import { onnxFootprint } from './footprint.ts';
import type { ProgramCache } from './program-cache.ts';
import { checkEpisodes } from './runtime/data/check-episodes.ts';
import { type DataOptions, type OpenedImages, openResident } from './runtime/data/load.ts';
import type { ResidentImages } from './runtime/data/resident.ts';
import type { Phase } from './runtime/data/splits.ts';

export interface PrepareOptions extends Omit<CompileOptions, 'rows' | 'checked'> {
  /** Outer steps of every train block, instead of what the spec says; schedules follow. */
  readonly steps?: number;
  /** As `--threads`, for the forecast of memory; undefined: the machine's. */
  readonly threads?: number;
  /** Where data sets lie. */
  readonly data?: DataOptions;
  /** Where compiled programs are kept; undefined compiles always. */
  readonly programs?: ProgramCache | undefined;
}

export interface Prepared {
  /** Of a program that was kept, without what its passes did. */
  readonly compilation: Compilation;
  /** As `hashProgram` gives it. Throws InternalError for a spec with errors. */
  readonly programHash: () => string;
  /** Image data by the tasks block that draws from it. */
  readonly images: ReadonlyMap<string, ResidentImages>;
}

/**
 * Checks the spec, opens the data that it names, then compiles: the shape of the resident tensors is part of the program. A spec with
 * errors reads no data. Throws DiagnosticError when the data is missing or wrong.
 */
export async function prepare(source: SourceFile, options: PrepareOptions = {}): Promise<Prepared> {
  const settings = settingsFor(source, options);
  const checked = checkSource(source, { ...options, settings });
  const { model, diagnostics } = checked;
  if (model === undefined) {
    return {
      compilation: { diagnostics, model, program: undefined, passes: [], chunk: 0 },
      programHash: () => hashOf(undefined),
      images: new Map(),
    };
  }
  const opened = await openImages(model, options.data ?? {});
  const rows = new Map([...opened].map(([tasks, { rows }]) => [tasks, rows]));
  const footprint = (program: Program, compiled: Program): Footprint => onnxFootprint(program, compiled, options.threads);
  const { steps: _, threads: __, data: ___, programs, ...chosen } = options;
  const { compilation, programHash } = compiledOnce(source, { footprint, ...chosen, settings, rows, checked }, programs);
  const images = new Map<string, ResidentImages>();
  for (const [tasks, { images: resident }] of opened) images.set(tasks, await resident);
  if (compilation.program !== undefined) checkAllEpisodes(compilation.program, images);
  return { compilation, programHash, images };
}

/** Compiles, unless the program was kept. */
function compiledOnce(
  source: SourceFile,
  options: CompileOptions & { readonly checked: Checked },
  programs: ProgramCache | undefined,
): Omit<Prepared, 'images'> {
  const key = programs?.key(source, options);
  const kept = key === undefined ? undefined : programs?.read(key);
  const { model, diagnostics } = options.checked;
  if (kept !== undefined && model !== undefined) {
    const { program, chunk, programHash } = kept;
    return {
      compilation: { diagnostics, model: withDataRows(model, options.rows ?? new Map()), program, passes: [], chunk },
      programHash: () => programHash,
    };
  }
  const compilation = compile(source, options);
  const { program, chunk } = compilation;
  if (key === undefined || program === undefined) return { compilation, programHash: () => hashOf(program) };
  const programHash = hashOf(program);
  programs?.write(key, { program, chunk, programHash });
  return { compilation, programHash: () => programHash };
}

function hashOf(program: Program | undefined): string {
  if (program === undefined) throw new InternalError('a spec with errors has no program');
  return hashProgram(program);
}

/** Before anything runs: an evaluation that its data cannot give would fail when the training is over. */
function checkAllEpisodes({ train, evaluate }: Program, images: ReadonlyMap<string, ResidentImages>): void {
  const check = (phase: Phase, shapes: readonly EpisodeShape[]): void => {
    for (const shape of shapes) {
      const resident = images.get(shape.tasks);
      if (resident !== undefined) checkEpisodes(resident, phase, shape);
    }
  };
  for (const { episodeShapes, validate } of train) {
    check('train', episodeShapes);
    check('validate', validate?.episodeShapes ?? []);
  }
  check('evaluate', evaluate?.episodeShapes ?? []);
}

/** `--set` as given, and `steps` as a setting of every train block. Blocks that cannot be read are told of by the check that follows. */
function settingsFor(source: SourceFile, { settings = new Map(), steps }: PrepareOptions): ReadonlyMap<string, string> {
  if (steps === undefined) return settings;
  const prefixes = parse(source).file.declarations.flatMap((declaration) =>
    declaration.kind === 'block' && declaration.keyword === 'train' ? [settingPrefix(declaration)] : [],
  );
  return new Map([...settings, ...prefixes.map((prefix) => [`${prefix}.steps`, String(steps)] as const)]);
}

/** The images themselves are read on other threads while the spec is compiled. */
async function openImages(model: Model, options: DataOptions): Promise<ReadonlyMap<string, OpenedImages>> {
  const opened = new Map<string, OpenedImages>();
  for (const { name, images } of model.sources) if (images !== undefined) opened.set(name, await openResident(images, options));
  return opened;
}
