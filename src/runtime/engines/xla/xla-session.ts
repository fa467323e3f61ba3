/**
 * @file A compiled program on the devices of a PJRT client. Calls are dispatched in order and their metrics come back while later calls are
 * under way. With several devices, calls that only add to accumulators (or change nothing) go to the devices in turn; all others run on
 * all devices together, which then hold the same weights.
 */
import { InternalError } from '../../../compiler/diagnostics/internal-error.ts';
import { accumulatorNames } from '../../../compiler/emit/stablehlo/replicas.ts';
import type { EntryFunction, Program } from '../../../compiler/ir/ir.ts';
import { sizeOf, type TensorType, tensorType } from '../../../compiler/ir/tensor-type.ts';
import { runOneByOne, type Session, type Tensors } from '../../engine.ts';
import { heard } from '../../heard.ts';
import type { Tensor } from '../../tensor.ts';
import { suppliedTensor } from '../supplied.ts';
import { Turns } from '../turns.ts';
import { dispatch, type Metrics } from './dispatch.ts';
import { type Form, type ModuleChoices, Modules, targetOf } from './modules.ts';
import { type Pace, paceOf, startsAside } from './pace.ts';
import { allocateFor, type DeviceData } from './pjrt/buffers.ts';
import type { PjrtClient, PjrtDevice } from './pjrt/client.ts';
import { narrowed, Residents } from './residents.ts';

interface Entry {
  readonly entry: EntryFunction;
  /** The inputs of a call, without residents. */
  readonly inputs: readonly { readonly name: string; readonly type: TensorType }[];
  /** Whether all devices run it together. */
  readonly everywhere: boolean;
  readonly pace: Pace;
}

export class XlaSession implements Session {
  readonly parallel: number;
  readonly #client: PjrtClient;
  readonly #devices: readonly PjrtDevice[];
  readonly #entries: ReadonlyMap<string, Entry>;
  readonly #residents: Residents;
  readonly #modules: Modules;
  readonly #onCpu: boolean;
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #turns = new Turns();
  #failure: { readonly error: unknown } | undefined;
  #turn = 0;

  /** Uses the first `choices.devices` of the client, and destroys the client when it is disposed of. */
  constructor(client: PjrtClient, program: Program, choices: ModuleChoices) {
    this.#client = client;
    this.#devices = client.devices.slice(0, choices.devices);
    this.#onCpu = targetOf(client) === 'cpu';
    this.#residents = new Residents(client, this.#devices, program);
    this.#modules = new Modules(client, program, choices);
    this.#entries = new Map(entriesOf(program, this.#onCpu).map((entry) => [entry.entry.name, entry]));
    // One call on each device, and one that waits for it to become free.
    this.parallel = 2 * choices.devices;
  }

