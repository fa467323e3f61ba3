/**
 * @file How many tasks a call takes, by what their live tensors need: as many as keep them within a limit. Small problems then run whole, which saves
 * calls; large ones run task by task, which keeps their activations in cache.
 */
import type { Model } from './check/model.ts';
import type { EntryFunction, Func, Program } from './ir/ir.ts';
import { regionOf } from './ir/region.ts';
import { bytesOf } from './ir/tensor-type.ts';
import type { LowerOptions } from './lower/lower.ts';
import { costOf } from './optimize/cost.ts';

export interface ChunkOptions {
  /** Devices that share the tasks of a step, each with whole calls: no larger part of the step is chosen than each can have. */
  readonly devices?: number;
  /** Processors that do the same where a step is worth it: where each has enough to do to wait for the others at the end. */
  readonly processors?: number | undefined;
  /** Live memory of one call that the device takes well; undefined: what fits the caches of a CPU. */
  readonly chunkBytes?: number;
}

/** Live memory of one call that still fits the caches of one core pair; measured in bench/NOTES.md. */
const cacheBytes = 8 * 2 ** 20;
/** The same with recurrences: a step of one costs hardly more for many tasks than for few, which is worth leaving the caches. */
const recurrentChunkBytes = 512 * 2 ** 20;

/** Peak memory of a compiled call in bytes of all values of its lowered form, derivatives to come: 0.2 to 0.5 in specs/, less with long loops. */
const usualPeakShare = 0.3;

/** Arithmetic of a processor's share of a step, in operations of the lowered program, that is worth meeting the others after it: some 0.3 ms (bench/NOTES.md). */
const leastShare = 1e7;
/** Of each execution of a node for the whole step: a smaller one takes hardly less time for half of the tasks, as in recurrences. */
const leastExecution = 1.5e4;
/** Weights that a core's own cache holds: a recurrence reads larger ones at every turn from elsewhere, however many tasks it is for. */
const rereadBytes = 2 ** 20;

/**
 * The most tasks that a call can have: those of the largest step, shared by the devices or the processors. `lowered`: the program of one task.
 */
export function wholeBatch({ train, evaluate }: Model, lowered: Program, options: ChunkOptions): Required<LowerOptions> {
  const { devices = 1 } = options;
  const batch = Math.max(1, ...train.map((block) => block.batch), ...(train.length === 0 ? [evaluate?.episodes ?? 1] : []));
  const each = Math.ceil(batch / devices);
  const processors = busyProcessors(lowered, each, options);
  return { chunk: Math.ceil(each / processors), reportChunk: each, spread: devices * processors > 1 };
}

/** How many processors have enough to do with a share of each step. Steps of blocks with different batches would leave some of them without. */
function busyProcessors({ train, functions, weights }: Program, tasks: number, { processors = 1 }: ChunkOptions): number {
  if (processors === 1 || train.some(({ batch }) => batch !== train[0]?.batch)) return 1;
  const trained = functions.filter(({ name }) => train.some(({ step, accumulate }) => name === step || name === accumulate));
  const large = weights.reduce((total, { type }) => total + bytesOf(type), 0) > rereadBytes;
  const shares = trained.map(({ body, tasks: one }) => {
    const work = (costOf(body).flops / one) * tasks;
    return work / executionsOf(body) < leastExecution || (large && recurs(body)) ? 1 : Math.floor(work / leastShare);
  });
  return Math.max(1, Math.min(processors, tasks, ...shares));
}

/** How many nodes a call executes, roughly; those that cost nothing do not count. */
function executionsOf(body: Func): number {
  return body.nodes.reduce((total, node) => {
    const region = regionOf(node);
    if (region === undefined) return node.op === 'reshape' || node.op === 'broadcast_in_dim' || node.op === 'constant' ? total : total + 1;
    // Reverse mode adds a node or two for each.
    return total + (node.op === 'scan' ? node.attributes.length : node.op === 'gradient' ? 3 : 1) * executionsOf(region);
  }, 0);
}

/** Whether it is worth compiling for whole batches at once, and then asking `fits`; from the lowered program of one task. A guess, which costs next to nothing. */
export function likelyFits(lowered: Program, { reportChunk }: Required<LowerOptions>, { chunkBytes }: ChunkOptions): boolean {
  if (reportChunk === 1) return false;
  const bytes = limitOf(lowered, chunkBytes);
  return judged(lowered, false).every((entry) => reportChunk * usualPeakShare * valueBytes(entry.body) <= bytes);
}

/** Whether every call of a compiled program keeps its live tensors within the limit. */
export function fits(program: Program, { chunkBytes }: ChunkOptions): boolean {
  const bytes = limitOf(program, chunkBytes);
  return program.functions.every((entry) => entry.tasks === 0 || liveBytes(entry) <= bytes);
}

/** From a program of one task. Evaluation may need more memory for a task, for its samples or larger sets. */
export function chooseChunks(single: Program, whole: Required<LowerOptions>, { chunkBytes }: ChunkOptions): Required<LowerOptions> {
  const bytes = limitOf(single, chunkBytes);
  const fitting = (most: number, among: readonly EntryFunction[]): number =>
    Math.max(1, Math.min(most, Math.floor(bytes / Math.max(1, ...among.map(liveBytes)))));
  const most = fitting(whole.reportChunk, judged(single, false));
  return {
    chunk: Math.min(whole.chunk, most),
    reportChunk: fitting(most, judged(single, true)),
    spread: whole.spread && whole.chunk <= most,
  };
}

/** Entries with tasks that report, or those that train; without any training all of them count as the latter. */
function judged(program: Program, reporting: boolean): readonly EntryFunction[] {
  const reports = new Set([program.evaluate?.entry, ...program.train.map(({ validate }) => validate?.entry)]);
  const all = program.train.length === 0 && !reporting;
  return program.functions.filter((entry) => entry.tasks > 0 && (all || reports.has(entry.name) === reporting));
}

function limitOf(program: Program, chunkBytes: number | undefined): number {
  const recurrent = (): boolean => program.functions.some((entry) => entry.tasks > 0 && recurs(entry.body));
  return chunkBytes ?? (recurrent() ? recurrentChunkBytes : cacheBytes);
}

/** Whether there is a scan, at whatever depth: before batching tasks are regions. */
function recurs(body: Func): boolean {
  return body.nodes.some((node) => {
    const region = regionOf(node);
    return node.op === 'scan' || (region !== undefined && recurs(region));
  });
}

/** Peak memory of one call without the data sets that stay with the engine. */
function liveBytes(entry: EntryFunction): number {
  const inputs = new Set(entry.inputs.filter((input) => input.kind !== 'data').map((input) => input.name));
  const resident = entry.body.parameters.filter((parameter) => !inputs.has(parameter.name));
  return costOf(entry.body).peakBytes - resident.reduce((total, { value }) => total + bytesOf(value.type), 0);
}

/** All values together, those of regions once. */
function valueBytes(body: Func): number {
  return body.nodes.reduce((total, node) => {
    const region = regionOf(node);
    const own = node.results.reduce((sum, { type }) => sum + bytesOf(type), 0);
    return total + own + (region === undefined ? 0 : valueBytes(region));
  }, 0);
}
