/** @file One of the replicas that train in lockstep: weights and states of its own, and its share of the tasks of every step. */
import { InternalError } from '../../../compiler/diagnostics/internal-error.ts';
import type { Tensors } from '../../engine.ts';
import type { Tensor } from '../../tensor.ts';
import { compileEntries, type OnnxRuntime } from './compile-entries.ts';
import { beginsAtOnce, callName, KEPT, type Lockstep, METRICS, ownOf, replicaProgram, sumsOf } from './lockstep-functions.ts';
import type { Meeting } from './meeting.ts';
import { OnnxSession } from './onnx-session.ts';

/** One step of a block, as one replica is given it. */
export interface ReplicaStep {
  /** Index of the block. */
  readonly block: number;
  /** Of each of its calls, at least one. */
  readonly calls: readonly Tensors[];
}

const NONE: Tensors = new Map();

export class Replica {
  readonly #lockstep: Lockstep;
  readonly #meeting: Meeting;
  readonly #session: OnnxSession;

  constructor(runtime: OnnxRuntime, lockstep: Lockstep, meeting: Meeting) {
    this.#lockstep = lockstep;
    this.#meeting = meeting;
    const program = replicaProgram(lockstep);
    this.#session = new OnnxSession(runtime, program, compileEntries(program, { threads: 1 }));
  }

  /** Sets weights and states; all of them before the first step. */
  async write(tensors: Tensors): Promise<void> {
    const { kept, fixed } = this.#lockstep;
    const data = new Float32Array(kept.size);
    for (const { name, start } of kept.tensors) data.set(tensorOf(tensors, name).data, start);
    await this.#session.write(
      new Map([[KEPT, { ...kept.type, data }], ...fixed.map(({ name }) => [name, tensorOf(tensors, name)] as const)]),
    );
  }

  /** The weights and states that steps replace. */
  async read(): Promise<Tensors> {
    return this.#lockstep.kept.split(tensorOf(await this.#session.read([KEPT]), KEPT).data as Float32Array);
  }

  /** Takes the steps together with the other replicas. For each step its block's metrics, as `Packing` lays them out. */
  async run(steps: readonly ReplicaStep[]): Promise<readonly Float32Array[]> {
    try {
      return await this.#run(steps);
    } catch (error) {
      this.#meeting.giveUp();
      throw error;
    }
  }

  dispose(): Promise<void> {
    return this.#session.dispose();
  }

  async #run(steps: readonly ReplicaStep[]): Promise<readonly Float32Array[]> {
    const metrics: Float32Array[] = [];
    const end = async (ended: number, begun?: number, inputs: Tensors = NONE): Promise<void> => {
      const results = await this.#session.run(callName({ ended, begun, adds: false }), inputs);
      metrics.push(tensorOf(results, METRICS).data as Float32Array);
    };
    let ended: number | undefined;
    for (const { block, calls } of steps) {
      const [first, ...others] = calls as [Tensors, ...Tensors[]];
      if (beginsAtOnce(this.#block(block))) {
        if (ended !== undefined) await end(ended, block, first);
        else await this.#session.run(callName({ ended, begun: block, adds: false }), first);
      } else {
        if (ended !== undefined) await end(ended);
        await this.#session.edit([ownOf(block)], ([own]) => own?.fill(0));
        others.unshift(first);
      }
      for (const inputs of others) await this.#session.run(callName({ ended: undefined, begun: block, adds: true }), inputs);
      await this.#session.edit([ownOf(block), sumsOf(block)], ([own, sums]) => {
        this.#meeting.exchange(own as Float32Array, sums as Float32Array);
      });
      ended = block;
    }
    if (ended !== undefined) await end(ended);
    return metrics;
  }

  #block(index: number): Lockstep['blocks'][number] {
    const block = this.#lockstep.blocks[index];
    if (block === undefined) throw new InternalError(`there is no block ${index}`);
    return block;
  }
}

function tensorOf(tensors: Tensors, name: string): Tensor {
  const tensor = tensors.get(name);
  if (tensor === undefined) throw new InternalError(`a replica has no tensor '${name}'`);
  return tensor;
}
