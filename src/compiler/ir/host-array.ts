/** @file Tensors of the reference evaluator: a type and row-major elements. */
import { InternalError } from '../diagnostics/internal-error.ts';
import { type DType, printType, sizeOf, type TensorType, tensorType } from './tensor-type.ts';

export type HostData = Float64Array | Int32Array | Uint8Array;

/** Row-major. float: Float64Array; int: Int32Array; bool (0, 1) and uint8: Uint8Array. */
export interface HostArray {
  readonly type: TensorType;
  readonly data: HostData;
}

/** Zeros of the representation that `dtype` has. */
export function allocate(dtype: DType, size: number): HostData {
  switch (dtype) {
    case 'float':
      return new Float64Array(size);
    case 'int':
      return new Int32Array(size);
    case 'bool':
    case 'uint8':
      return new Uint8Array(size);
  }
}

/** A new array filled with zeros. */
export function zeros(type: TensorType): HostArray {
  return { type, data: allocate(type.dtype, sizeOf(type.shape)) };
}

/** An array of the given row-major elements; one element is splatted. Throws InternalError on any other count. */
export function hostArray(dtype: DType, shape: readonly number[], values: ArrayLike<number>): HostArray {
  const type = tensorType(dtype, shape);
  const result = zeros(type);
  if (values.length === 1) result.data.fill(values[0] as number);
  else if (values.length === result.data.length) result.data.set(values);
  else throw new InternalError(`${values.length} values for ${printType(type)}`);
  return result;
}

/** The one element of a scalar. */
export function scalarOf(array: HostArray): number {
  const value = array.data[0];
  if (value === undefined || array.data.length !== 1) throw new InternalError(`a scalar was expected, found ${printType(array.type)}`);
  return value;
}
