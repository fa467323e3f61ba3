/** @file Between the runtime's tensors and the evaluator's arrays. Elements are copied: neither side sees the other change them. */
import { InternalError } from '../../../compiler/diagnostics/internal-error.ts';
import type { HostArray } from '../../../compiler/ir/host-array.ts';
import { hostArray } from '../../../compiler/ir/host-array.ts';
import { printType, sizeOf, type TensorType, tensorType } from '../../../compiler/ir/tensor-type.ts';
import type { Tensor } from '../../tensor.ts';

/** Throws InternalError when the tensor has not the declared type (floats of either width are floats). */
export function toArray(name: string, tensor: Tensor, type: TensorType): HostArray {
  const found = tensorType(tensor.dtype, tensor.shape);
  if (printType(found) !== printType(type)) throw new InternalError(`${name} is ${printType(type)}, written as ${printType(found)}`);
  if (tensor.data.length !== sizeOf(tensor.shape))
    throw new InternalError(`${name}: ${tensor.data.length} elements for ${printType(found)}`);
  return hostArray(tensor.dtype, tensor.shape, tensor.data);
}

export function toTensor(array: HostArray): Tensor {
  return { dtype: array.type.dtype, shape: array.type.shape, data: array.data.slice() };
}
