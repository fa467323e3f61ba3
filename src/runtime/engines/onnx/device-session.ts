/**
 * @file A compiled program on a device of ONNX Runtime. Weights, state and data sets are tensors of the device, handed from call to call without a
 * way through the host's memory; draws go in and metrics come out.
 */
import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-common';
import { InternalError } from '../../../compiler/diagnostics/internal-error.ts';
import type { Program } from '../../../compiler/ir/ir.ts';
import { printType, sizeOf, type TensorType } from '../../../compiler/ir/tensor-type.ts';
import { runOneByOne, type Session, type Tensors } from '../../engine.ts';
import { heard } from '../../heard.ts';
import type { Tensor, TensorData } from '../../tensor.ts';
import { requireType, suppliedTensor } from '../supplied.ts';
import { Turns } from '../turns.ts';
import type { CompiledEntry, OnnxRuntime } from './compile-entries.ts';
import { DeviceTensors } from './device-tensors.ts';
import { type PreparedEntry, prepareEntry } from './prepared-entry.ts';

export class DeviceSession implements Session {
  readonly parallel = 1;
  readonly #runtime: OnnxRuntime;
  readonly #entries: ReadonlyMap<string, CompiledEntry>;
  readonly #types: ReadonlyMap<string, TensorType>;
  readonly #tensors: DeviceTensors;
  readonly #prepared = new Map<string, PreparedEntry>();
  readonly #turns = new Turns();
  readonly #initialized: Promise<void>;

  constructor(
    runtime: OnnxRuntime,
    program: Program,
    entries: ReadonlyMap<string, CompiledEntry>,
    options: InferenceSession.SessionOptions,
  ) {
    this.#runtime = runtime;
    this.#entries = entries;
    const data = program.functions.flatMap(({ inputs }) => inputs.filter(({ kind }) => kind === 'data'));
    this.#types = new Map([...program.weights, ...program.state, ...data].map(({ name, type }) => [name, type]));
    this.#tensors = new DeviceTensors(runtime, options);
    const initial = program.state.map(({ name, type, initial }): [string, Tensor] => [name, { ...type, data: filled(type, initial) }]);
    this.#initialized = heard(this.#writeAll(initial));
  }

  write(tensors: Tensors): Promise<void> {
    return this.#inTurn(() => this.#writeAll(tensors));
  }

  read(names: readonly string[]): Promise<Tensors> {
    return this.#inTurn(async () => {
      const found = new Map<string, Tensor>();
      for (const name of names) found.set(name, { ...this.#type(name), data: await this.#tensors.read(name) });
      return found;
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

  dispose(): Promise<void> {
    return this.#inTurn(async () => {
      for (const { session } of this.#prepared.values()) await session.release();
      this.#prepared.clear();
      await this.#tensors.dispose();
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    return this.#turns.take(() => this.#initialized.then(work));
  }

  async #writeAll(tensors: Iterable<readonly [string, Tensor]>): Promise<void> {
    for (const [name, tensor] of tensors) {
      const type = this.#type(name);
      requireType(name, type, tensor);
      await this.#tensors.write(name, this.#host(type, tensor.data));
    }
  }

  /** Devices have no bytes: images are floats there. */
  #host({ dtype, shape }: TensorType, data: TensorData): OrtTensor {
    const { Tensor: OnnxTensor } = this.#runtime;
    if (dtype === 'int') return new OnnxTensor('int32', data as Int32Array, shape);
    if (dtype === 'bool') return new OnnxTensor('bool', data as Uint8Array, shape);
    return new OnnxTensor('float32', data instanceof Float32Array ? data : Float32Array.from(data), shape);
  }

  async #run(name: string, inputs: Tensors): Promise<Tensors> {
    const { session, feeds, resident, supplied, replaced, returned } = this.#prepared.get(name) ?? (await this.#prepare(name));
    for (const tensor of resident) feeds[tensor] = this.#tensors.current(tensor);
    for (const { name: input, type } of supplied) feeds[input] = this.#host(type, suppliedTensor(name, input, type, inputs).data);
    const outputs = await session.run(feeds);
    for (const { name: kept, output } of replaced) this.#tensors.replace(kept, outputs[output] as OrtTensor);
    return new Map(
      returned.map(({ name: result, output, type }) => {
        const data = (outputs[output] as OrtTensor).data as TensorData;
        if (data.length !== sizeOf(type.shape)) throw new InternalError(`'${result}' is not ${printType(type)}`);
        return [result, { dtype: type.dtype, shape: type.shape, data }];
      }),
    );
  }

  async #prepare(name: string): Promise<PreparedEntry> {
    const compiled = this.#entries.get(name);
    if (compiled === undefined) throw new InternalError(`the program has no function '${name}' that the engine compiled`);
    const { entry, model, options, outputName } = compiled;
    const locations = entry.body.results.map((result) => [outputName(result.name), this.#types.has(result.name) ? 'gpu-buffer' : 'cpu']);
    const session = await this.#runtime.InferenceSession.create(model(), {
      ...options,
      preferredOutputLocation: Object.fromEntries(locations) as Record<string, 'gpu-buffer' | 'cpu'>,
    });
    const prepared = prepareEntry(entry, session, outputName, this.#types);
    this.#prepared.set(name, prepared);
    return prepared;
  }

  #type(name: string): TensorType {
    const type = this.#types.get(name);
    if (type === undefined) throw new InternalError(`the session has no tensor '${name}'`);
    return type;
  }
}

function filled({ dtype, shape }: TensorType, value: number): TensorData {
  const size = sizeOf(shape);
  if (dtype === 'float') return new Float32Array(size).fill(value);
  return dtype === 'int' ? new Int32Array(size).fill(value) : new Uint8Array(size).fill(value);
}
