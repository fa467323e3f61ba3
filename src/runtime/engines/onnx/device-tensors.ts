/**
 * @file Tensors of a session that stay on a device of ONNX Runtime (WebGPU). They get there and back through models of one Identity node: the
 * package has no other way that does not end the process (`Tensor.getData` of onnxruntime-node 1.30 aborts).
 */
import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-common';
import { InternalError } from '../../../compiler/diagnostics/internal-error.ts';
import { encodeModel } from '../../../compiler/emit/onnx/encode.ts';
import type { ElementType, OnnxGraph } from '../../../compiler/emit/onnx/graph.ts';
import { sizeOf } from '../../../compiler/ir/tensor-type.ts';
import type { TensorData } from '../../tensor.ts';
import type { OnnxRuntime } from './compile-entries.ts';

interface Mover {
  readonly up: InferenceSession;
  readonly down: InferenceSession;
}

export class DeviceTensors {
  readonly #runtime: OnnxRuntime;
  readonly #options: InferenceSession.SessionOptions;
  readonly #movers = new Map<string, Mover>();
  readonly #tensors = new Map<string, OrtTensor>();

  /** `options`: of a session on the device. */
  constructor(runtime: OnnxRuntime, options: InferenceSession.SessionOptions) {
    this.#runtime = runtime;
    this.#options = options;
  }

  current(name: string): OrtTensor {
    const tensor = this.#tensors.get(name);
    if (tensor === undefined) throw new InternalError(`'${name}' was never written`);
    return tensor;
  }

  /** Takes a tensor of the device over from a call; what it replaces is freed. */
  replace(name: string, tensor: OrtTensor): void {
    this.#tensors.get(name)?.dispose();
    this.#tensors.set(name, tensor);
  }

  async write(name: string, tensor: OrtTensor): Promise<void> {
    const { up } = await this.#mover(tensor.type as ElementType, tensor.dims);
    const { moved } = await up.run({ given: tensor });
    if (moved === undefined) throw new InternalError(`'${name}' did not arrive`);
    this.replace(name, moved as OrtTensor);
  }

  async read(name: string): Promise<TensorData> {
    const tensor = this.current(name);
    const { down } = await this.#mover(tensor.type as ElementType, tensor.dims);
    const { moved } = await down.run({ given: tensor });
    const data = (moved as OrtTensor | undefined)?.data as TensorData | undefined;
    if (data?.length !== sizeOf(tensor.dims)) throw new InternalError(`'${name}' did not come back whole`);
    return data;
  }

  async dispose(): Promise<void> {
    for (const tensor of this.#tensors.values()) tensor.dispose();
    this.#tensors.clear();
    for (const { up, down } of this.#movers.values()) {
      await up.release();
      await down.release();
    }
    this.#movers.clear();
  }

  async #mover(element: ElementType, shape: readonly number[]): Promise<Mover> {
    const key = `${element}[${shape.join(',')}]`;
    const known = this.#movers.get(key);
    if (known !== undefined) return known;
    const graph: OnnxGraph = {
      name: 'move',
      inputs: [{ name: 'given', element, shape }],
      outputs: [{ name: 'moved', element, shape }],
      initializers: [],
      nodes: [{ op: 'Identity', inputs: ['given'], outputs: ['moved'], attributes: {}, source: undefined }],
    };
    const model = encodeModel(graph);
    const { InferenceSession } = this.#runtime;
    const mover: Mover = {
      up: await InferenceSession.create(model, { ...this.#options, preferredOutputLocation: 'gpu-buffer' }),
      down: await InferenceSession.create(model, this.#options),
    };
    this.#movers.set(key, mover);
    return mover;
  }
}
