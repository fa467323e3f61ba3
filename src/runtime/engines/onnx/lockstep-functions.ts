/**
 * @file The functions of replicas that train in lockstep. A step is cut where its calls meet: a replica first ends the step before, from the sums of
 * all replicas, then begins the next with its own tasks. All of them hold the same weights and states, bit by bit, and only sums are exchanged.
 *
 * A tensor that crosses into ONNX Runtime costs a call 3 us (bench/NOTES.md), so weights, states and sums are one flat tensor each.
 */
import { InternalError } from '../../../compiler/diagnostics/internal-error.ts';
import { FunctionBuilder } from '../../../compiler/ir/build.ts';
import type { EntryFunction, Func, Program, TrainPlan, Value } from '../../../compiler/ir/ir.ts';
import { sizeOf, type TensorType, tensorType } from '../../../compiler/ir/tensor-type.ts';
import type { Tensors } from '../../engine.ts';
import { ACCUMULATOR, type LocalEntry, localEntry } from './parallel-entries.ts';
import { isSmall, MOST_THREADS } from './thread-choice.ts';

/** Tensors side by side in one flat tensor. */
export class Packing {
  readonly tensors: readonly { readonly name: string; readonly type: TensorType; readonly start: number }[];
  readonly size: number;

  constructor(tensors: readonly { readonly name: string; readonly type: TensorType }[]) {
    let size = 0;
    this.tensors = tensors.map(({ name, type }) => {
      const start = size;
      size += sizeOf(type.shape);
      return { name, type, start };
    });
    this.size = size;
  }

  get type(): TensorType {
    return tensorType('float', [this.size]);
  }

  /** The tensors in `flat` as copies. */
  split(flat: Float32Array): Tensors {
    return new Map(this.tensors.map(({ name, type, start }) => [name, { ...type, data: flat.slice(start, start + sizeOf(type.shape)) }]));
  }

  unpack(builder: FunctionBuilder, flat: Value): Map<string, Value> {
    return new Map(
      this.tensors.map(({ name, type, start }) => {
        const part = builder.emit('slice', [flat], { start: [start], limit: [start + sizeOf(type.shape)], strides: [1] });
        return [name, builder.reshape(part, type.shape)];
      }),
    );
  }

  pack(builder: FunctionBuilder, values: ReadonlyMap<string, Value>): Value {
    const parts = this.tensors.map(({ name, type }) => builder.reshape(tensorNamed(values, name), [sizeOf(type.shape)]));
    return builder.emit('concatenate', parts, { dimension: 0 });
  }
}

/** A train block whose steps replicas share: each makes some of the calls of `begin`, then all of them one of `end`. */
export interface LockstepBlock {
  readonly begin: LocalEntry;
  /** Calls of `begin` in a step. */
  readonly calls: number;
  readonly end: EntryFunction;
  readonly sums: Packing;
  readonly metrics: Packing;
}

export interface Lockstep {
  readonly name: string;
  readonly replicas: number;
  /** Weights and states that steps replace. */
  readonly kept: Packing;
  /** Those that they only read. */
  readonly fixed: readonly { readonly name: string; readonly type: TensorType }[];
  readonly blocks: readonly LockstepBlock[];
}

/** Undefined where a step is one call, or there is one thread. */
export function lockstepOf(program: Program, threads: number): Lockstep | undefined {
  const resident = [...program.weights, ...program.state];
  const names = new Set(resident.map(({ name }) => name));
  const blocks = program.train.flatMap((plan) => blockOf(plan, program, names) ?? []);
  const replicas = Math.min(threads, MOST_THREADS, ...blocks.map(({ calls }) => calls));
  if (replicas < 2 || blocks.length === 0 || blocks.length < program.train.length) return undefined;
  const replaced = new Set(blocks.flatMap(({ end }) => end.body.results.map(({ name }) => name)));
  const used = new Set(
    blocks.flatMap(({ begin, end }) => [begin.entry, end].flatMap(({ body }) => body.parameters.map(({ name }) => name))),
  );
  const own = resident.filter(({ name }) => !name.startsWith(ACCUMULATOR));
  return {
    name: program.name,
    replicas,
    kept: new Packing(own.filter(({ name }) => replaced.has(name))),
    fixed: own.filter(({ name }) => used.has(name) && !replaced.has(name)),
    blocks,
  };
}

function blockOf(
  { accumulate, apply, batch }: TrainPlan,
  { functions, state }: Program,
  resident: ReadonlySet<string>,
): LockstepBlock | undefined {
  const begin = functions.find(({ name }) => name === accumulate);
  const end = functions.find(({ name }) => name === apply);
  if (begin === undefined || end === undefined || end.inputs.length > 0) return undefined;
  const summed = new Set(begin.body.results.map(({ name }) => name));
  const sums = new Packing(state.filter(({ name }) => summed.has(name)));
  const metrics = end.body.results.filter(({ name }) => !resident.has(name)).map(({ name, value }) => ({ name, type: value.type }));
  if ([...sums.tensors, ...metrics].some(({ type }) => type.dtype !== 'float')) return undefined;
  return { begin: localEntry(begin), calls: Math.ceil(batch / begin.tasks), end, sums, metrics: new Packing(metrics) };
}

