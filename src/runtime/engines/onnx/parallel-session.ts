/**
 * @file A session whose independent calls run side by side, one per worker thread, each on one core. Small tensors keep one core busy
 * but not two, so this is nearly as many times faster as there are cores, where threads inside a call gain little (bench/NOTES.md).
 */
import type { Program } from '../../../compiler/ir/ir.ts';
import type { Session, Tensors } from '../../engine.ts';
import type { Tensor } from '../../tensor.ts';
import { type LocalEntry, localEntry, localInputs } from './parallel-entries.ts';
import { WorkerClient } from './worker-client.ts';

interface Helper {
  readonly client: WorkerClient;
  /** Resident tensors whose newest value it has not been sent. */
  readonly stale: Set<string>;
  /** Settled when everything that it was sent before is on its way. */
  upToDate: Promise<void>;
}

export class ParallelSession implements Session {
  readonly parallel: number;
  readonly #main: Session;
  readonly #local: ReadonlyMap<string, LocalEntry>;
  /** Weights and states that workers read. */
  readonly #shared: ReadonlySet<string>;
  readonly #sets = new Map<string, Tensor>();
  readonly #helpers: readonly Helper[];
  readonly #underWay = new Set<Promise<unknown>>();
  /** Settled when the last work that must be alone has ended. */
  #barrier: Promise<void> = Promise.resolve();
  #turn = 0;

  /** `main` runs the entries that are not among `independent`, and holds weights and state. */
  constructor(main: Session, program: Program, independent: ReadonlySet<string>, workers: number) {
    this.#main = main;
    this.parallel = 2 * workers;
    const resident = new Set([...program.weights, ...program.state].map(({ name }) => name));
    const local = program.functions.filter(({ name }) => independent.has(name)).map(localEntry);
    this.#local = new Map(local.map((one) => [one.entry.name, one]));
    const used = new Set(local.flatMap(({ entry }) => entry.body.parameters.map(({ name }) => name)));
    this.#shared = new Set([...used].filter((name) => resident.has(name)));
    const worked: Program = { ...program, functions: local.map(({ entry }) => entry) };
    this.#helpers = Array.from({ length: workers }, () => ({
      client: new WorkerClient(worked),
      stale: new Set(this.#shared),
      upToDate: Promise.resolve(),
    }));
  }

  write(tensors: Tensors): Promise<void> {
    return this.#alone(async () => {
      for (const [name, tensor] of tensors) if (tensor.dtype === 'uint8') this.#sets.set(name, tensor);
      await this.#main.write(tensors);
      this.#outdate(tensors.keys());
    });
  }

  read(names: readonly string[]): Promise<Tensors> {
    return this.#alone(() => this.#main.read(names));
  }

  async run(name: string, inputs: Tensors): Promise<Tensors> {
    const local = this.#local.get(name);
    if (local === undefined) return this.#onMain(() => this.#main.run(name, inputs));
    const helper = this.#helpers[this.#turn++ % this.#helpers.length] as Helper;
    const running = this.#barrier.then(() => this.#runOn(helper, name, localInputs(local, inputs, this.#sets)));
    this.#underWay.add(running);
    try {
      return await running;
    } finally {
      this.#underWay.delete(running);
    }
  }

  callsAtOnce(entry: string): number {
    return this.#local.has(entry) ? 1 : this.#main.callsAtOnce(entry);
  }

  async runMany(name: string, calls: readonly Tensors[]): Promise<readonly Tensors[]> {
    if (this.#local.has(name)) return Promise.all(calls.map((inputs) => this.run(name, inputs)));
    return this.#onMain(() => this.#main.runMany(name, calls));
  }

  async dispose(): Promise<void> {
    await Promise.allSettled([this.#barrier, ...this.#underWay]);
    await Promise.all(this.#helpers.map(({ client }) => client.dispose()));
    await this.#main.dispose();
  }

  async #runOn(helper: Helper, name: string, inputs: Tensors): Promise<Tensors> {
    const { client, stale } = helper;
    if (stale.size > 0) {
      const names = [...stale];
      stale.clear();
      helper.upToDate = this.#main.read(names).then((tensors) => client.write(tensors));
    }
    // Calls that follow at once wait too, so that none overtakes the tensors that it needs.
    await helper.upToDate;
    return client.run(name, inputs);
  }

  /** A call of the main session, which may replace what the workers read. */
  #onMain<T>(call: () => Promise<T>): Promise<T> {
    return this.#alone(async () => {
      const results = await call();
      this.#outdate(this.#shared);
      return results;
    });
  }

  /**
   * Work that begins when what was asked for before it has ended, and ends before what is asked for after it begins. The next deal starts
   * with the first worker again.
   */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    this.#turn = 0;
    const result = Promise.all([this.#barrier, ...this.#underWay]).then(work);
    this.#barrier = result.then(
      () => undefined,
      // Whoever asked for it hears of it.
      () => undefined,
    );
    return result;
  }

  #outdate(names: Iterable<string>): void {
    for (const name of names) if (this.#shared.has(name)) for (const { stale } of this.#helpers) stale.add(name);
  }
}
