/**
 * @file A session that trains on several processors at once, each with its share of the tasks of every step (`replica.ts`). Where a step takes a
 * millisecond, threads inside a call wait for each other at every node, and messages between threads take as long as the step (bench/NOTES.md).
 *
 * Everything else is another session's, which has the weights and states whenever the replicas do not.
 */
import { InternalError } from '../../../compiler/diagnostics/internal-error.ts';
import type { Program } from '../../../compiler/ir/ir.ts';
import type { EntryCall, Session, StepSharing, Tensors } from '../../engine.ts';
import { heard } from '../../heard.ts';
import type { Tensor } from '../../tensor.ts';
import { Turns } from '../turns.ts';
import type { Lockstep } from './lockstep-functions.ts';
import { meetingPlace } from './meeting.ts';
import { localInputs } from './parallel-entries.ts';
import type { ReplicaStep } from './replica.ts';
import type { ReplicaAnswer, ReplicaData, ReplicaRequest } from './replica-worker.ts';
import { Thread } from './thread.ts';
import { callsAtOnce } from './thread-choice.ts';

/** Who has the newest weights and states. */
type Newest = 'inner' | 'replicas' | 'both';

export class LockstepSession implements Session {
  readonly parallel: number;
  readonly sharing: StepSharing;
  readonly #inner: Session;
  readonly #lockstep: Lockstep;
  readonly #replicas: readonly Thread<ReplicaRequest, ReplicaAnswer>[];
  readonly #sets = new Map<string, Tensor>();
  /** What calls do to `#newest`, and the order in which the inner session and the replicas hear of them. */
  readonly #turns = new Turns();
  #newest: Newest = 'inner';

  constructor(inner: Session, program: Program, lockstep: Lockstep) {
    this.#inner = inner;
    this.#lockstep = lockstep;
    this.parallel = inner.parallel;
    const place = meetingPlace(lockstep.replicas, Math.max(...lockstep.blocks.map(({ sums }) => sums.size)));
    const needed = new Set(lockstep.blocks.flatMap(({ begin, end }) => [begin.entry.name, end.name]));
    const own: Program = { ...program, functions: program.functions.filter(({ name }) => needed.has(name)) };
    this.#replicas = Array.from({ length: lockstep.replicas }, (_, replica) => {
      const data: ReplicaData = { program: own, place, replica };
      return new Thread({ bundle: 'onnx-replica', source: './replica-worker.ts' }, data);
    });
    this.sharing = {
      atOnce: (entry) => {
        const block = lockstep.blocks.find(({ begin }) => begin.entry.name === entry);
        return block === undefined ? 0 : callsAtOnce(block.begin.entry.body);
      },
      run: (calls) => this.#runSteps(calls),
    };
  }

  write(tensors: Tensors): Promise<void> {
    return this.#onInner(true, () => {
      for (const [name, tensor] of tensors) if (tensor.dtype === 'uint8') this.#sets.set(name, tensor);
      return this.#inner.write(tensors);
    });
  }

  read(names: readonly string[]): Promise<Tensors> {
    return this.#onInner(false, () => this.#inner.read(names));
  }

  run(entry: string, inputs: Tensors): Promise<Tensors> {
    return this.#onInner(true, () => this.#inner.run(entry, inputs));
  }

  callsAtOnce(entry: string): number {
    return this.#inner.callsAtOnce(entry);
  }

  runMany(entry: string, calls: readonly Tensors[]): Promise<readonly Tensors[]> {
    return this.#onInner(true, () => this.#inner.runMany(entry, calls));
  }

  dispose(): Promise<void> {
    return this.#turns.take(async () => {
      await Promise.all(this.#replicas.map((replica) => replica.ask({ kind: 'dispose' })));
      await Promise.all(this.#replicas.map((replica) => replica.end()));
      await this.#inner.dispose();
    });
  }

  /** Hands a call to the inner session when it has the newest weights; the session itself keeps its calls in order. */
  async #onInner<T>(changes: boolean, call: () => Promise<T>): Promise<T> {
    const { running } = await this.#turns.take(async () => {
      if (this.#newest === 'replicas') {
        const { tensors } = await this.#first().ask({ kind: 'read' });
        if (tensors === undefined) throw new InternalError('a replica has no weights');
        await this.#inner.write(tensors);
        this.#newest = 'both';
      }
      if (changes) this.#newest = 'inner';
      return { running: heard(call()) };
    });
    return running;
  }

  /** The replicas are given steps before those before have ended: each does them one after the other. */
  async #runSteps(calls: readonly EntryCall[]): Promise<readonly Tensors[]> {
    const steps = this.#stepsOf(calls);
    const { running } = await this.#turns.take(async () => {
      if (this.#newest === 'inner') await this.#send();
      this.#newest = 'replicas';
      const asked = this.#replicas.map((replica, index) =>
        replica.ask({ kind: 'run', steps: steps.map(({ shares }) => shares[index] as ReplicaStep) }),
      );
      return { running: heard(Promise.all(asked)) };
    });
    const [first] = await running;
    return steps.flatMap(({ shares }, index) => {
      const block = this.#lockstep.blocks[shares[0]?.block ?? 0];
      const metrics = first?.metrics?.[index];
      if (block === undefined || metrics === undefined) throw new InternalError('a replica returned no metrics');
      return [...shares.map((): Tensors => new Map()), block.metrics.split(metrics)];
    });
  }

  async #send(): Promise<void> {
    const { kept, fixed } = this.#lockstep;
    const tensors = await this.#inner.read([...kept.tensors, ...fixed].map(({ name }) => name));
    await Promise.all(this.#replicas.map((replica) => replica.ask({ kind: 'write', tensors })));
    this.#newest = 'both';
  }

  #first(): Thread<ReplicaRequest, ReplicaAnswer> {
    return this.#replicas[0] as Thread<ReplicaRequest, ReplicaAnswer>;
  }

  /** Calls as steps: each replica's share, and then the call that completes the step. */
  #stepsOf(calls: readonly EntryCall[]): readonly { readonly shares: readonly ReplicaStep[] }[] {
    const { blocks, replicas } = this.#lockstep;
    const steps: { readonly shares: readonly ReplicaStep[] }[] = [];
    for (let start = 0; start < calls.length; start += replicas + 1) {
      const begun = calls.slice(start, start + replicas);
      const index = blocks.findIndex(({ begin }) => begin.entry.name === begun[0]?.entry);
      const block = blocks[index];
      const whole = begun.length === replicas && begun.every(({ entry }) => entry === block?.begin.entry.name);
      if (block === undefined || !whole || calls[start + replicas]?.entry !== block.end.name)
        throw new InternalError('calls that are no whole steps');
      steps.push({ shares: begun.map(({ inputs }) => ({ block: index, inputs: localInputs(block.begin, inputs, this.#sets) })) });
    }
    return steps;
  }
}