/** What a replica keeps besides fixed weights and states; no spec has such names. Float, flat. */
export const KEPT = 'replica/kept';

/** Sums of a replica's own calls of a block's step. */
export function ownOf(block: number): string {
  return `replica/own/${block}`;
}

/** Sums of all replicas: float [replicas, …]. */
export function sumsOf(block: number): string {
  return `replica/sums/${block}`;
}

/** The result that has a step's metrics. */
export const METRICS = 'replica/metrics';

/** What one call of a replica does. Blocks are meant by their index. */
export interface ReplicaCall {
  /** The block whose step is ended first: from `sumsOf` it to KEPT and METRICS. */
  readonly ended: number | undefined;
  /** The block of which some tasks are then computed, from KEPT and their inputs to `ownOf` it. */
  readonly begun: number | undefined;
  /** Whether these are added to what is in there. */
  readonly adds: boolean;
}

/** Names the function of a call. */
export function callName({ ended, begun, adds }: ReplicaCall): string {
  return `replica/${ended ?? ''}/${begun ?? ''}${adds ? '/adds' : ''}`;
}

/** Whether a step of the block is small enough to begin in the call that ends the one before. Others take what weights alone give out of their calls. */
export function beginsAtOnce({ begin }: LockstepBlock): boolean {
  return isSmall(begin.entry.body);
}

/** The functions of a replica, as a program: resident are KEPT, the sums, and what is fixed. */
export function replicaProgram(lockstep: Lockstep): Program {
  const { name, replicas, kept, fixed, blocks } = lockstep;
  const all = blocks.map((_, index) => index);
  const calls = all.flatMap((begun): readonly ReplicaCall[] => {
    const block = blocks[begun] as LockstepBlock;
    const adding = { ended: undefined, begun, adds: true };
    if (!beginsAtOnce(block)) return [adding];
    const first = [undefined, ...all].map((ended) => ({ ended, begun, adds: false }));
    return block.calls > replicas ? [...first, adding] : first;
  });
  const ends = all.map((ended) => ({ ended, begun: undefined, adds: false }));
  const own = blocks.flatMap(({ sums }, index) => [
    { name: ownOf(index), type: sums.type },
    { name: sumsOf(index), type: tensorType('float', [replicas, sums.size]) },
  ]);
  return {
    format: 'metac-ir',
    version: 1,
    name,
    weights: [{ name: KEPT, type: kept.type }, ...fixed, ...own],
    state: [],
    sources: [],
    functions: [...calls, ...ends].map((call) => replicaFunction(lockstep, call)),
    train: [],
    evaluate: undefined,
    protocol: {},
  };
}

function replicaFunction(lockstep: Lockstep, call: ReplicaCall): EntryFunction {
  const builder = new FunctionBuilder();
  const fixed = lockstep.fixed.map(({ name, type }): [string, Value] => [name, builder.parameter(name, type)]);
  const results: { name: string; value: Value }[] = [];
  let kept = builder.parameter(KEPT, lockstep.kept.type);
  if (call.ended !== undefined) {
    const { end, sums, metrics } = lockstep.blocks[call.ended] as LockstepBlock;
    const before = lockstep.kept.unpack(builder, kept);
    const whole = builder.sum(builder.parameter(sumsOf(call.ended), tensorType('float', [lockstep.replicas, sums.size])), [0]);
    const given = new Map([...fixed, ...before, ...sums.unpack(builder, whole)]);
    const found = inlined(builder, end.body, (name) => tensorNamed(given, name));
    kept = lockstep.kept.pack(builder, new Map([...before, ...found]));
    results.push({ name: KEPT, value: kept }, { name: METRICS, value: metrics.pack(builder, found) });
  }
  if (call.begun !== undefined) {
    const { begin, sums } = lockstep.blocks[call.begun] as LockstepBlock;
    // Taken from the flat tensor even where it was just made: what begins is then the same graph with a step before it and without, and rounds alike.
    const known = new Map([...fixed, ...lockstep.kept.unpack(builder, kept)]);
    const before = call.adds
      ? sums.unpack(builder, builder.parameter(ownOf(call.begun), sums.type))
      : new Map(sums.tensors.map(({ name, type }) => [name, builder.constant(0, type.shape)]));
    const { body } = begin.entry;
    const types = new Map(body.parameters.map(({ name, value }) => [name, value.type]));
    const argument = (name: string): Value => known.get(name) ?? before.get(name) ?? builder.parameter(name, types.get(name) as TensorType);
    results.push({ name: ownOf(call.begun), value: sums.pack(builder, inlined(builder, body, argument)) });
  }
  return { name: callName(call), body: builder.finish(results), tasks: 0, inputs: [] };
}

/** The results of `body` by name, with parameters as `argument` says. */
function inlined(builder: FunctionBuilder, body: Func, argument: (name: string) => Value): Map<string, Value> {
  const values = builder.inline(
    body,
    body.parameters.map(({ name }) => argument(name)),
  );
  return new Map(body.results.map(({ name }, index) => [name, values[index] as Value]));
}

function tensorNamed(values: ReadonlyMap<string, Value>, name: string): Value {
  const value = values.get(name);
  if (value === undefined) throw new InternalError(`replicas have no tensor '${name}'`);
  return value;
}
