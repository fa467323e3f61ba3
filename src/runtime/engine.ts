/** @file What every engine implements: compile a program, keep its weights and state resident, run its functions. */
import type { Program } from '../compiler/ir/ir.ts';
import type { Tensor } from './tensor.ts';

export type Tensors = ReadonlyMap<string, Tensor>;

export interface EngineOptions {
  /** CPU threads; undefined lets the engine choose by the size of the problem. */
  readonly threads?: number;
}

export interface Availability {
  readonly available: boolean;
  /** Version and device if available, else the reason and what to do. */
  readonly detail: string;
  /** Live memory of one call that the device takes well, in bytes; undefined where it is a CPU's. */
  readonly chunkBytes?: number | undefined;
  /** Processors that can share the tasks of a step, each with a call of its own; undefined where calls are not shared so. */
  readonly processors?: number | undefined;
}

/** How many processors share the tasks of a step: those of the engine, or as many threads as were asked for where it shares them at all. */
export function processorsFor({ processors }: Pick<Availability, 'processors'>, threads: number | undefined): number | undefined {
  return processors === undefined ? undefined : (threads ?? processors);
}

export interface Engine {
  readonly name: string;
  /** Bytes of a float: 4 or 8. */
  readonly floatBytes: 4 | 8;
  /** Of matrix products and convolutions, where it is not that of a float: `tf32`. */
  readonly precision?: string;
  probe(): Promise<Availability>;
  /** Why `auto` should not take this engine though it may work; undefined where it may. */
  unfitForAuto?(): Promise<string | undefined>;
  /** Compiles every entry function but `initialize`. Refuses, in one LimitationError, a program with primitives it lacks. */
  compile(program: Program, options: EngineOptions): Promise<Session>;
}

/** A call of an entry function. */
export interface EntryCall {
  readonly entry: string;
  /** Its draws and examples. */
  readonly inputs: Tensors;
}

/** What a session does whose replicas share the calls of a step: it takes steps whole, from the first of their calls to the one that completes them. */
export interface StepSharing {
  /** How many steps that begin with this entry function are worth handing over at once; 0 where its calls are better given one by one. */
  atOnce(entry: string): number;
  /** What `run` gives for each of `calls`, in this order: those of one whole step after the other. */
  run(calls: readonly EntryCall[]): Promise<readonly Tensors[]>;
}

/**
 * A compiled program with resident weights, state and data sets. A call may be made before earlier ones have ended: the effect is that of
 * one after the other, up to the grouping of the sums in accumulators, which is the same every time.
 */
export interface Session {
  /** How many calls are worth having under way at once; 1 where they run one after the other anyway. */
  readonly parallel: number;
  /** Sets resident tensors by name: weights, state, `data` inputs. Float data of either width is converted. */
  write(tensors: Tensors): Promise<void>;
  /** Copies resident tensors to the host. */
  read(names: readonly string[]): Promise<Tensors>;
  /**
   * Runs an entry function. `inputs` holds its draws and examples; weights, state and data are the resident ones. Results named
   * after a weight or state replace it; the others are returned.
   */
  run(entry: string, inputs: Tensors): Promise<Tensors>;
  /** How many calls of an entry function are worth handing over at once; 1 where crossing into the engine costs little beside the work. */
  callsAtOnce(entry: string): number;
  /** What `run` gives for each of `calls`, in this order. An engine that can, crosses over once for all of them. */
  runMany(entry: string, calls: readonly Tensors[]): Promise<readonly Tensors[]>;
  readonly sharing?: StepSharing;
  /** Tells which entry functions will be called soon: an engine may make them ready while data are read and sent. Never fails: the calls do. */
  anticipate?(entries: readonly string[]): void;
  dispose(): Promise<void>;
}

/** `runMany` of an engine that crosses over for each call. */
export function runOneByOne(session: Session, entry: string, calls: readonly Tensors[]): Promise<readonly Tensors[]> {
  // All are asked for at once: what is asked for after them comes after them.
  return Promise.all(calls.map((inputs) => session.run(entry, inputs)));
}
