/** @file A compiled program on ONNX Runtime. One InferenceSession per entry function, made when the function is first called. */
import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-common';
import { InternalError } from '../../../compiler/diagnostics/internal-error.ts';
import type { EntryFunction, Program } from '../../../compiler/ir/ir.ts';
import type { TensorType } from '../../../compiler/ir/tensor-type.ts';
import { runOneByOne, type Session, type Tensors } from '../../engine.ts';
import type { Tensor, TensorData } from '../../tensor.ts';
import { ResidentTensors, requireType } from './resident-tensors.ts';

type OnnxRuntime = typeof import('onnxruntime-node');

/** An entry function, its model, and how to run it. */
export interface CompiledEntry {
  readonly entry: EntryFunction;
  readonly model: Uint8Array;
  readonly options: InferenceSession.SessionOptions;
  /** Name of the model's output for a result of the function. */
  readonly outputName: (result: string) => string;
}

/** What a call needs that does not change between calls. */
interface Prepared {
  readonly session: InferenceSession;
  readonly feeds: Record<string, OrtTensor>;
  readonly fetches: Record<string, OrtTensor>;
  readonly resident: readonly string[];
  readonly supplied: readonly { readonly name: string; readonly type: TensorType }[];
  /** Results that replace a resident tensor, and the outputs they come from. */
  readonly replaced: readonly { readonly name: string; readonly output: string }[];
  readonly returned: readonly { readonly name: string; readonly output: string; readonly type: TensorType }[];
}

export class OnnxSession implements Session {
  readonly parallel = 1;
  readonly #runtime: OnnxRuntime;
  readonly #entries: ReadonlyMap<string, CompiledEntry>;
  readonly #resident: ResidentTensors;
  readonly #prepared = new Map<string, Prepared>();
  #last: Promise<void> = Promise.resolve();

  constructor(runtime: OnnxRuntime, program: Program, entries: ReadonlyMap<string, CompiledEntry>) {
    this.#runtime = runtime;
    this.#entries = entries;
    this.#resident = new ResidentTensors(runtime.Tensor);
    for (const { name, type } of [...program.weights, ...program.state]) this.#resident.declare(name, type);
    for (const { initial, name, type } of program.state) {
      const size = (this.#resident.current(name).data as TensorData).length;
      this.#resident.write(name, { ...type, data: new Float64Array(size).fill(initial) });
    }
    for (const { entry } of entries.values()) {
      for (const input of entry.inputs) if (input.kind === 'data') this.#resident.declare(input.name, input.type);
    }
  }

  async write(tensors: Tensors): Promise<void> {
    for (const [name, tensor] of tensors) this.#resident.write(name, tensor);
  }

  async read(names: readonly string[]): Promise<Tensors> {
    return new Map(names.map((name) => [name, this.#resident.read(name)]));
  }

  /** Calls wait for each other: they replace tensors in place. */
  run(name: string, inputs: Tensors): Promise<Tensors> {
    const result = this.#last.then(() => this.#run(name, inputs));
    this.#last = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }

  async #run(name: string, inputs: Tensors): Promise<Tensors> {
    const prepared = this.#prepared.get(name) ?? (await this.#prepare(name));
    const { feeds, fetches, resident } = prepared;
    for (const tensor of resident) feeds[tensor] = this.#resident.current(tensor);
    for (const { name: input, type } of prepared.supplied) {
      const tensor = inputs.get(input);
      if (tensor === undefined) throw new InternalError(`'${name}' was called without its input '${input}'`);
      requireType(input, type, tensor);
      feeds[input] = this.#resident.over(type, tensor.data);
    }
    for (const { name: replaced, output } of prepared.replaced) fetches[output] = this.#resident.spare(replaced);
    await prepared.session.run(feeds, fetches);
    for (const { name: replaced } of prepared.replaced) this.#resident.swap(replaced);
    const results = new Map<string, Tensor>();
    for (const { name: result, output, type } of prepared.returned) {
      const data = ((fetches[output] as OrtTensor).data as TensorData).slice();
      results.set(result, { dtype: type.dtype, shape: type.shape, data });
    }
    return results;
  }

  callsAtOnce(): number {
    return 1;
  }

  runMany(entry: string, calls: readonly Tensors[]): Promise<readonly Tensors[]> {
    return runOneByOne(this, entry, calls);
  }

  async dispose(): Promise<void> {
    for (const { session } of this.#prepared.values()) await session.release();
    this.#prepared.clear();
    this.#resident.clear();
  }

  async #prepare(name: string): Promise<Prepared> {
    const compiled = this.#entries.get(name);
    if (compiled === undefined) throw new InternalError(`the program has no function '${name}' that the engine compiled`);
    const { entry, model, options, outputName } = compiled;
    const session = await this.#runtime.InferenceSession.create(model, options);
    // Parameters that the function does not use are no inputs of the model.
    const parameters = entry.body.parameters.filter((parameter) => session.inputNames.includes(parameter.name));
    const results = entry.body.results.map(({ name: result, value }) => ({ name: result, output: outputName(result), type: value.type }));
    const returned = results.filter((result) => !this.#resident.has(result.name));
    const prepared: Prepared = {
      session,
      feeds: {},
      fetches: Object.fromEntries(returned.map(({ output, type }) => [output, this.#resident.allocate(type)])),
      resident: parameters.map((parameter) => parameter.name).filter((parameter) => this.#resident.has(parameter)),
      supplied: parameters
        .filter((parameter) => !this.#resident.has(parameter.name))
        .map((parameter) => ({ name: parameter.name, type: parameter.value.type })),
      replaced: results.filter((result) => this.#resident.has(result.name)),
      returned,
    };
    this.#prepared.set(name, prepared);
    return prepared;
  }
}
