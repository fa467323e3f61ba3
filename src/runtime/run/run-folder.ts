/** @file A run is a folder: what was run, on what, and what came of it. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runDiffers, runFileDamaged, runFileUnwritable, runFolderTaken, runMissing } from '../../compiler/diagnostics/catalogue/run.ts';
import { DiagnosticError } from '../../compiler/diagnostics/diagnostic.ts';
import { writeAtomically } from '../checkpoint/atomic-file.ts';
import { isSystemError } from '../data/read-file.ts';
import type { ResidentImages } from '../data/resident.ts';
import { shippedDataFolder } from '../data/shipped.ts';

/** What every number of the run depends on, and how it was made. Written to run.json; a resumed run must agree on the first group. */
export interface RunRecord {
  readonly format: 'metac-run-1';
  readonly program: string;
  readonly programHash: string;
  readonly engine: string;
  readonly seed: number;
  /** Data set, split, batch-norm mode, order of differentiation, …: everything that the program says of its protocol. */
  readonly protocol: Readonly<Record<string, string>>;
  /** The `--set` values, as written. */
  readonly settings: Readonly<Record<string, string>>;
  /** Digests of the image data by tasks block. */
  readonly data: Readonly<Record<string, string>>;
  readonly engineDetail: string;
  readonly threads: number | null;
  /** Outer steps between lines of metrics.jsonl. */
  readonly logEvery: number;
  readonly versions: Readonly<Record<string, string>>;
}

/** Paths of the files of a run. */
export class RunFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  get spec(): string {
    return join(this.path, 'spec.meta');
  }
  get record(): string {
    return join(this.path, 'run.json');
  }
  get metrics(): string {
    return join(this.path, 'metrics.jsonl');
  }
  get result(): string {
    return join(this.path, 'result.json');
  }
  get last(): string {
    return join(this.path, 'checkpoints', 'last.safetensors');
  }
  /** @param block `train`, or `train.<name>` for one of several blocks that validate. */
  best(block: string): string {
    return join(this.path, 'checkpoints', `best${block.replace(/^train/, '')}.safetensors`);
  }
}

/** Makes the folder and its checkpoint folder; a run that is to be resumed must be there. */
export function prepareFolder(folder: RunFolder, resume: boolean): void {
  if (resume && !existsSync(folder.record)) throw new DiagnosticError(runMissing(folder.path, 'run.json'));
  writing(folder.path, () => mkdirSync(dirname(folder.last), { recursive: true }));
}

/** A new run needs a folder without one. Asked under the lock. */
export function requireNoRun(folder: RunFolder): void {
  if (existsSync(folder.record)) throw new DiagnosticError(runFolderTaken(folder.path));
}

/** Writes spec.meta and then run.json, whose presence says that the folder holds a run. */
export function writeRecord(folder: RunFolder, record: RunRecord, spec: string | undefined): void {
  if (spec !== undefined) writing(folder.spec, () => writeAtomically(folder.spec, spec));
  writeJson(folder.record, record);
}

/** Numbers that JSON lacks are written as texts ("NaN", "Infinity"), not lost as null. */
export function writeJson(path: string, value: object): void {
  const written = (_: string, item: unknown): unknown => (typeof item === 'number' && !Number.isFinite(item) ? String(item) : item);
  writing(path, () => writeAtomically(path, `${JSON.stringify(value, written, 2)}\n`));
}

/** Runs a file-system call that writes; its refusal becomes a diagnostic about `path`. */
export function writing<T>(path: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (isSystemError(error)) throw new DiagnosticError(runFileUnwritable(path, error.message));
    throw error;
  }
}

/** A resumed run gives the numbers of an uninterrupted one only with the same program, seed, engine and threads. */
export function requireSameRun(folder: RunFolder, record: RunRecord): void {
  const before = readRecord(folder.record);
  const same = (what: string, key: 'programHash' | 'seed' | 'engine' | 'threads' | 'logEvery'): void => {
    const now = record[key];
    if (before[key] !== now) throw new DiagnosticError(runDiffers(folder.path, what, String(before[key]), String(now)));
  };
  same('program (spec, settings or chunk)', 'programHash');
  same('seed', 'seed');
  same('engine', 'engine');
  same('number of threads', 'threads');
  same('interval of logged steps', 'logEvery');
  const data = (digests: unknown): string => JSON.stringify(digests ?? {});
  if (data(before.data) !== data(record.data))
    throw new DiagnosticError(runDiffers(folder.path, 'data', data(before.data), data(record.data)));
}

function readRecord(path: string): Readonly<Record<string, unknown>> {
  try {
    const content: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof content === 'object' && content !== null) return content as Readonly<Record<string, unknown>>;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new DiagnosticError(runFileDamaged(path, 'a JSON object', 'other text'));
}

/** Digests by tasks block, sorted, for the records of runs and results. */
export function dataDigests(resident: ReadonlyMap<string, ResidentImages>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...resident].map(([tasks, { digest }]): [string, string] => [tasks, digest]).sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/** Versions that numbers may depend on. */
export function runtimeVersions(): Readonly<Record<string, string>> {
  const manifest: unknown = JSON.parse(readFileSync(join(shippedDataFolder(), '..', 'package.json'), 'utf8'));
  const version = typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : 'unknown';
  return { metac: version, node: process.version, platform: `${process.platform}-${process.arch}` };
}
