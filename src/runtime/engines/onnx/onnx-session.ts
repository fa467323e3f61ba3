/** @file A compiled program on ONNX Runtime. One InferenceSession per entry function, made when the function is first called. */
import type { Tensor as OrtTensor } from 'onnxruntime-common';
import { InternalError } from '../../../compiler/diagnostics/internal-error.ts';
import { CALLS } from '../../../compiler/emit/onnx/loop.ts';
import type { Program } from '../../../compiler/ir/ir.ts';
import { sizeOf } from '../../../compiler/ir/tensor-type.ts';
import { runOneByOne, type Session, type Tensors } from '../../engine.ts';
import type { Tensor, TensorData } from '../../tensor.ts';
import { suppliedTensor } from '../supplied.ts';
import { Turns } from '../turns.ts';
import type { CompiledEntry, OnnxRuntime } from './compile-entries.ts';
import { type PreparedEntry, prepareEntry } from './prepared-entry.ts';
import { ResidentTensors } from './resident-tensors.ts';

export class OnnxSession implements Session {
  readonly parallel = 1;
  readonly #runtime: OnnxRuntime;
  readonly #entries: ReadonlyMap<string, CompiledEntry>;
  readonly #resident: ResidentTensors;
  readonly #prepared = new Map<string, PreparedEntry>();
  readonly #loops = new Map<string, PreparedEntry>();
  /** Shared work whose results are those of the weights and state as they are. */
  readonly #upToDate = new Set<CompiledEntry>();
  /** Calls replace tensors in place. */
  readonly #turns = new Turns();