  write(tensors: Tensors): Promise<void> {
    return this.#inTurn(async () => {
      for (const [name, tensor] of tensors) await this.#residents.write(name, tensor);
    });
  }

  read(names: readonly string[]): Promise<Tensors> {
    return this.#inTurn(async () => {
      const copies = names.map(async (name) => [name, await (await this.#residents.buffer(name, 0)).toHost()] as const);
      return new Map(await Promise.all(copies));
    });
  }

  async run(name: string, inputs: Tensors): Promise<Tensors> {
    const entry = this.#entry(name);
    const supplied = new Map(entry.inputs.map((input) => [input.name, suppliedData(name, input, inputs)]));
    const { metrics } = await this.#inTurn(() => this.#dispatch(entry, 'once', supplied, entry.pace.milliseconds));
    return metrics;
  }

  /** Their modules are compiled, or loaded, side by side on other threads. */
  anticipate(names: readonly string[]): void {
    for (const name of names) {
      const { entry, everywhere, pace } = this.#entry(name);
      const form = pace.callsAtOnce === 1 ? 'once' : this.#onCpu ? 'loop' : 'full';
      void heard(this.#modules.get(entry, form, everywhere, pace.callsAtOnce));
    }
  }

  callsAtOnce(name: string): number {
    return this.#entry(name).pace.callsAtOnce;
  }

  async runMany(name: string, calls: readonly Tensors[]): Promise<readonly Tensors[]> {
    const entry = this.#entry(name);
    const most = entry.pace.callsAtOnce;
    // One way for an entry however many calls there are: a loop may round differently.
    if (most === 1) return runOneByOne(this, name, calls);
    const groups = Array.from({ length: Math.ceil(calls.length / most) }, (_, index) => calls.slice(index * most, (index + 1) * most));
    const results = await Promise.all(groups.map((group) => this.#runLoop(entry, group)));
    return results.flat();
  }

  async dispose(): Promise<void> {
    await this.#turns.take(async () => undefined);
    await Promise.allSettled(this.#underWay);
    this.#residents.clear();
    await this.#modules.destroy();
    this.#client.destroy();
  }

  /** The calls in one dispatch, at most `callsAtOnce` of them. */
  async #runLoop(entry: Entry, calls: readonly Tensors[]): Promise<readonly Tensors[]> {
    const { callsAtOnce, milliseconds } = entry.pace;
    // Accelerators run a fixed number of steps without asking the host after each; a last, shorter group counts.
    const form = !this.#onCpu && calls.length === callsAtOnce ? 'full' : 'loop';
    const supplied = new Map(entry.inputs.map((input) => [input.name, stackedData(entry.entry.name, input, calls, callsAtOnce)]));
    if (form === 'loop') supplied.set('count', Int32Array.of(calls.length));
    const { metrics } = await this.#inTurn(() => this.#dispatch(entry, form, supplied, milliseconds * calls.length));
    const stacks = await metrics;
    return calls.map((_, index) => new Map([...stacks].map(([name, stack]) => [name, sliceOf(stack, index)])));
  }

  async #dispatch(
    entry: Entry,
    form: Form,
    supplied: ReadonlyMap<string, DeviceData>,
    milliseconds: number,
  ): Promise<{ readonly metrics: Metrics }> {
    const compiled = await this.#modules.get(entry.entry, form, entry.everywhere, entry.pace.callsAtOnce);
    const starting = dispatch(this.#client, this.#devices, this.#residents, {
      compiled,
      what: `running \`${entry.entry.name}\``,
      supplied,
      devices: entry.everywhere ? this.#devices.map((_, index) => index) : [this.#nextDevice()],
      anyDevice: !entry.everywhere && this.#devices.length > 1,
      aside: startsAside(milliseconds),
    });
    // What a call that failed was to replace may be gone: it was given away.
    const failed = (error: unknown): void => {
      this.#failure ??= { error };
    };
    starting.catch(failed);
    const started = await starting;
    this.#underWay.add(started.metrics);
    started.metrics.catch(failed).finally(() => this.#underWay.delete(started.metrics));
    return started;
  }

  #nextDevice(): number {
    const device = this.#turn;
    this.#turn = (device + 1) % this.#devices.length;
    return device;
  }

  /** Work is begun in the order in which it was asked for; none after a call that failed. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    return this.#turns.take(() => {
      if (this.#failure !== undefined) throw this.#failure.error;
      return work();
    });
  }

  #entry(name: string): Entry {
    const entry = this.#entries.get(name);
    if (entry === undefined) throw new InternalError(`the program has no function '${name}' that the engine compiled`);
    return entry;
  }
}

function entriesOf(program: Program, onCpu: boolean): Entry[] {
  const resident = new Set([...program.weights, ...program.state].map(({ name }) => name));
  const accumulators = accumulatorNames(program);
  const steps = new Set(program.train.map(({ step }) => step));
  return program.functions
    .filter(({ name }) => name !== 'initialize')
    .map((entry): Entry => {
      const pace = paceOf(entry, onCpu);
      const known = new Set([...resident, ...entry.inputs.filter(({ kind }) => kind === 'data').map(({ name }) => name)]);
      return {
        entry,
        inputs: entry.body.parameters.filter(({ name }) => !known.has(name)).map(({ name, value }) => ({ name, type: value.type })),
        everywhere: entry.body.results.some(({ name }) => resident.has(name) && !accumulators.has(name)),
        pace: steps.has(entry.name) ? pace : { ...pace, callsAtOnce: 1 },
      };
    });
}

function suppliedData(entry: string, { name, type }: Entry['inputs'][number], inputs: Tensors): DeviceData {
  return narrowed(suppliedTensor(entry, name, type, inputs).data);
}

/** The calls' tensors one after the other, zeros after them. */
function stackedData(entry: string, input: Entry['inputs'][number], calls: readonly Tensors[], steps: number): DeviceData {
  const { dtype, shape } = input.type;
  const stack = allocateFor(tensorType(dtype, [steps, ...shape]));
  const size = sizeOf(shape);
  calls.forEach((inputs, index) => {
    stack.set(suppliedData(entry, input, inputs), index * size);
  });
  return stack;
}

function sliceOf({ dtype, shape, data }: Tensor, index: number): Tensor {
  const rest = shape.slice(1);
  const size = sizeOf(rest);
  return { dtype, shape: rest, data: data.slice(index * size, (index + 1) * size) };
}
