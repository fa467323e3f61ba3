/**
 * @file A convolution with every dimension named. Passes of the compiler write the images of a batch into the last spatial dimension (rows of
 * W * N elements, kernels dilated by N); here such a dimension becomes W and N again, so that any device sees an ordinary convolution.
 */
import type { Attributes } from '../../ir/primitives.ts';

/** One spatial dimension: sizes, and where the kernel meets the input. */
export interface Spatial {
  readonly input: number;
  readonly kernel: number;
  readonly output: number;
  readonly stride: number;
  readonly low: number;
  readonly high: number;
  readonly lhsDilation: number;
  readonly rhsDilation: number;
}

/** A dimension of the original convolution as one or two dimensions. */
export type Part =
  /** Slides along the input; all three tensors have it. */
  | { readonly kind: 'spatial'; readonly spatial: Spatial }
  /** Slides, and beside it `count` positions that never meet: input and result have two dimensions, the kernel one. */
  | { readonly kind: 'split'; readonly spatial: Spatial; readonly count: number }
  /** The kernel covers the input once: a sum. Input and kernel have it; size 1 in the result. */
  | { readonly kind: 'covered'; readonly size: number }
  /** Covered, and beside it `count` positions that never meet. */
  | { readonly kind: 'coveredSplit'; readonly size: number; readonly count: number };

function outputOf({ input, kernel, stride, low, high, lhsDilation, rhsDilation }: Omit<Spatial, 'output'>): number {
  const dilated = input === 0 ? 0 : (input - 1) * lhsDilation + 1;
  const reach = (kernel - 1) * rhsDilation + 1;
  return Math.max(0, Math.floor((dilated + low + high - reach) / stride) + 1);
}

/** The parts of each spatial dimension of `convolution(lhs, rhs)`. */
export function partsOf(lhs: readonly number[], rhs: readonly number[], attributes: Attributes['convolution']): readonly Part[] {
  return attributes.strides.map((stride, index): Part => {
    const [low, high] = attributes.padding[index] as readonly [number, number];
    const whole = withOutput({
      input: lhs[index + 2] as number,
      kernel: rhs[index + 2] as number,
      stride,
      low,
      high,
      lhsDilation: attributes.lhsDilation[index] as number,
      rhsDilation: attributes.rhsDilation[index] as number,
    });
    return partOf(whole);
  });
}

function withOutput(spatial: Omit<Spatial, 'output'>): Spatial {
  return { ...spatial, output: outputOf(spatial) };
}

function partOf(whole: Spatial): Part {
  const count = whole.rhsDilation;
  const apart =
    count > 1 && whole.stride === 1 && whole.lhsDilation === 1 && [whole.input, whole.low, whole.high].every((size) => size % count === 0);
  if (!apart) return isCovered(whole) ? { kind: 'covered', size: whole.kernel } : { kind: 'spatial', spatial: whole };
  const spatial = withOutput({ ...whole, input: whole.input / count, low: whole.low / count, high: whole.high / count, rhsDilation: 1 });
  return isCovered(spatial) ? { kind: 'coveredSplit', size: spatial.kernel, count } : { kind: 'split', spatial, count };
}

function isCovered({ input, kernel, output, low, high, lhsDilation, rhsDilation }: Spatial): boolean {
  return output === 1 && kernel === input && low === 0 && high === 0 && lhsDilation === 1 && rhsDilation === 1;
}

/** Sizes that a spatial dimension of the input is divided into. */
export function inputSizes(part: Part): readonly number[] {
  if (part.kind === 'spatial') return [part.spatial.input];
  if (part.kind === 'split') return [part.spatial.input, part.count];
  return part.kind === 'covered' ? [part.size] : [part.size, part.count];
}
