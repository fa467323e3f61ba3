/** @file How many calls of an entry function go into one dispatch, and whether a dispatch is started on another thread. */
import type { EntryFunction, Func, Program } from '../../../compiler/ir/ir.ts';
import { sizeOf } from '../../../compiler/ir/tensor-type.ts';
import { arithmeticOf } from '../arithmetic.ts';

export interface Pace {
  /** Calls in one dispatch. */
  readonly callsAtOnce: number;
  /** Milliseconds that one call takes, roughly. */
  readonly milliseconds: number;
}

/** Rough rates: operations in a millisecond, and milliseconds for an operation of XLA's however small. */
interface Rates {
  readonly operations: number;
  readonly node: number;
}

/** About three nodes of the IR become one operation of XLA's. */
const CPU: Rates = { operations: 5e7, node: 0.0003 };
/** Of a kernel on a GPU, its launch is what takes time. */
const ACCELERATOR: Rates = { operations: 5e9, node: 0.001 };

/** A dispatch costs JavaScript and the plugin about 0.1 ms: where a call takes longer than this, that does not count. */
const SMALL_CALL = 2;
/** Milliseconds of work in one dispatch: short enough for Ctrl-C and a progress display. */
const HANDED_OVER = 50;
const MOST_CALLS = 100;
/** What is sent ahead for all calls of a dispatch. */
const MOST_INPUT_BYTES = 64 * 2 ** 20;
/** A dispatch that takes longer than this is started on another thread: plugins compute small programs, and some all, before they return. */
const MOST_HELD_UP = 1;

/** Work of a call that two threads of a CPU compute no sooner than one (bench/NOTES.md). */
const SINGLE_THREAD_WORK = 8e6;

/** Threads of a CPU that the steps of a program are worth; undefined: all. */
export function threadsFor({ functions, train }: Program): 1 | undefined {
  const steps = new Set(train.flatMap(({ step, accumulate }) => [step, accumulate]));
  const trained = functions.filter(({ name }) => steps.has(name));
  return trained.length > 0 && trained.every(({ body }) => arithmeticOf(body) < SINGLE_THREAD_WORK) ? 1 : undefined;
}

/** Of an entry that takes one step after the other; others are called one by one. */
export function paceOf(entry: EntryFunction, onCpu: boolean): Pace {
  const milliseconds = estimated(entry.body, onCpu ? CPU : ACCELERATOR);
  if (milliseconds > SMALL_CALL) return { callsAtOnce: 1, milliseconds };
  const inputs = entry.inputs.filter(({ kind }) => kind !== 'data').map(({ type }) => 4 * sizeOf(type.shape));
  const bytes = inputs.reduce((sum, size) => sum + size, 0);
  const most = Math.min(MOST_CALLS, HANDED_OVER / milliseconds, MOST_INPUT_BYTES / Math.max(1, bytes));
  return { callsAtOnce: Math.max(1, Math.floor(most)), milliseconds };
}

export function startsAside(milliseconds: number): boolean {
  return milliseconds > MOST_HELD_UP;
}

function estimated(body: Func, rates: Rates): number {
  return arithmeticOf(body) / rates.operations + body.nodes.length * rates.node;
}
