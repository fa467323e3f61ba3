/** @file What layers over height and width share: pairs of sizes, padding, and the way between [n, h, w, c] and [n, c, h, w]. */
import { wrongArgument } from '../../diagnostics/catalogue/arguments.ts';
import { DiagnosticError } from '../../diagnostics/diagnostic.ts';
import type { Arguments } from '../builtin.ts';
import { dim } from '../dims.ts';
import type { Dim } from '../meaning.ts';

export type Pair = readonly [number, number];

/** A number for both directions, or `height x width`. Throws E0355 for lists of another length. */
export function readPair(callee: string, values: Arguments, name: string): Pair {
  const numbers = values.numbers(name);
  const [height, width = height] = numbers;
  if (height === undefined || width === undefined || numbers.length > 2)
    throw new DiagnosticError(
      wrongArgument(callee, name, 'one number, or two: `3 x 3`', `a list of ${numbers.length}`, values.rangeOf(name)),
    );
  return [height, width];
}

/**
 * TensorFlow's SAME rule: ceil(size / stride) outputs, with the padding split evenly and the odd one at the end.
 * https://www.tensorflow.org/api_docs/python/tf/nn (notes on padding)
 */
export function samePadding(size: number, kernel: number, stride: number, dilation: number): Pair {
  const outputs = Math.ceil(size / stride);
  const total = Math.max((outputs - 1) * stride + (kernel - 1) * dilation + 1 - size, 0);
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}

/** The size after a window moved over it; keeps the name when the size stays the same. */
export function resized(before: Dim, size: number): Dim {
  return before.size === size ? before : dim(size);
}

/** NHWC -> NCHW. */
export const channelsFirst: readonly number[] = [0, 3, 1, 2];
/** NCHW -> NHWC. */
export const channelsLast: readonly number[] = [0, 2, 3, 1];
/** HWIO -> OIHW. */
export const kernelOutFirst: readonly number[] = [3, 2, 0, 1];
