/** @file What a call was given, checked against what the function takes. */
import { InternalError } from '../../compiler/diagnostics/internal-error.ts';
import { printType, sameType, sizeOf, type TensorType } from '../../compiler/ir/tensor-type.ts';
import type { Tensors } from '../engine.ts';
import type { Tensor } from '../tensor.ts';

export function requireType(name: string, type: TensorType, tensor: Tensor): void {
  if (!sameType(type, tensor) || tensor.data.length !== sizeOf(type.shape)) {
    throw new InternalError(`'${name}' is ${printType(type)}, not ${printType(tensor)} with ${tensor.data.length} elements`);
  }
}

/** The tensor that a call of `entry` supplies for its input `name`. */
export function suppliedTensor(entry: string, name: string, type: TensorType, inputs: Tensors): Tensor {
  const tensor = inputs.get(name);
  if (tensor === undefined) throw new InternalError(`'${entry}' was called without its input '${name}'`);
  requireType(name, type, tensor);
  return tensor;
}
