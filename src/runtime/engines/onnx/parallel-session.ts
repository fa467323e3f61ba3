/**
 * @file A session whose independent calls run side by side, one per worker thread, each on one core. Small tensors keep one core busy
 * but not two, so this is nearly as many times faster as there are cores, where threads inside a call gain little (bench/NOTES.md).
 *
 * Calls are dealt out in turn and the workers' sums are added in order: the result depends on the number of workers, not on timing.
 */
import { InternalError } from '../../../compiler/diagnostics/internal-error.ts';
import type { Program } from '../../../compiler/ir/ir.ts';
import type { Session, Tensors } from '../../engine.ts';
import type { Tensor } from '../../tensor.ts';
import { ACCUMULATOR, isIndependent, type LocalEntry, localEntry, localInputs } from './parallel-entries.ts';
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
  readonly #accumulators: readonly string[];
  /** Weights and states that workers read. */
  readonly #shared: ReadonlySet<string>;
  readonly #mainData: ReadonlySet<string>;
  readonly #sets = new Map<string, Tensor>();
  readonly #helpers: readonly Helper[];
  readonly #underWay = new Set<Promise<unknown>>();
  /** Settled when the last work that must be alone has ended. */
  #barrier: Promise<void> = Promise.resolve();
  #turn = 0;
  #collected = true;

  /** `main` runs the entries that are not independent, and holds weights and state. */
  constructor(main: Session, program: Program, mainData: ReadonlySet<string>, workers: number) {
    this.#main = main;
    this.parallel = 2 * workers;
    this.#mainData = mainData;
    const resident = new Set([...program.weights, ...program.state].map(({ name }) => name));
    const local = program.functions.filter((entry) => isIndependent(entry, resident)).map(localEntry);
    this.#local = new Map(local.map((one) => [one.entry.name, one]));
    const used = new Set(local.flatMap(({ entry }) => entry.body.parameters.map(({ name }) => name)));
    this.#accumulators = program.state.map(({ name }) => name).filter((name) => used.has(name) && name.startsWith(ACCUMULATOR));
    this.#shared = new Set([...used].filter((name) => resident.has(name) && !name.startsWith(ACCUMULATOR)));
    const worked: Program = { ...program, functions: local.map(({ entry }) => entry) };
    this.#helpers = Array.from({ length: workers }, () => ({
      client: new WorkerClient(worked),
      stale: new Set(this.#shared),
      upToDate: Promise.resolve(),
    }));
  }

  write(tensors: Tensors): Promise<void> {
    return this.#alone(async () => {
      const own = new Map<string, Tensor>();
      for (const [name, tensor] of tensors) {
        const isSet = tensor.dtype === 'uint8';
        if (isSet) this.#sets.set(name, tensor);
        if (!isSet || this.#mainData.has(name)) own.set(name, tensor);
      }
      if ([...own.keys()].some((name) => name.startsWith(ACCUMULATOR))) await this.#collect();
      await this.#main.write(own);
      this.#outdate(own.keys());
    });
  }

  read(names: readonly string[]): Promise<Tensors> {
    return this.#alone(async () => {
      if (names.some((name) => name.startsWith(ACCUMULATOR))) await this.#collect();
      return this.#main.read(names);
    });
  }

  async run(name: string, inputs: Tensors): Promise<Tensors> {
    const local = this.#local.get(name);
    if (local === undefined) return this.#onMain(() => this.#main.run(name, inputs));
    const helper = this.#helpers[this.#turn++ % this.#helpers.length] as Helper;
    const running = this.#barrier.then(() => {
      if (local.entry.body.results.some((result) => result.name.startsWith(ACCUMULATOR))) this.#collected = false;
      return this.#runOn(helper, name, localInputs(local, inputs, this.#sets));
    });
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

  /** A call of the main session: it sees the sums of all calls before it, and may replace what the workers read. */
  #onMain<T>(call: () => Promise<T>): Promise<T> {
    return this.#alone(async () => {
      await this.#collect();
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

  /** Moves the workers' sums to the main session's accumulators. */
  async #collect(): Promise<void> {
    if (this.#collected) return;
    this.#collected = true;
    const parts = await Promise.all(this.#helpers.map(({ client }) => client.read(this.#accumulators)));
    const whole = await this.#main.read(this.#accumulators);
    const emptied = new Map<string, Tensor>();
    for (const [name, tensor] of whole) {
      for (const part of parts) addTo(tensor, part.get(name));
      emptied.set(name, { ...tensor, data: new Float32Array(tensor.data.length) });
    }
    await this.#main.write(whole);
    await Promise.all(this.#helpers.map(({ client }) => client.write(emptied)));
  }

  #outdate(names: Iterable<string>): void {
    for (const name of names) if (this.#shared.has(name)) for (const { stale } of this.#helpers) stale.add(name);
  }
}

function addTo(whole: Tensor, part: Tensor | undefined): void {
  if (part === undefined) throw new InternalError('a worker lacks an accumulator');
  const { data } = whole;
  for (let index = 0; index < data.length; index++) data[index] = (data[index] as number) + (part.data[index] as number);
}
