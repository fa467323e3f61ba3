/** @file Types of IR values: an element type and a concrete shape. */

/** `float` has the precision of the engine that runs it: float64 in `reference`, float32 in `onnx`. `uint8` occurs in data sets only. */
export type DType = 'float' | 'int' | 'bool' | 'uint8';

export interface TensorType {
  readonly dtype: DType;
  readonly shape: readonly number[];
}

export function tensorType(dtype: DType, shape: readonly number[]): TensorType {
  return { dtype, shape };
}

export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const dimension of shape) size *= dimension;
  return size;
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((dimension, index) => dimension === b[index]);
}

export function sameType(a: TensorType, b: TensorType): boolean {
  return a.dtype === b.dtype && sameShape(a.shape, b.shape);
}

/** `float[5, 28, 28]`; a scalar is `float[]`. */
export function printType(type: TensorType): string {
  return `${type.dtype}[${type.shape.join(', ')}]`;
}

/** Row-major strides, in elements. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis] as number;
  }
  return strides;
}

/** What a tensor takes on an engine whose floats have `floatBytes` bytes. */
export function bytesOf({ dtype, shape }: TensorType, floatBytes = 4): number {
  return sizeOf(shape) * ELEMENT_BYTES[dtype](floatBytes);
}

const ELEMENT_BYTES: Readonly<Record<DType, (floatBytes: number) => number>> = {
  float: (floatBytes) => floatBytes,
  int: () => 4,
  bool: () => 1,
  uint8: () => 1,
};
