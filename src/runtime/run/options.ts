/** @file What runs and evaluations are told. */
import type { ResidentImages } from '../data/resident.ts';
import type { Engine, EngineOptions } from '../engine.ts';
import type { Listener } from './events.ts';

export interface RunOptions {
  readonly engine: Engine;
  readonly engineOptions: EngineOptions;
  /** Non-negative safe integer: every random number of the run follows from it. */
  readonly seed: number;
  /** Hash of the canonical program. */
  readonly programHash: string;
  /** The `--set` values, as written, for the record. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Loaded images by tasks block (`loadResident`). */
  readonly resident: ReadonlyMap<string, ResidentImages>;
  /** Asks the run to stop at the end of the current step. */
  readonly signal?: AbortSignal;
  readonly listener?: Listener;
}

export interface TrainOptions extends RunOptions {
  readonly folder: string;
  /** Go on with the run in `folder`, from its last checkpoint or, without one, from the start. */
  readonly resume?: boolean;
  /** Text of the spec, kept with the run. */
  readonly spec?: string;
  /** Outer steps between checkpoints; by default only time decides. */
  readonly checkpointSteps?: number;
  /** Seconds between checkpoints; default 60. */
  readonly checkpointSeconds?: number;
  /** Outer steps between lines of metrics.jsonl; by default about 2,000 lines for a run. */
  readonly logEvery?: number;
}

export interface EvaluateOptions extends RunOptions {
  /** Path of a checkpoint; undefined for the initial weights, of a program that trains nothing. */
  readonly checkpoint: string | undefined;
  /** Where result.json is written. */
  readonly folder?: string;
  /** Sees each report's value in every episode: episode i of equal protocols and seeds is the same. */
  readonly onValues?: (label: string, values: readonly number[]) => void;
}
