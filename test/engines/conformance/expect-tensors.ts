/** @file How close tensors of an engine have to be to those of the reference engine. */
import { expect } from 'vitest';
import type { HostArray } from '../../../src/compiler/ir/host-array.ts';
import { sizeOf } from '../../../src/compiler/ir/tensor-type.ts';
import type { Tensors } from '../../../src/runtime/engine.ts';
import type { Tensor } from '../../../src/runtime/tensor.ts';

/** Element by element: floats within `tolerance` relative to the larger of 1 and the number, anything else equal; type and shape too. */
export function expectArray(name: string, found: Tensor, expected: HostArray, tolerance: number): void {
  const { dtype, shape } = expected.type;
  expect([name, found.dtype, found.shape, found.data.length]).toEqual([name, dtype, shape, sizeOf(shape)]);
  expected.data.forEach((value, position) => {
    const got = found.data[position] as number;
    const allowed = dtype === 'float' && Number.isFinite(value) ? tolerance * Math.max(1, Math.abs(value)) : 0;
    const close = got === value || Math.abs(got - value) <= allowed || (Number.isNaN(got) && Number.isNaN(value));
    expect(close, `${name}[${position}]: expected ${value}, found ${got}`).toBe(true);
  });
}

/** As `largestError`, which must not be above `tolerance`. */
export function expectTensors(found: Tensors, expected: Tensors, tolerance: number, floor = 1e-9): void {
  const { name, relative } = largestError(found, expected, floor);
  expect(relative, `${name}: relative error ${relative}`).toBeLessThanOrEqual(tolerance);
}

/**
 * The worst of the tensors of `expected`: its largest difference relative to its largest entry, or to `floor` where that is larger. Entries
 * that cancel to almost nothing have no digits in float32. NaN where anything is NaN.
 */
export function largestError(found: Tensors, expected: Tensors, floor: number): { readonly name: string; readonly relative: number } {
  let worst = { name: 'nothing', relative: 0 };
  for (const [name, { data }] of expected) {
    const got = tensorOf(found, name).data;
    expect([name, got.length]).toEqual([name, data.length]);
    let [scale, largest] = [floor, 0];
    for (let index = 0; index < data.length; index++) {
      scale = Math.max(scale, Math.abs(data[index] as number));
      largest = Math.max(largest, Math.abs((got[index] as number) - (data[index] as number)));
    }
    if (Number.isNaN(largest) || largest / scale > worst.relative) worst = { name, relative: largest / scale };
    if (Number.isNaN(worst.relative)) return worst;
  }
  return worst;
}

export function tensorOf(tensors: Tensors, name: string): Tensor {
  const tensor = tensors.get(name);
  if (tensor === undefined) throw new Error(`no ${name} among ${[...tensors.keys()].join(', ')}`);
  return tensor;
}

/** The share of all numbers that are as near as `tolerance` to the expected one, relative to the larger of 1 and the number. */
export function shareWithin(found: Tensors, expected: Tensors, tolerance: number): number {
  let [near, all] = [0, 0];
  for (const [name, { data }] of expected) {
    const got = tensorOf(found, name).data;
    all += data.length;
    data.forEach((value, index) => {
      if (Math.abs((got[index] as number) - value) <= tolerance * Math.max(1, Math.abs(value))) near++;
    });
  }
  return near / all;
}
