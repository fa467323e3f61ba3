/**
 * @file How many threads a graph is worth, and how many calls of it are handed over together: to wake a second thread and to cross from
 * JavaScript into the runtime takes microseconds, which small graphs never earn back.
 */
import type { Func } from '../../../compiler/ir/ir.ts';
import { arithmeticOf } from '../arithmetic.ts';

/** Work of a call below which one thread is faster (measured, bench/NOTES.md). */
export const SINGLE_THREAD_WORK = 2e7;

/** Replicas and workers: each keeps tensors of its own, and a step rarely has more calls than this. */
export const MOST_THREADS = 8;

export function chooseThreads(body: Func, asked: number | undefined, processors: number): number {
  if (asked !== undefined) return asked;
  return arithmeticOf(body) < SINGLE_THREAD_WORK ? 1 : processors;
}

/** A call costs JavaScript and the runtime 0.05-0.1 ms beside its work (bench/NOTES.md): below this many milliseconds that counts. */
const SMALL_CALL = 2;
/** Milliseconds of work that are handed over at once: short enough for Ctrl-C and a progress display. */
const HANDED_OVER = 40;
const MOST_CALLS = 100;
/** Rough rates of one core: operations in a millisecond, and milliseconds for a node however small. */
const RATE = 5e7;
const NODE = 0.001;

/** How many calls of an entry function are worth handing over at once. */
export function callsAtOnce(body: Func): number {
  return stepsAtOnce(body, 1);
}

/** How many steps of `calls` calls one after the other are. */
export function stepsAtOnce(body: Func, calls: number): number {
  return isSmall(body) ? Math.max(1, Math.min(MOST_CALLS, Math.floor(HANDED_OVER / (calls * milliseconds(body))))) : 1;
}

/** Whether what a call costs beside its arithmetic counts: crossing over, and an allocation for each node. */
export function isSmall(body: Func): boolean {
  return milliseconds(body) <= SMALL_CALL;
}

/** What a call takes on one thread, roughly. */
function milliseconds(body: Func): number {
  return arithmeticOf(body) / RATE + body.nodes.length * NODE;
}
