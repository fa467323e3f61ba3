/** @file A forecast of the memory of a process that trains and evaluates on the default engine, from the program alone. */
import type { EntryFunction, Program } from './compiler/ir/ir.ts';
import { bytesOf } from './compiler/ir/tensor-type.ts';
import type { Footprint } from './compiler/optimize/cost.ts';
import { beginsAtOnce, type Lockstep } from './runtime/engines/onnx/lockstep-functions.ts';
import { workSharing } from './runtime/engines/onnx/onnx-engine.ts';
import { plannedBytes } from './runtime/engines/onnx/planned-memory.ts';

// Measured: bench/NOTES.md.
/** Bytes of Node, the compiler and the runtime's library. */
const PROCESS = 130e6;
/** Of the compiler's heap, for each node of the program without a bound, which is compiled first. */
const COMPILED = 9e3;
/** Of a worker thread: its heap, and the runtime's. */
const WORKER = 15e6;
/** Of a model in the runtime, and of each of its nodes. */
const MODEL = 5e6;
const NODE = 9e3;
/** Images are read and turned before they are held. */
const READING = 1.6;
/** The runtime's allocator takes more from the system than it hands out: pieces between buffers fit nothing. */
const SPREAD = 1.2;

/**
 * Resident bytes of the process at its largest. Training and the evaluation follow each other, and give back what they held.
 * @param compiled the largest program that the process has compiled
 * @param threads as `--threads`; undefined: the machine's
 */
export function onnxFootprint(program: Program, compiled: Program, threads?: number): Footprint {
  const { lockstep, entries: shared, workers } = workSharing(program, threads);
  const calls = callsOf(program);
  const models = lockstep === undefined ? new Map<string, number>() : modelsOf(lockstep);
  const ofEntry = (entry: EntryFunction): number => {
    const copies = shared.has(entry) ? Math.min(workers, calls.get(entry.name) ?? 1) : (models.get(entry.name) ?? 1);
    return copies * (MODEL + NODE * entry.body.nodes.length + SPREAD * plannedBytes(entry.body));
  };
  const replicas = lockstep?.replicas ?? 0;
  const atOnce = { training: Math.max(workers, replicas), 'the evaluation': workers };
  // Each puts its functions together by itself.
  const heldByReplicas =
    replicas * (lockstep?.blocks ?? []).reduce((sum, { begin, end }) => sum + nodesOf({ functions: [begin.entry, end] }), 0);
  const threadsBeside = replicas + (workers > 1 ? workers : 0);
  const isEvaluation = ({ name }: EntryFunction): boolean => name === program.evaluate?.entry;
  const phases = [
    { name: 'training' as const, entries: program.functions.filter((entry) => entry.name !== 'initialize' && !isEvaluation(entry)) },
    { name: 'the evaluation' as const, entries: program.functions.filter(isEvaluation) },
  ].map(({ name, entries }) => ({
    name: `${name} (${Math.max(1, ...entries.map(({ tasks }) => tasks))} tasks a call, ${atOnce[name]} at a time)`,
    bytes: entries.reduce((sum, entry) => sum + ofEntry(entry), 0),
  }));
  const largest = phases.reduce((most, phase) => (phase.bytes > most.bytes ? phase : most));
  const data = new Map(
    program.functions.flatMap(({ inputs }) =>
      inputs.flatMap((one) => (one.kind === 'data' ? [[one.name, bytesOf(one.type)] as const] : [])),
    ),
  );
  const kept = [...program.weights, ...program.state].reduce((sum, { type }) => sum + bytesOf(type), 0);
  const parts: readonly (readonly [string, number])[] = [
    [largest.name, largest.bytes],
    ['the data', READING * [...data.values()].reduce((sum, bytes) => sum + bytes, 0)],
    ['weights and states', (2 + workers + replicas) * kept],
    ['the process itself', PROCESS + COMPILED * (nodesOf(compiled) + heldByReplicas) + threadsBeside * WORKER],
  ];
  return { bytes: parts.reduce((sum, [, bytes]) => sum + bytes, 0), parts };
}

/** Of all replicas together: small steps have a model that begins one after the one before, one that begins the first, and one for further calls. */
function modelsOf({ replicas, blocks }: Lockstep): ReadonlyMap<string, number> {
  return new Map(
    blocks.flatMap((block) => [
      [block.begin.entry.name, replicas * (beginsAtOnce(block) ? (block.calls > replicas ? 3 : 2) : 1)] as const,
      [block.end.name, replicas] as const,
    ]),
  );
}

function nodesOf({ functions }: Pick<Program, 'functions'>): number {
  return functions.reduce((sum, { body }) => sum + body.nodes.length, 0);
}

/** Calls of each entry that follow each other without a change of the weights. */
function callsOf(program: Program): ReadonlyMap<string, number> {
  const calls = new Map<string, number>();
  const note = (name: string | undefined, tasks: number): void => {
    const entry = program.functions.find((one) => one.name === name);
    if (entry !== undefined) calls.set(entry.name, Math.ceil(tasks / Math.max(1, entry.tasks)));
  };
  for (const { accumulate, batch, validate } of program.train) {
    note(accumulate, batch);
    if (validate !== undefined) note(validate.entry, validate.episodes);
  }
  if (program.evaluate !== undefined) note(program.evaluate.entry, program.evaluate.episodes);
  return calls;
}
