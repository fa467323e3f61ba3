/** @file Tensors on the host. */
import type { DType } from '../compiler/ir/tensor-type.ts';

export type TensorData = Float32Array | Float64Array | Int32Array | Uint8Array;

/** Row-major. float: Float32Array or Float64Array; int: Int32Array; bool (0, 1) and uint8: Uint8Array. */
export interface Tensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: TensorData;
}
