/** @file What a run was asked for, kept as command.json in its folder: `--resume` and `evaluate` repeat it without being told again. */
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { SourceFile } from '../compiler/diagnostics/source-file.ts';
import type { EngineName } from '../engine-names.ts';
import type { EngineRequest } from '../engines.ts';
import type { PrepareOptions } from '../prepare.ts';
import { writeAtomically } from '../runtime/checkpoint/atomic-file.ts';
import { UsageError } from './usage-error.ts';

export interface RunRequest {
  readonly format: 'metac-command-1';
  /** The spec's name as it was written: the program is named after it. */
  readonly name: string;
  /** Absolute path of the spec as it was; null for standard input. The text itself is kept as spec.meta. */
  readonly spec: string | null;
  readonly settings: Readonly<Record<string, string>>;
  /** Absolute paths. */
  readonly data: Readonly<Record<string, string>>;
  readonly steps: number | null;
  readonly chunk: number | null;
  readonly seed: number;
  /** The engine that ran, never `auto`. */
  readonly engine: EngineName;
  /** What else was asked of the engine; absent in runs of older versions. Paths are absolute. */
  readonly engineOptions?: EngineRequest;
  readonly threads: number | null;
  /** That the tasks of a step were shared by; absent where they were not. */
  readonly processors?: number;
}

const FILE = 'command.json';

/** Where a run's files lie that the command line needs; the runtime owns the rest of the folder. */
export function specOf(folder: string): string {
  return join(folder, 'spec.meta');
}

export function holdsRun(folder: string): boolean {
  return existsSync(join(folder, 'run.json'));
}

/** Leaves a folder that holds a run alone: the runtime refuses to start another there. */
export function writeRequest(folder: string, request: RunRequest): void {
  if (holdsRun(folder)) return;
  mkdirSync(folder, { recursive: true });
  writeAtomically(join(folder, FILE), `${JSON.stringify(request, undefined, 2)}\n`);
}

export function readRequest(folder: string): { readonly request: RunRequest; readonly source: SourceFile } {
  if (!existsSync(folder)) throw new UsageError(`there is no folder \`${folder}\``, newestHint(folder));
  if (!holdsRun(folder) || !existsSync(join(folder, FILE)) || !existsSync(specOf(folder))) {
    throw new UsageError(`\`${folder}\` holds no run`, 'a run folder has run.json, command.json and spec.meta in it');
  }
  const content = readFileSync(join(folder, FILE), 'utf8');
  const request = parseRequest(content);
  if (request === undefined) throw new UsageError(`\`${join(folder, FILE)}\` is damaged`, 'start a new run');
  return { request, source: { name: request.name, text: readFileSync(specOf(folder), 'utf8') } };
}

function parseRequest(text: string): RunRequest | undefined {
  try {
    const request: unknown = JSON.parse(text);
    const valid = typeof request === 'object' && request !== null && 'format' in request && request.format === 'metac-command-1';
    return valid ? (request as RunRequest) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The options that make the same program again. */
export function prepareOptionsOf(request: RunRequest): PrepareOptions {
  return {
    settings: new Map(Object.entries(request.settings)),
    ...(request.steps === null ? {} : { steps: request.steps }),
    ...(request.chunk === null ? {} : { chunk: request.chunk }),
    ...(request.threads === null ? {} : { threads: request.threads }),
    processors: request.processors,
    ...(request.engineOptions?.devices === undefined ? {} : { devices: request.engineOptions.devices }),
    data: {
      replacements: new Map(Object.entries(request.data)),
      ...(request.spec === null ? {} : { baseFolder: dirname(request.spec) }),
    },
  };
}

/** `runs/NAME-1`, `runs/NAME-2`, …: one more than the highest that exists. */
export function newRunFolder(programName: string): string {
  const name = folderNameOf(programName);
  return join('runs', `${name}-${(numbersOf(name).at(-1) ?? 0) + 1}`);
}

/** The run of a spec with the highest number, or undefined. */
export function newestRun(programName: string): string | undefined {
  const name = folderNameOf(programName);
  const folders = numbersOf(name).map((number) => join('runs', `${name}-${number}`));
  return folders.findLast(holdsRun);
}

/** What is left of `<stdin>`, or of a file name with spaces, in a folder name that needs no quotes. */
function folderNameOf(programName: string): string {
  return programName.replace(/[^\p{L}\p{N}_.-]+/gu, '-').replace(/^-+|-+$/g, '') || 'spec';
}

function numbersOf(name: string): number[] {
  if (!existsSync('runs')) return [];
  const numbers = readdirSync('runs').flatMap((entry) => {
    const digits = entry.startsWith(`${name}-`) ? entry.slice(name.length + 1) : '';
    return /^\d{1,9}$/.test(digits) ? [Number(digits)] : [];
  });
  return numbers.sort((a, b) => a - b);
}

function newestHint(folder: string): string | undefined {
  const newest = newestRun(folder.replace(/^runs\//, '').replace(/-\d+$/, ''));
  return newest === undefined ? 'runs are kept below runs/ unless --run says otherwise' : `did you mean \`${newest}\`?`;
}
