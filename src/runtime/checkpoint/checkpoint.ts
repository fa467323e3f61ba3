/** @file Checkpoints: every weight and state of a program with the position of its run, as one safetensors file. */
import { existsSync } from 'node:fs';
import { checkpointDamaged, checkpointMissing, checkpointTensor, runFileUnwritable } from '../../compiler/diagnostics/catalogue/run.ts';
import { DiagnosticError } from '../../compiler/diagnostics/diagnostic.ts';
import { InternalError } from '../../compiler/diagnostics/internal-error.ts';
import type { Program } from '../../compiler/ir/ir.ts';
import { printType, sameShape } from '../../compiler/ir/tensor-type.ts';
import { isSystemError, readBytes } from '../data/read-file.ts';
import type { Tensors } from '../engine.ts';
import { writeAtomically } from './atomic-file.ts';
import { decodeSafetensors, encodeSafetensors, SafetensorsError } from './safetensors.ts';

/** The best validation figure of one train block so far. */
export interface BestSoFar {
  readonly block: string;
  readonly metric: string;
  readonly mean: number;
  readonly interval: number;
  readonly step: number;
}

/** Where a run stands; everything but the tensors that its future depends on. */
export interface RunPosition {
  /** Outer steps completed. */
  readonly step: number;
  readonly seed: number;
  readonly programHash: string;
  readonly engine: string;
  readonly best: readonly BestSoFar[];
  /** Bytes of metrics.jsonl that belong to the completed steps. */
  readonly metricsBytes: number;
  /** False when the run was asked to stop while it validated after this step: the validations are to be made again. */
  readonly validated: boolean;
}

export interface Checkpoint {
  readonly position: RunPosition;
  /** Weights and state. */
  readonly tensors: Tensors;
}

const FORMAT = 'metac-checkpoint-1';

/** Replaces the file at `path` in one step: a kill leaves the old or the new checkpoint, never a part. */
export function saveCheckpoint(path: string, { position, tensors }: Checkpoint): void {
  const { step, seed, programHash, engine, best, metricsBytes, validated } = position;
  const metadata = {
    format: FORMAT,
    step: String(step),
    seed: String(seed),
    programHash,
    engine,
    best: JSON.stringify(best),
    metricsBytes: String(metricsBytes),
    validated: String(validated),
  };
  try {
    writeAtomically(path, encodeSafetensors({ tensors, metadata }));
  } catch (error) {
    if (isSystemError(error)) throw new DiagnosticError(runFileUnwritable(path, error.message));
    throw error;
  }
}

/** A weight or state that a checkpoint must hold. */
export type Expected = Program['weights'][number];

/** Reads a checkpoint and checks that it holds `expected`, and nothing else if `exactly`. */
export function loadCheckpoint(path: string, expected: readonly Expected[], exactly: boolean): Checkpoint {
  if (!existsSync(path)) throw new DiagnosticError(checkpointMissing(path));
  const { tensors, metadata } = readSafetensors(path);
  const position = readPosition(path, metadata);
  for (const { name, type } of expected) {
    const tensor = tensors.get(name);
    if (tensor === undefined) throw new DiagnosticError(checkpointTensor(path, name, printType(type), 'no such tensor'));
    if (tensor.dtype !== type.dtype || !sameShape(tensor.shape, type.shape))
      throw new DiagnosticError(checkpointTensor(path, name, printType(type), printType(tensor)));
  }
  const known = new Set(expected.map(({ name }) => name));
  const extra = [...tensors].find(([name]) => !known.has(name));
  if (exactly && extra !== undefined) throw new DiagnosticError(checkpointTensor(path, extra[0], 'no such tensor', printType(extra[1])));
  return { position, tensors: new Map([...tensors].filter(([name]) => known.has(name))) };
}

function readSafetensors(path: string): ReturnType<typeof decodeSafetensors> {
  try {
    return decodeSafetensors(readBytes(path, 'the checkpoint'));
  } catch (error) {
    if (error instanceof SafetensorsError) throw new DiagnosticError(checkpointDamaged(path, error.expected, error.found));
    throw error;
  }
}

function readPosition(path: string, metadata: Readonly<Record<string, string>>): RunPosition {
  const fail = (expected: string, found: string | undefined): never => {
    throw new DiagnosticError(checkpointDamaged(path, expected, found ?? 'nothing'));
  };
  const count = (key: string): number => {
    const text = metadata[key];
    return text !== undefined && /^\d{1,16}$/.test(text) ? Number(text) : fail(`a number \`${key}\` in its metadata`, text);
  };
  if (metadata.format !== FORMAT) fail(`the format ${FORMAT}`, metadata.format);
  return {
    step: count('step'),
    seed: count('seed'),
    programHash: metadata.programHash ?? fail('a program hash', undefined),
    engine: metadata.engine ?? fail('an engine name', undefined),
    best: readBest(metadata.best) ?? fail('a list `best`', metadata.best),
    metricsBytes: count('metricsBytes'),
    validated: metadata.validated === 'true',
  };
}

function readBest(text: string | undefined): BestSoFar[] | undefined {
  let list: unknown;
  try {
    list = JSON.parse(text ?? '');
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (!Array.isArray(list) || !list.every(isBest)) return undefined;
  // JSON has no NaN: the interval of a single episode.
  return list.map((one) => ({ ...one, interval: one.interval ?? Number.NaN }));
}

function isBest(value: unknown): value is Omit<BestSoFar, 'interval'> & { readonly interval: number | null } {
  if (typeof value !== 'object' || value === null) return false;
  const { block, metric, mean, interval, step } = value as Record<string, unknown>;
  const named = typeof block === 'string' && typeof metric === 'string';
  return named && typeof mean === 'number' && (typeof interval === 'number' || interval === null) && typeof step === 'number';
}

/** The first tensor that holds NaN or an infinity, or undefined. */
export function firstNotFinite(tensors: Tensors): string | undefined {
  for (const [name, { dtype, data }] of tensors) {
    if (dtype !== 'float') continue;
    if (!(data instanceof Float32Array || data instanceof Float64Array)) throw new InternalError(`${name} is a float without floats`);
    // The sum of finite numbers may overflow, so each is looked at.
    for (let index = 0; index < data.length; index++) if (!Number.isFinite(data[index])) return name;
  }
  return undefined;
}
