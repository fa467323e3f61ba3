/** @file From a spec to a program with its data: what every command that runs something does first. */

import type { Model } from './compiler/check/model.ts';
import { settingPrefix } from './compiler/check/setting-prefix.ts';
import { type Compilation, type CompileOptions, checkSource, compile } from './compiler/compile.ts';
import type { SourceFile } from './compiler/diagnostics/source-file.ts';
import type { EpisodeShape, Program } from './compiler/ir/ir.ts';
import type { Footprint } from './compiler/optimize/cost.ts';
import { parse } from './compiler/parse/parse.ts';
import { onnxFootprint } from './footprint.ts';
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
}

export interface Prepared {
  readonly compilation: Compilation;
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
    return { compilation: { diagnostics, model, program: undefined, passes: [], chunk: 0 }, images: new Map() };
  }
  const opened = await openImages(model, options.data ?? {});
  const rows = new Map([...opened].map(([tasks, { rows }]) => [tasks, rows]));
  const footprint = (program: Program, compiled: Program): Footprint => onnxFootprint(program, compiled, options.threads);
  const compilation = compile(source, { footprint, ...options, settings, rows, checked });
  const images = new Map<string, ResidentImages>();
  for (const [tasks, { images: resident }] of opened) images.set(tasks, await resident);
  if (compilation.program !== undefined) checkAllEpisodes(compilation.program, images);
  return { compilation, images };
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
