/** @file One of the replicas that train in lockstep: weights and states of its own, and its share of the tasks of every step. */
import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-common';
import { InternalError } from '../../../compiler/diagnostics/internal-error.ts';
import { emitOnnx, outputName } from '../../../compiler/emit/onnx/emit.ts';
import { type TensorType, tensorType } from '../../../compiler/ir/tensor-type.ts';
import type { Tensors } from '../../engine.ts';
import { suppliedTensor } from '../supplied.ts';
import { type OnnxRuntime, sessionOptions } from './compile-entries.ts';
import { KEPT, KEPT_NEXT, type Lockstep, type LockstepBlock, METRICS, replicaFunction, SUMS, SUMS_NEXT } from './lockstep-functions.ts';
import type { Meeting } from './meeting.ts';
import { ResidentTensors } from './resident-tensors.ts';
import { isSmall } from './thread-choice.ts';

/** One step of a block, as one replica is given it. */
export interface ReplicaStep {
  /** Index of the block. */
  readonly block: number;
  readonly inputs: Tensors;
}

type SuppliedData = Float32Array | Int32Array | Uint8Array;

/** A model that ends one step and begins the next, or one of both, with the tensors that it reads and writes. */
interface Prepared {
  readonly session: InferenceSession;
  readonly feeds: Record<string, OrtTensor>;
  readonly fetches: Record<string, OrtTensor>;
  /** Inputs of the step that begins, and where they are copied to: to make a tensor costs more. */
  readonly supplied: { readonly name: string; readonly type: TensorType; readonly data: SuppliedData }[];
  /** Whether it reads what changes place after each step. */
  readonly kept: boolean;
  readonly outputs: { readonly kept: string; readonly metrics: string; readonly sums: string };
}

const NONE: Tensors = new Map();

export class Replica {
  readonly #runtime: OnnxRuntime;
  readonly #lockstep: Lockstep;
  readonly #meeting: Meeting;
  readonly #resident: ResidentTensors;
  readonly #prepared = new Map<string, Prepared>();

  constructor(runtime: OnnxRuntime, lockstep: Lockstep, meeting: Meeting) {
    this.#runtime = runtime;
    this.#lockstep = lockstep;
    this.#meeting = meeting;
    this.#resident = new ResidentTensors(runtime.Tensor);
    this.#resident.declare(KEPT, lockstep.kept.type);
    for (const { name, type } of lockstep.fixed) this.#resident.declare(name, type);
  }

  /** Sets weights and states; all of them before the first step. */
  write(tensors: Tensors): void {
    const kept = this.#resident.current(KEPT).data as Float32Array;
    for (const [name, tensor] of tensors) {
      const place = this.#lockstep.kept.tensors.find((one) => one.name === name);
      if (place === undefined) this.#resident.write(name, tensor);
      else kept.set(tensor.data, place.start);
    }
  }

  /** The weights and states that steps replace. */
  read(): Tensors {
    return this.#lockstep.kept.split(this.#resident.current(KEPT).data as Float32Array);
  }

  /** Takes the steps together with the other replicas. For each step its block's metrics, as `Packing` lays them out. */
  async run(steps: readonly ReplicaStep[]): Promise<readonly Float32Array[]> {
    try {
      const metrics: Float32Array[] = [];
      let before: ReplicaStep | undefined;
      for (const step of [...steps, undefined]) {
        if (before !== undefined || step !== undefined) await this.#call(before, step, metrics);
        before = step;
      }
      return metrics;
    } catch (error) {
      this.#meeting.giveUp();
      throw error;
    }
  }

  async dispose(): Promise<void> {
    for (const { session } of this.#prepared.values()) await session.release();
    this.#prepared.clear();
    this.#resident.clear();
  }

  /** Ends one step and begins the next. The sums of all replicas are then where the call that ends it reads them. */
  async #call(ended: ReplicaStep | undefined, begun: ReplicaStep | undefined, metrics: Float32Array[]): Promise<void> {
    const key = `${ended?.block ?? ''} ${begun?.block ?? ''}`;
    const { session, feeds, fetches, supplied, kept, outputs } = this.#prepared.get(key) ?? (await this.#prepare(key, ended, begun));
    if (kept) feeds[KEPT] = this.#resident.current(KEPT);
    for (const { name, type, data } of supplied) data.set(suppliedTensor('replica', name, type, begun?.inputs ?? NONE).data);
    if (ended !== undefined) fetches[outputs.kept] = this.#resident.spare(KEPT);
    await session.run(feeds, fetches);
    if (ended !== undefined) {
      this.#resident.swap(KEPT);
      metrics.push(floatsOf(fetches, outputs.metrics).slice());
    }
    if (begun === undefined) return;
    const all = this.#sumsOf(begun.block, this.#block(begun)).data as Float32Array;
    this.#meeting.exchange(floatsOf(fetches, outputs.sums), all);
  }

  /** The sums of all replicas, where the call that ends a block's step reads them. */
  #sumsOf(index: number, { sums }: LockstepBlock): OrtTensor {
    const name = `${SUMS} ${index}`;
    this.#resident.declare(name, tensorType('float', [this.#lockstep.replicas, sums.size]));
    return this.#resident.current(name);
  }

  #block({ block }: ReplicaStep): LockstepBlock {
    const found = this.#lockstep.blocks[block];
    if (found === undefined) throw new InternalError(`there is no block ${block}`);
    return found;
  }

  async #prepare(key: string, ended: ReplicaStep | undefined, begun: ReplicaStep | undefined): Promise<Prepared> {
    const next = begun === undefined ? undefined : this.#block(begun);
    const entry = replicaFunction(this.#lockstep, ended === undefined ? undefined : this.#block(ended), next);
    const session = await this.#runtime.InferenceSession.create(emitOnnx(entry, this.#lockstep), {
      ...sessionOptions(1, 'cpu'),
      enableMemPattern: isSmall(entry.body),
    });
    const outputs = { kept: outputName(entry, KEPT_NEXT), metrics: outputName(entry, METRICS), sums: outputName(entry, SUMS_NEXT) };
    const prepared: Prepared = { session, feeds: {}, fetches: {}, supplied: [], kept: session.inputNames.includes(KEPT), outputs };
    const { feeds, fetches, supplied } = prepared;
    if (next !== undefined) fetches[outputs.sums] = this.#resident.allocate(next.sums.type);
    if (ended !== undefined) {
      fetches[outputs.metrics] = this.#resident.allocate(this.#block(ended).metrics.type);
      feeds[SUMS] = this.#sumsOf(ended.block, this.#block(ended));
    }
    const used = new Set(session.inputNames);
    for (const { name, value } of entry.body.parameters) {
      if (!used.has(name) || name === KEPT || name === SUMS) continue;
      const fixed = this.#resident.has(name);
      const tensor = fixed ? this.#resident.current(name) : this.#resident.allocate(value.type);
      feeds[name] = tensor;
      if (!fixed) supplied.push({ name, type: value.type, data: tensor.data as SuppliedData });
    }
    this.#prepared.set(key, prepared);
    return prepared;
  }
}

function floatsOf(tensors: Readonly<Record<string, OrtTensor>>, name: string): Float32Array {
  const tensor = tensors[name];
  if (tensor === undefined) throw new InternalError(`a replica has no tensor '${name}'`);
  return tensor.data as Float32Array;
}
