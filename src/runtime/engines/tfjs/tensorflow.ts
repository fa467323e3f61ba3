/**
 * @file The part of TensorFlow.js that the engine uses, as interfaces of its own: the packages are optional peers, so nothing of metac may
 * import their types. `@tensorflow/tfjs-core` and everything that re-exports it (`tfjs`, `tfjs-node`) has this shape.
 */

export type TfDType = 'float32' | 'int32' | 'bool';

export interface TfTensor {
  readonly shape: readonly number[];
  readonly dtype: string;
  dispose(): void;
  data(): Promise<Float32Array | Int32Array | Uint8Array>;
}

export type Attribute = null | boolean | number | string | readonly Attribute[];
export type Attributes = Readonly<Record<string, Attribute>>;

interface TfEngine {
  /** The name of the active backend. */
  readonly backendName: string;
  /** Runs a kernel of the active backend, without a gradient tape. `inputs` is a list for kernels that take any number. */
  runKernel(kernel: string, inputs: never, attributes?: never): unknown;
}

export interface TensorFlow {
  readonly version_core: string;
  engine(): TfEngine;
  tensor(values: Float32Array | Int32Array | Uint8Array, shape: number[], dtype: TfDType): TfTensor;
  /** Disposes of all tensors made within but those returned. */
  tidy<T extends readonly TfTensor[]>(run: () => T): T;
  memory(): { readonly numTensors: number; readonly numDataBuffers: number; readonly numBytes: number };
  findBackend(name: string): unknown;
  /** Whether a factory of this name is there, initialised or not. */
  findBackendFactory(name: string): unknown;
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
  getBackend(): string;
}

/** Kernels take their operands by name, or in a list. */
export type KernelInputs = Readonly<Record<string, TfTensor>> | readonly TfTensor[];

export function runKernel(tf: TensorFlow, kernel: string, inputs: KernelInputs, attributes: Attributes): TfTensor {
  return tf.engine().runKernel(kernel, inputs as never, attributes as never) as TfTensor;
}
