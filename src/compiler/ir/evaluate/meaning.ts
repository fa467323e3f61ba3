/** @file What the meaning of a primitive is, and the row-wise walk over strided tensors that meanings share. */
import { allocate, type HostArray, type HostData } from '../host-array.ts';
import type { Func } from '../ir.ts';
import type { Attributes, PrimitiveName } from '../primitives.ts';
import { sizeOf, type TensorType } from '../tensor-type.ts';

/** Evaluates a region of a structural primitive. */
export type Run = (body: Func, args: readonly HostArray[]) => readonly HostArray[];

/** Results of one application; `types` are the result types that the type rule gave. Operands are never changed. */
export type Meaning<P extends PrimitiveName> = (
  operands: readonly HostArray[],
  attributes: Attributes[P],
  types: readonly TensorType[],
  run: Run,
) => readonly HostArray[];

export type MeaningTable<P extends PrimitiveName> = { readonly [Q in P]: Meaning<Q> };

/** A meaning with one result that is computed from the operands' elements into a zeroed array. */
export function filling<P extends PrimitiveName>(
  fill: (result: HostData, operands: readonly HostArray[], attributes: Attributes[P], type: TensorType) => void,
): Meaning<P> {
  return (operands, attributes, types) => {
    const type = types[0] as TensorType;
    const data = allocate(type.dtype, sizeOf(type.shape));
    fill(data, operands, attributes, type);
    return [{ type, data }];
  };
}

export function operandAt(operands: readonly HostArray[], index: number): HostArray {
  return operands[index] as HostArray;
}

/** Length of the rows that `forEachRow` visits: the last dimension, 1 for a scalar. */
export function rowLength(shape: readonly number[]): number {
  return shape.length === 0 ? 1 : (shape[shape.length - 1] as number);
}

/** The last of the strides: the step within a row. */
export function rowStep(strides: readonly number[]): number {
  return strides.length === 0 ? 0 : (strides[strides.length - 1] as number);
}

/**
 * Visits every row (all dimensions but the last) of a tensor of `shape` in row-major order, with the row's number and the offset that
 * `strides` give it. Per-element loops stay with the caller: a call per element would cost more than the arithmetic.
 */
export function forEachRow(
  shape: readonly number[],
  strides: readonly number[],
  start: number,
  visit: (offset: number, row: number) => void,
): void {
  if (sizeOf(shape) === 0) return;
  const outer = Math.max(shape.length - 1, 0);
  const position = new Array<number>(outer).fill(0);
  let offset = start;
  for (let row = 0; ; row++) {
    visit(offset, row);
    let axis = outer - 1;
    for (; axis >= 0; axis--) {
      const next = (position[axis] as number) + 1;
      offset += strides[axis] as number;
      if (next < (shape[axis] as number)) {
        position[axis] = next;
        break;
      }
      offset -= next * (strides[axis] as number);
      position[axis] = 0;
    }
    if (axis < 0) return;
  }
}

/** Fills `target`, row-major of `shape`, from the strided elements of `source`. */
export function readStrided(target: HostData, source: HostData, shape: readonly number[], strides: readonly number[], start: number): void {
  const length = rowLength(shape);
  const step = rowStep(strides);
  forEachRow(shape, strides, start, (offset, row) => {
    let from = offset;
    const end = (row + 1) * length;
    for (let to = row * length; to < end; to++, from += step) target[to] = source[from] as number;
  });
}

/** Writes `source`, row-major of `shape`, to the strided elements of `target`. */
export function writeStrided(
  target: HostData,
  source: HostData,
  shape: readonly number[],
  strides: readonly number[],
  start: number,
): void {
  const length = rowLength(shape);
  const step = rowStep(strides);
  forEachRow(shape, strides, start, (offset, row) => {
    let to = offset;
    const end = (row + 1) * length;
    for (let from = row * length; from < end; from++, to += step) target[to] = source[from] as number;
  });
}