  constructor(runtime: OnnxRuntime, program: Program, entries: ReadonlyMap<string, CompiledEntry>) {
    this.#runtime = runtime;
    this.#entries = entries;
    this.#resident = new ResidentTensors(runtime.Tensor);
    for (const { name, type } of [...program.weights, ...program.state]) this.#resident.declare(name, type);
    for (const { initial, name, type } of program.state) {
      const size = (this.#resident.current(name).data as TensorData).length;
      this.#resident.write(name, { ...type, data: new Float64Array(size).fill(initial) });
    }
    for (const { entry, shared } of entries.values()) {
      for (const input of entry.inputs) if (input.kind === 'data') this.#resident.declare(input.name, input.type);
      for (const { name, value } of shared?.entry.body.results ?? []) this.#resident.declare(name, value.type);
    }
  }

  write(tensors: Tensors): Promise<void> {
    return this.#turns.take(async () => {
      for (const [name, tensor] of tensors) this.#resident.write(name, tensor);
      this.#changed(new Set(tensors.keys()));
    });
  }

  read(names: readonly string[]): Promise<Tensors> {
    return this.#turns.take(async () => new Map(names.map((name) => [name, this.#resident.read(name)])));
  }

  /** Lets `use` read and change resident tensors of floats where they lie; in their order in `names`. */
  edit(names: readonly string[], use: (data: readonly Float32Array[]) => void): Promise<void> {
    return this.#turns.take(async () => {
      use(names.map((name) => this.#resident.current(name).data as Float32Array));
      this.#changed(new Set(names));
    });
  }

  run(name: string, inputs: Tensors): Promise<Tensors> {
    return this.#turns.take(() => this.#run(name, inputs));
  }

  callsAtOnce(name: string): number {
    return this.#entry(name).callsAtOnce;
  }

  async runMany(name: string, calls: readonly Tensors[]): Promise<readonly Tensors[]> {
    // One path for an entry however many calls there are: the two models may round differently.
    if (this.callsAtOnce(name) === 1) return runOneByOne(this, name, calls);
    return this.#turns.take(() => this.#runLoop(name, calls));
  }

  dispose(): Promise<void> {
    return this.#turns.take(async () => {
      for (const { session } of [...this.#prepared.values(), ...this.#loops.values()]) await session.release();
      this.#prepared.clear();
      this.#loops.clear();
      this.#resident.clear();
    });
  }

  async #run(name: string, inputs: Tensors): Promise<Tensors> {
    const compiled = this.#entry(name);
    const prepared = this.#prepared.get(name) ?? (await this.#prepare(name, compiled));
    if (compiled.shared !== undefined) await this.#share(compiled.shared);
    const { feeds, fetches } = prepared;
    for (const { name: input, type } of prepared.supplied) {
      // Copied into a tensor that there is: to make one takes longer.
      feeds[input] ??= this.#resident.allocate(type);
      (feeds[input].data as Float32Array).set(suppliedTensor(name, input, type, inputs).data);
    }
    await this.#call(prepared);
    const results = new Map<string, Tensor>();
    for (const { name: result, output, type } of prepared.returned) {
      const data = ((fetches[output] as OrtTensor).data as TensorData).slice();
      results.set(result, { dtype: type.dtype, shape: type.shape, data });
    }
    return results;
  }

  async #runLoop(name: string, calls: readonly Tensors[]): Promise<readonly Tensors[]> {
    const prepared = this.#loops.get(name) ?? (await this.#prepareLoop(name));
    const { feeds, fetches } = prepared;
    feeds[CALLS] = new this.#runtime.Tensor('int64', BigInt64Array.of(BigInt(calls.length)), []);
    for (const { name: input, type } of prepared.supplied) {
      const size = sizeOf(type.shape);
      const stacked = this.#resident.allocate({ dtype: type.dtype, shape: [calls.length, ...type.shape] });
      const all = stacked.data as Float32Array;
      calls.forEach((inputs, index) => {
        all.set(suppliedTensor(name, input, type, inputs).data, index * size);
      });
      feeds[input] = stacked;
    }
    for (const { output, type } of prepared.returned)
      fetches[output] = this.#resident.allocate({ dtype: type.dtype, shape: [calls.length, ...type.shape] });
    await this.#call(prepared);
    return calls.map((_, index) => {
      const results = new Map<string, Tensor>();
      for (const { name: result, output, type } of prepared.returned) {
        const size = sizeOf(type.shape);
        const data = ((fetches[output] as OrtTensor).data as TensorData).slice(index * size, (index + 1) * size);
        results.set(result, { dtype: type.dtype, shape: type.shape, data });
      }
      return results;
    });
  }

  /** Runs the model on the resident tensors and what `feeds` has besides, and replaces those that it replaces. */
  async #call({ session, feeds, fetches, resident, replaced }: PreparedEntry): Promise<void> {
    for (const tensor of resident) feeds[tensor] = this.#resident.current(tensor);
    for (const { name, output } of replaced) fetches[output] = this.#resident.spare(name);
    await session.run(feeds, fetches);
    for (const { name } of replaced) this.#resident.swap(name);
    this.#changed(new Set(replaced.map(({ name }) => name)));
  }

  /** Makes the results of shared work, unless they are there. */
  async #share(work: CompiledEntry): Promise<void> {
    if (this.#upToDate.has(work)) return;
    const { name } = work.entry;
    await this.#call(this.#prepared.get(name) ?? (await this.#prepare(name, work)));
    this.#upToDate.add(work);
  }

  #changed(names: ReadonlySet<string>): void {
    for (const work of this.#upToDate) if (work.entry.body.parameters.some(({ name }) => names.has(name))) this.#upToDate.delete(work);
  }

  #entry(name: string): CompiledEntry {
    const compiled = this.#entries.get(name);
    if (compiled === undefined) throw new InternalError(`the program has no function '${name}' that the engine compiled`);
    return compiled;
  }

  async #prepare(name: string, { entry, model, options, outputName }: CompiledEntry): Promise<PreparedEntry> {
    const session = await this.#runtime.InferenceSession.create(model(), options);
    const prepared = prepareEntry(entry, session, outputName, this.#resident);
    for (const { output, type } of prepared.returned) prepared.fetches[output] = this.#resident.allocate(type);
    this.#prepared.set(name, prepared);
    return prepared;
  }

  async #prepareLoop(name: string): Promise<PreparedEntry> {
    const { entry, loop, options, loopOutputName } = this.#entry(name);
    const session = await this.#runtime.InferenceSession.create(loop(), options);
    const prepared = prepareEntry(entry, session, loopOutputName, this.#resident);
    this.#loops.set(name, prepared);
    return prepared;
  }
}
