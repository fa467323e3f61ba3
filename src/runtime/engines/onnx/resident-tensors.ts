/** @file Weights, state and data sets of a session, kept as ONNX Runtime tensors over arrays that JavaScript owns: fed without copies. */
import type { Tensor as OrtTensor, TensorConstructor } from 'onnxruntime-common';
import { InternalError } from '../../../compiler/diagnostics/internal-error.ts';
import { printType, sameType, sizeOf, type TensorType } from '../../../compiler/ir/tensor-type.ts';
import type { Tensor, TensorData } from '../../tensor.ts';
import { requireType } from '../supplied.ts';

/** Every tensor has a spare buffer once a call replaces it: the call writes the spare, then the two change places. */
interface Slot {
  readonly type: TensorType;
  current: OrtTensor;
  spare: OrtTensor | undefined;
}

const ELEMENT_OF = { float: 'float32', int: 'int32', bool: 'bool', uint8: 'uint8' } as const;

export class ResidentTensors {
  readonly #Tensor: TensorConstructor;
  readonly #slots = new Map<string, Slot>();

  constructor(tensorClass: TensorConstructor) {
    this.#Tensor = tensorClass;
  }

  declare(name: string, type: TensorType): void {
    const known = this.#slots.get(name);
    if (known !== undefined) {
      if (!sameType(known.type, type)) throw new InternalError(`'${name}' is ${printType(known.type)} and ${printType(type)}`);
      return;
    }
    this.#slots.set(name, { type, current: this.allocate(type), spare: undefined });
  }

  has(name: string): boolean {
    return this.#slots.has(name);
  }

  current(name: string): OrtTensor {
    return this.#slot(name).current;
  }

  spare(name: string): OrtTensor {
    const slot = this.#slot(name);
    slot.spare ??= this.allocate(slot.type);
    return slot.spare;
  }

  /** Makes the spare buffer the tensor. */
  swap(name: string): void {
    const slot = this.#slot(name);
    if (slot.spare === undefined) throw new InternalError(`'${name}' has no spare buffer`);
    [slot.current, slot.spare] = [slot.spare, slot.current];
  }

  /** Data sets are not copied: nobody changes them. */
  write(name: string, tensor: Tensor): void {
    const slot = this.#slot(name);
    requireType(name, slot.type, tensor);
    if (tensor.dtype === 'uint8') slot.current = this.over(slot.type, tensor.data);
    else (slot.current.data as Exclude<TensorData, Float64Array>).set(tensor.data);
  }

  read(name: string): Tensor {
    const { type, current } = this.#slot(name);
    return { dtype: type.dtype, shape: type.shape, data: (current.data as TensorData).slice() };
  }

  allocate(type: TensorType): OrtTensor {
    const size = sizeOf(type.shape);
    const data = type.dtype === 'float' ? new Float32Array(size) : type.dtype === 'int' ? new Int32Array(size) : new Uint8Array(size);
    return this.over(type, data);
  }

  /** A tensor over `data` itself; float64 is copied to float32. */
  over(type: TensorType, data: TensorData): OrtTensor {
    const fed = data instanceof Float64Array ? Float32Array.from(data) : data;
    return new this.#Tensor(ELEMENT_OF[type.dtype], fed, type.shape);
  }

  clear(): void {
    this.#slots.clear();
  }

  #slot(name: string): Slot {
    const slot = this.#slots.get(name);
    if (slot === undefined) throw new InternalError(`the session has no tensor '${name}'`);
    return slot;
  }
}
