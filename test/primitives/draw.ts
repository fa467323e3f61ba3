/** @file Deterministic numbers for samples: the same on every machine, without ties unless asked for. */
import { type HostArray, hostArray } from '../../src/compiler/ir/host-array.ts';
import { sizeOf } from '../../src/compiler/ir/tensor-type.ts';

/** Mulberry32: uniform numbers on [0, 1). */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** A float array whose elements are well apart: a shuffled grid over [low, high], with a little noise. */
export function floats(shape: readonly number[], seed: number, low = -2, high = 2): HostArray {
  const next = generator(seed);
  const size = sizeOf(shape);
  const order = Array.from({ length: size }, (_, index) => index);
  for (let index = size - 1; index > 0; index--) {
    const other = Math.floor(next() * (index + 1));
    [order[index], order[other]] = [order[other] as number, order[index] as number];
  }
  const values = order.map((rank) => low + ((high - low) * (rank + 0.3 + 0.4 * next())) / size);
  return hostArray('float', shape, values);
}

/** An int array on [0, limit). */
export function indices(shape: readonly number[], seed: number, limit: number): HostArray {
  const next = generator(seed);
  return hostArray(
    'int',
    shape,
    Array.from({ length: sizeOf(shape) }, () => Math.floor(next() * limit)),
  );
}

/** A bool array of fair coin tosses. */
export function coins(shape: readonly number[], seed: number): HostArray {
  const next = generator(seed);
  return hostArray(
    'bool',
    shape,
    Array.from({ length: sizeOf(shape) }, () => (next() < 0.5 ? 0 : 1)),
  );
}
