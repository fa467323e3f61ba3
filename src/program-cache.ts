/** @file Compiled programs on disk: the second start of a spec checks it, and neither differentiates nor optimises it again. */
import type { CompileOptions } from './compiler/compile.ts';
import type { SourceFile } from './compiler/diagnostics/source-file.ts';
import { reviveProgram } from './compiler/ir/deserialize.ts';
import type { Program } from './compiler/ir/ir.ts';
import { programText } from './compiler/ir/serialize.ts';
import { cacheFolder } from './runtime/data/cache.ts';
import { cacheKey, DiskCache } from './runtime/disk-cache.ts';

/** SHA-256 of the sources that this build was made from (scripts/build.mjs). Sources that run themselves have none: they may change any moment. */
declare const METAC_BUILD: string | undefined;

export interface KeptProgram {
  readonly program: Program;
  /** As `hashProgram` gives it. */
  readonly programHash: string;
  /** Tasks per call. */
  readonly chunk: number;
}

const MOST_BYTES = 2 ** 28;

export class ProgramCache {
  readonly #disk: DiskCache;
  readonly #build: string;

  /** `build`: what tells compilers apart. */
  constructor(folder: string, build: string) {
    this.#disk = new DiskCache(folder, 'program', 'metac program 1', MOST_BYTES);
    this.#build = build;
  }

  /**
   * A name for everything that a program follows from. Undefined for a compilation that has more to do than to make a program, and with `memory <= …`,
   * which is a forecast for the machine.
   */
  key(source: SourceFile, options: CompileOptions): string | undefined {
    const {
      settings,
      rows,
      chunk,
      devices,
      processors,
      chunkBytes,
      checked,
      observe,
      verify,
      exactRoots,
      footprint: _,
      ...others
    } = options;
    // A new option must be thought of here.
    others satisfies Record<string, never>;
    if (observe !== undefined || verify === true || exactRoots === true || checked?.model?.memory !== undefined) return undefined;
    const choices = [[...(settings ?? [])], [...(rows ?? [])], chunk ?? null, devices ?? null, processors ?? null, chunkBytes ?? null];
    // Functions such as the sine are the JavaScript engine's: what is folded may differ in the last digit.
    return cacheKey([this.#build, process.version, source.name, source.text, JSON.stringify(choices)]);
  }

  read(key: string): KeptProgram | undefined {
    const content = this.#disk.read(key);
    if (content === undefined) return undefined;
    const text = Buffer.from(content.buffer, content.byteOffset, content.length).toString('utf8');
    const end = text.indexOf('\n');
    const { chunk, programHash } = JSON.parse(text.slice(0, end)) as Omit<KeptProgram, 'program'>;
    return { chunk, programHash, program: reviveProgram(text.slice(end + 1)) };
  }

  write(key: string, { chunk, programHash, program }: KeptProgram): void {
    this.#disk.write(key, Buffer.from(`${JSON.stringify({ chunk, programHash })}\n${programText(program)}`));
  }
}

/** In the user's cache folder; undefined when the sources run without a build. */
export function programCache(environment: Readonly<Record<string, string | undefined>>): ProgramCache | undefined {
  if (typeof METAC_BUILD !== 'string') return undefined;
  return new ProgramCache(cacheFolder(environment, 'programs'), METAC_BUILD);
}
