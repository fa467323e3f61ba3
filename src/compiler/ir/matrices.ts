/** @file Tensors as stacks of matrices: what the meaning of `dot_general` and its lowerings share. */
import { sizeOf } from './tensor-type.ts';

/** The axes of a tensor of `rank` dimensions that none of the lists names. */
export function freeAxes(rank: number, ...taken: readonly (readonly number[])[]): number[] {
  return Array.from({ length: rank }, (_, axis) => axis).filter((axis) => !taken.some((axes) => axes.includes(axis)));
}

/** Whether the elements of a tensor already lie in the order of `axes`: to move dimensions of size 1 moves nothing. */
export function liesInOrder(shape: readonly number[], axes: readonly number[]): boolean {
  const proper = axes.filter((axis) => shape[axis] !== 1);
  return proper.every((axis, index) => index === 0 || axis > (proper[index - 1] as number));
}

export interface MatrixStack {
  /** How to transpose the tensor first. */
  readonly order: readonly number[];
  /** What to reshape it to then: [batch, rows, columns], or [batch, columns, rows] where `transposed`. */
  readonly shape: readonly [number, number, number];
  readonly transposed: boolean;
}

/** A tensor as matrices, stored transposed where that needs no transpose and `mayTranspose` says that the product takes it. */
export function matrixStack(
  shape: readonly number[],
  batch: readonly number[],
  rows: readonly number[],
  columns: readonly number[],
  mayTranspose = true,
): MatrixStack {
  const size = (axes: readonly number[]): number => sizeOf(axes.map((axis) => shape[axis] as number));
  const turned = [...batch, ...columns, ...rows];
  const order = [...batch, ...rows, ...columns];
  if (mayTranspose && !liesInOrder(shape, order) && liesInOrder(shape, turned))
    return { order: turned, shape: [size(batch), size(columns), size(rows)], transposed: true };
  return { order, shape: [size(batch), size(rows), size(columns)], transposed: false };
}
