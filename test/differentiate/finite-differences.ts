/** @file Central differences on the reference evaluator, to hold gradients against. */
import { evaluateFunction } from '../../src/compiler/ir/evaluate/evaluate.ts';
import { type HostArray, scalarOf } from '../../src/compiler/ir/host-array.ts';
import type { Func } from '../../src/compiler/ir/ir.ts';

/** Cube root of the unit round-off, about: where truncation and rounding of a central difference balance. */
const step = 6e-6;

function lossAt(f: Func, args: readonly HostArray[]): number {
  return scalarOf(evaluateFunction(f, args)[0] as HostArray);
}

/** d(first result)/d(argument), one number per element of the float argument `index`. */
export function finiteDifferences(f: Func, args: readonly HostArray[], index: number): Float64Array {
  const argument = args[index] as HostArray;
  return Float64Array.from(argument.data, (value, element) => {
    const moved = (by: number): number => {
      const data = Float64Array.from(argument.data);
      data[element] = value + by;
      return lossAt(
        f,
        args.map((other, position) => (position === index ? { type: other.type, data } : other)),
      );
    };
    const size = step * Math.max(1, Math.abs(value));
    return (moved(size) - moved(-size)) / (2 * size);
  });
}

/** Largest |a - b|, relative to the largest magnitude there is, or to 1 if that is smaller. */
export function relativeDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let scale = 1;
  let distance = 0;
  for (let index = 0; index < a.length; index++) {
    const [left, right] = [a[index] as number, b[index] as number];
    if (Number.isNaN(left) !== Number.isNaN(right)) return Number.POSITIVE_INFINITY;
    scale = Math.max(scale, Math.abs(left), Math.abs(right));
    distance = Math.max(distance, Math.abs(left - right));
  }
  return distance / scale;
}
