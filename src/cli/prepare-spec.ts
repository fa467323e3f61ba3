/** @file What `compile`, `explain`, `train` and `gradcheck` share: reads the spec, prepares it, reports what is wrong with it. */
import { dirname } from 'node:path';
import type { Model } from '../compiler/check/model.ts';
import type { Compilation } from '../compiler/compile.ts';
import type { SourceFile } from '../compiler/diagnostics/source-file.ts';
import type { Program } from '../compiler/ir/ir.ts';
import { type Prepared, type PrepareOptions, prepare } from '../prepare.ts';
import { cacheFolder } from '../runtime/data/cache.ts';
import type { DataOptions } from '../runtime/data/load.ts';
import { jsonRefusal, printDiagnostics, summaryOf } from './diagnostics-report.ts';
import { formatCount } from './format.ts';
import type { Arguments } from './parse-arguments.ts';
import type { Terminal } from './terminal.ts';
import { UsageError } from './usage-error.ts';

export interface ReadySpec {
  readonly source: SourceFile;
  readonly compilation: Compilation;
  readonly model: Model;
  readonly program: Program;
  readonly images: Prepared['images'];
  readonly programHash: Prepared['programHash'];
}

/** Undefined after the spec's errors were reported. Warnings go to standard error. */
export async function prepareSpec(
  source: SourceFile,
  options: PrepareOptions,
  json: boolean,
  terminal: Terminal,
): Promise<ReadySpec | undefined> {
  const { compilation, images, programHash } = await prepare(source, options);
  const { diagnostics, model, program } = compilation;
  if (!json || program !== undefined) printDiagnostics(source, diagnostics, terminal);
  if (model !== undefined && program !== undefined) return { source, compilation, model, program, images, programHash };
  if (json) terminal.out(jsonRefusal(source, diagnostics));
  else terminal.error(`${source.name}: ${summaryOf(diagnostics)}\n`);
  return undefined;
}

/** `--data`, and where decoded packs are kept. Paths in a spec start at the spec's folder. */
export function dataOptions(source: SourceFile, given: Arguments, terminal: Terminal): DataOptions {
  const replacements = given.pairs('data');
  for (const [name, path] of replacements) if (path === '') throw new UsageError(`\`--data ${name}=\` names no path`);
  return {
    replacements,
    ...(source.name === '<stdin>' ? {} : { baseFolder: dirname(source.name) }),
    cacheFolder: cacheFolder(process.env),
    progress: (done, total) => {
      if (!terminal.interactive) return;
      terminal.error(`\r\u001b[Kreading images ${formatCount(done)} of ${formatCount(total)}${done >= total ? '\r\u001b[K' : ''}`);
    },
  };
}
