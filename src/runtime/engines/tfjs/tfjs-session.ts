/** @file A compiled program on a backend of TensorFlow.js: weights and states are tensors there, data sets stay bytes on the host. */
import { InternalError } from '../../../compiler/diagnostics/internal-error.ts';
import type { EntryFunction, Program } from '../../../compiler/ir/ir.ts';
import type { DType, TensorType } from '../../../compiler/ir/tensor-type.ts';
import { runOneByOne, type Session, type Tensors } from '../../engine.ts';
import type { Tensor, TensorData } from '../../tensor.ts';
import { requireType, suppliedTensor } from '../supplied.ts';
import { Turns } from '../turns.ts';
import type { ActiveBackend } from './active-backend.ts';
import { makePlan } from './make-plan.ts';
import type { Plan } from './plan.ts';
import { PlanRunner, toTf } from './run-plan.ts';
import type { TfTensor } from './tensorflow.ts';

interface PlannedEntry {
  readonly entry: EntryFunction;
  readonly plan: Plan;
}

export class TfjsSession implements Session {
  readonly parallel = 1;
  readonly #backend: ActiveBackend;
  readonly #runner: PlanRunner;
  readonly #entries: ReadonlyMap<string, PlannedEntry>;
  /** Of weights, states and data sets. */
  readonly #types: ReadonlyMap<string, TensorType>;
  readonly #resident = new Map<string, TfTensor>();
  /** Data sets. */
  readonly #host = new Map<string, Tensor>();
  readonly #turns = new Turns();

  constructor(backend: ActiveBackend, program: Program) {
    this.#backend = backend;
    this.#runner = new PlanRunner(backend.tf);
    const kept = [...program.weights, ...program.state];
    const names = new Set(kept.map(({ name }) => name));
    const entries = program.functions.filter(({ name }) => name !== 'initialize');
    const data = entries.flatMap(({ inputs }) => inputs.filter(({ kind }) => kind === 'data'));
    this.#types = new Map([...kept, ...data].map(({ name, type }) => [name, type]));
    this.#entries = new Map(entries.map((entry) => [entry.name, { entry, plan: makePlan(entry, names, backend.capabilities) }]));
  }

  write(tensors: Tensors): Promise<void> {
    return this.#inTurn(async () => {
      for (const [name, tensor] of tensors) this.#write(name, tensor);
    });
  }

  read(names: readonly string[]): Promise<Tensors> {
    return this.#inTurn(async () => {
      const read = new Map<string, Tensor>();
      for (const name of names) {
        const { dtype, shape } = this.#typeOf(name);
        const tensor = this.#resident.get(name);
        if (tensor === undefined) throw new InternalError(`'${name}' was not written`);
        read.set(name, await toHost(tensor, dtype, shape));
      }
      return read;
    });
  }

  run(name: string, inputs: Tensors): Promise<Tensors> {
    return this.#inTurn(() => this.#run(name, inputs));
  }

  callsAtOnce(): number {
    return 1;
  }

  runMany(entry: string, calls: readonly Tensors[]): Promise<readonly Tensors[]> {
    return runOneByOne(this, entry, calls);
  }

  async dispose(): Promise<void> {
    await this.#inTurn(async () => {
      for (const tensor of this.#resident.values()) tensor.dispose();
      this.#resident.clear();
      this.#host.clear();
      this.#runner.dispose();
    });
  }

  /** One after the other. The session's own backend is active until the first `await` of `work`: kernels run before it. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    return this.#turns.take(() => {
      this.#backend.activate();
      return work();
    });
  }

  async #run(name: string, inputs: Tensors): Promise<Tensors> {
    const { entry, plan } = this.#entry(name);
    this.#runner.prepare(plan);
    const given: TfTensor[] = [];
    const parameters: TfTensor[] = [];
    try {
      for (const { name: parameter, ref } of plan.parameters) {
        const resident = this.#types.has(parameter) ? this.#residentTensor(parameter) : undefined;
        if (resident === undefined) given.push(toTf(this.#backend.tf, suppliedTensor(name, parameter, ref, inputs)));
        parameters.push(resident ?? (given.at(-1) as TfTensor));
      }
      const host = new Map([...this.#host, ...inputs]);
      const results = this.#runner.run(plan, parameters, host);
      this.#backend.check();
      return await this.#keep(entry, results);
    } finally {
      for (const tensor of given) tensor.dispose();
    }
  }

  /** Results that are named after a weight or state replace it; the others are returned. */
  async #keep(entry: EntryFunction, results: readonly TfTensor[]): Promise<Tensors> {
    const returned: { readonly name: string; readonly type: TensorType; readonly tensor: TfTensor }[] = [];
    entry.body.results.forEach(({ name, value }, index) => {
      const tensor = results[index] as TfTensor;
      if (!this.#types.has(name)) returned.push({ name, type: value.type, tensor });
      else {
        this.#resident.get(name)?.dispose();
        this.#resident.set(name, tensor);
      }
    });
    const read = new Map<string, Tensor>();
    for (const { name, type, tensor } of returned) read.set(name, await toHost(tensor, type.dtype, type.shape));
    for (const { tensor } of returned) tensor.dispose();
    return read;
  }

  #write(name: string, tensor: Tensor): void {
    const type = this.#typeOf(name);
    requireType(name, type, tensor);
    this.#resident.get(name)?.dispose();
    this.#resident.delete(name);
    if (type.dtype === 'uint8') this.#host.set(name, tensor);
    else this.#resident.set(name, toTf(this.#backend.tf, tensor));
  }

  /** Uploads a data set only for a function that uses it otherwise than by rows. */
  #residentTensor(name: string): TfTensor {
    const tensor = this.#resident.get(name);
    if (tensor !== undefined) return tensor;
    const set = this.#host.get(name);
    if (set === undefined) throw new InternalError(`'${name}' was not written`);
    const uploaded = toTf(this.#backend.tf, set);
    this.#resident.set(name, uploaded);
    return uploaded;
  }

  #typeOf(name: string): TensorType {
    const type = this.#types.get(name);
    if (type === undefined) throw new InternalError(`the session has no tensor '${name}'`);
    return type;
  }

  #entry(name: string): PlannedEntry {
    const entry = this.#entries.get(name);
    if (entry === undefined) throw new InternalError(`the program has no function '${name}' that the engine compiled`);
    return entry;
  }
}

/** A copy: on some backends the array that TensorFlow.js hands out is the tensor itself. */
async function toHost(tensor: TfTensor, dtype: DType, shape: readonly number[]): Promise<Tensor> {
  const data = await tensor.data();
  const copy: TensorData =
    dtype === 'bool' || dtype === 'uint8' ? new Uint8Array(data) : dtype === 'int' ? new Int32Array(data) : new Float32Array(data);
  return { dtype, shape, data: copy };
}
