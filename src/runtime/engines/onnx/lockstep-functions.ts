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
import { ACCUMULATOR, isIndependent, type LocalEntry, localEntry } from './parallel-entries.ts';

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

/** A train block whose steps replicas share: each makes one call of `begin`, then all of them one of `end`. */
export interface LockstepBlock {
  readonly begin: LocalEntry;
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

/**
 * Undefined for a program whose steps are not one call for each of several replicas, `threads` at most: then each thread has several calls a step
 * to do one after the other, or no two have any.
 */
export function lockstepOf(program: Program, threads: number): Lockstep | undefined {
  const resident = [...program.weights, ...program.state];
  const names = new Set(resident.map(({ name }) => name));
  const blocks = program.train.map((plan) => blockOf(plan, program, names));
  const replicas = blocks[0]?.replicas ?? 0;
  if (replicas < 2 || replicas > threads) return undefined;
  const agreed: LockstepBlock[] = [];
  for (const found of blocks) {
    if (found?.replicas !== replicas) return undefined;
    agreed.push(found.block);
  }
  const replaced = new Set(agreed.flatMap(({ end }) => end.body.results.map(({ name }) => name)));
  const used = new Set(
    agreed.flatMap(({ begin, end }) => [begin.entry, end].flatMap(({ body }) => body.parameters.map(({ name }) => name))),
  );
  const own = resident.filter(({ name }) => !name.startsWith(ACCUMULATOR));
  return {
    name: program.name,
    replicas,
    kept: new Packing(own.filter(({ name }) => replaced.has(name))),
    fixed: own.filter(({ name }) => used.has(name) && !replaced.has(name)),
    blocks: agreed,
  };
}

function blockOf(
  { accumulate, apply, batch }: TrainPlan,
  { functions, state }: Program,
  resident: ReadonlySet<string>,
): { readonly replicas: number; readonly block: LockstepBlock } | undefined {
  const begin = functions.find(({ name }) => name === accumulate);
  const end = functions.find(({ name }) => name === apply);
  if (begin === undefined || end === undefined || end.inputs.length > 0 || !isIndependent(begin, resident)) return undefined;
  const summed = new Set(begin.body.results.map(({ name }) => name));
  const sums = new Packing(state.filter(({ name }) => summed.has(name)));
  const metrics = end.body.results.filter(({ name }) => !resident.has(name)).map(({ name, value }) => ({ name, type: value.type }));
  if ([...sums.tensors, ...metrics].some(({ type }) => type.dtype !== 'float')) return undefined;
  const block = { begin: localEntry(begin), end, sums, metrics: new Packing(metrics) };
  return { replicas: Math.ceil(batch / begin.tasks), block };
}

/** Parameters of a replica's functions besides fixed weights and states, and what its calls are supplied with. No spec has such names. */
export const KEPT = 'replica/kept';
export const SUMS = 'replica/sums';
/** Their results. */
export const KEPT_NEXT = 'replica/kept.next';
export const SUMS_NEXT = 'replica/sums.next';
export const METRICS = 'replica/metrics';

/**
 * `ended`: the block whose step is ended first, from KEPT and SUMS, float [replicas, …], to KEPT_NEXT and METRICS. `begun`: the block whose step is
 * then begun with one replica's tasks, to SUMS_NEXT.
 */
export function replicaFunction(lockstep: Lockstep, ended: LockstepBlock | undefined, begun: LockstepBlock | undefined): EntryFunction {
  const builder = new FunctionBuilder();
  const fixed = lockstep.fixed.map(({ name, type }): [string, Value] => [name, builder.parameter(name, type)]);
  const results: { name: string; value: Value }[] = [];
  let kept = builder.parameter(KEPT, lockstep.kept.type);
  if (ended !== undefined) {
    const before = lockstep.kept.unpack(builder, kept);
    const sums = builder.sum(builder.parameter(SUMS, tensorType('float', [lockstep.replicas, ended.sums.size])), [0]);
    const given = new Map([...fixed, ...before, ...ended.sums.unpack(builder, sums)]);
    const found = inlined(builder, ended.end.body, (name) => tensorNamed(given, name));
    kept = lockstep.kept.pack(builder, new Map([...before, ...found]));
    results.push({ name: KEPT_NEXT, value: kept });
    results.push({ name: METRICS, value: ended.metrics.pack(builder, found) });
  }
  if (begun !== undefined) {
    // Taken from the flat tensor even where it was just made: what begins is then the same graph with a step before it and without, and rounds alike.
    const known = new Map([...fixed, ...lockstep.kept.unpack(builder, kept)]);
    const { body } = begun.begin.entry;
    const empty = new Map(begun.sums.tensors.map(({ name, type }) => [name, builder.constant(0, type.shape)]));
    const types = new Map(body.parameters.map(({ name, value }) => [name, value.type]));
    const found = inlined(
      builder,
      body,
      (name) => known.get(name) ?? empty.get(name) ?? builder.parameter(name, types.get(name) as TensorType),
    );
    results.push({ name: SUMS_NEXT, value: begun.sums.pack(builder, found) });
  }
  return { name: 'replica', body: builder.finish(results), tasks: 0, inputs: [] };
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
