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
import type { Lockstep, LockstepBlock } from './lockstep-functions.ts';
import { endMeetings, type MeetingPlace, meetingPlace } from './meeting.ts';
import { localInputs } from './parallel-entries.ts';
import type { ReplicaStep } from './replica.ts';
import type { ReplicaAnswer, ReplicaData, ReplicaRequest } from './replica-worker.ts';
import { Thread } from './thread.ts';
import { stepsAtOnce } from './thread-choice.ts';

/** Who has the newest weights and states. */
type Newest = 'inner' | 'replicas' | 'both';

export class LockstepSession implements Session {
  readonly parallel: number;
  readonly sharing: StepSharing;
  readonly #inner: Session;
  readonly #lockstep: Lockstep;
  readonly #program: Program;
  /** Entries that replace weights or states. */
  readonly #replacing: ReadonlySet<string>;
  /** Threads are started when there is a step for them. */
  #replicas: readonly Thread<ReplicaRequest, ReplicaAnswer>[] = [];
  readonly #place: MeetingPlace;
  readonly #sets = new Map<string, Tensor>();
  /** What calls do to `#newest`, and the order in which the inner session and the replicas hear of them. */
  readonly #turns = new Turns();
  #newest: Newest = 'inner';

  constructor(inner: Session, program: Program, lockstep: Lockstep) {
    this.#inner = inner;
    this.#lockstep = lockstep;
    this.#program = program;
    this.parallel = inner.parallel;
    this.#place = meetingPlace(lockstep.replicas, Math.max(...lockstep.blocks.map(({ sums }) => sums.size)));
    const resident = new Set([...program.weights, ...program.state].map(({ name }) => name));
    const replacing = program.functions.filter(({ body }) => body.results.some(({ name }) => resident.has(name)));
    this.#replacing = new Set(replacing.map(({ name }) => name));
    this.sharing = {
      atOnce: (entry) => {
        const block = lockstep.blocks.find(({ begin }) => begin.entry.name === entry);
        return block === undefined ? 0 : stepsAtOnce(block.begin.entry.body, Math.ceil(block.calls / lockstep.replicas));
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
    return this.#onInner(this.#replacing.has(entry), () => this.#inner.run(entry, inputs));
  }

  callsAtOnce(entry: string): number {
    return this.#inner.callsAtOnce(entry);
  }

  runMany(entry: string, calls: readonly Tensors[]): Promise<readonly Tensors[]> {
    return this.#onInner(this.#replacing.has(entry), () => this.#inner.runMany(entry, calls));
  }

  dispose(): Promise<void> {
    return this.#turns.take(async () => {
      // A thread that has died was told of to whoever waited for it.
      await Promise.allSettled(this.#replicas.map((replica) => replica.ask({ kind: 'dispose' })));
      await Promise.all(this.#replicas.map((replica) => replica.end()));
      await this.#inner.dispose();
    });
  }

  /** Hands a call to the inner session when it has the newest weights; the session itself keeps its calls in order. */
  async #onInner<T>(changes: boolean, call: () => Promise<T>): Promise<T> {
    const { running } = await this.#turns.take(async () => {
      if (this.#newest === 'replicas') {
        const [first] = this.#replicas;
        const tensors = (await first?.ask({ kind: 'read' }))?.tensors;
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
        replica.ask({ kind: 'run', steps: steps.map((step) => this.#shareOf(step, index)) }),
      );
      const running = Promise.all(asked);
      // A thread that died could not tell the others, which wait for it.
      running.catch(() => endMeetings(this.#place));
      return { running };
    });
    const [first] = await running;
    return steps.flatMap(({ block, inputs }, index) => {
      const metrics = first?.metrics?.[index];
      if (metrics === undefined) throw new InternalError('a replica returned no metrics');
      return [...inputs.map((): Tensors => new Map()), this.#block(block).metrics.split(metrics)];
    });
  }

  async #send(): Promise<void> {
    const { kept, fixed } = this.#lockstep;
    if (this.#replicas.length === 0) this.#replicas = this.#started();
    const tensors = await this.#inner.read([...kept.tensors, ...fixed].map(({ name }) => name));
    await Promise.all(this.#replicas.map((replica) => replica.ask({ kind: 'write', tensors })));
    this.#newest = 'both';
  }

  #started(): readonly Thread<ReplicaRequest, ReplicaAnswer>[] {
    const { blocks, replicas } = this.#lockstep;
    const needed = new Set(blocks.flatMap(({ begin, end }) => [begin.entry.name, end.name]));
    const program: Program = { ...this.#program, functions: this.#program.functions.filter(({ name }) => needed.has(name)) };
    return Array.from({ length: replicas }, (_, replica) => {
      const data: ReplicaData = { program, place: this.#place, replica };
      return new Thread({ bundle: 'onnx-replica', source: './replica-worker.ts' }, data);
    });
  }

  #block(index: number): LockstepBlock {
    const block = this.#lockstep.blocks[index];
    if (block === undefined) throw new InternalError(`there is no block ${index}`);
    return block;
  }

  /** Calls are dealt out in turn, so that the order of sums depends on the number of replicas alone. */
  #shareOf({ block, inputs }: Step, replica: number): ReplicaStep {
    const own = inputs.filter((_, index) => index % this.#lockstep.replicas === replica);
    return { block, calls: own.map((one) => localInputs(this.#block(block).begin, one, this.#sets)) };
  }

  /** Calls as steps. */
  #stepsOf(calls: readonly EntryCall[]): readonly Step[] {
    const steps: Step[] = [];
    for (let start = 0; start < calls.length; ) {
      const block = this.#lockstep.blocks.findIndex(({ begin }) => begin.entry.name === calls[start]?.entry);
      if (block < 0) throw new InternalError('calls that are no whole steps');
      const { begin, end, calls: count } = this.#block(block);
      const begun = calls.slice(start, start + count);
      start += count + 1;
      const whole = begun.length === count && begun.every(({ entry }) => entry === begin.entry.name);
      if (!whole || calls[start - 1]?.entry !== end.name) throw new InternalError('calls that are no whole steps');
      steps.push({ block, inputs: begun.map(({ inputs }) => inputs) });
    }
    return steps;
  }
}

/** A whole step of a block: the inputs of each of its calls but the one that ends it. */
interface Step {
  readonly block: number;
  readonly inputs: readonly Tensors[];
}
