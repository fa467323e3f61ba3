/**
 * @file A max-pool of a convolution with few taps (a first layer) as the maximum of one strided convolution for each element of the window.
 *
 * Such a convolution is bound by the memory that its result takes: a pool of 2 x 2 reads four times what it returns, and its derivative
 * fills a tensor of zeros of that size with one number in four. The strided convolutions' results have the size of the pooled tensor, and
 * the derivative of a tree of maxima is made of comparisons of them. Worth doing before differentiation only.
 *
 * A sign per feature, where the pool's order is that of x * sign (see pool-first), goes into the kernel: sign * max(sign * x).
 */
import type { Node, Value } from '../ir/ir.ts';
import type { Attributes } from '../ir/primitives.ts';
import { sizeOf } from '../ir/tensor-type.ts';
import { restrict, splatOf, spreadOf, usedOnce } from './operands.ts';
import { type Rewriter, type Rule, rewritePass } from './rewriter.ts';

/** Taps (input features x kernel elements) up to which a convolution is bound by memory, not by arithmetic. */
export const FEW_TAPS = 32;

/** Largest window that is taken apart. */
const SMALL_WINDOW = 4;

type Window = Attributes['window_take'];

/** A convolution, seen through a transpose: dimension i of `value` is dimension permutation[i] of the convolution's result. */
interface Seen {
  readonly node: Node<'convolution'>;
  readonly permutation: readonly number[];
}

function convolutionUnder(graph: Rewriter, value: Value): Seen | undefined {
  const transpose = graph.match(value, 'transpose');
  const inner = transpose === undefined ? value : (transpose.operands[0] as Value);
  const node = graph.match(inner, 'convolution');
  if (node === undefined) return undefined;
  return { node, permutation: transpose?.attributes.permutation ?? value.type.shape.map((_, axis) => axis) };
}

/** The sign per feature in `ordered` = top * sign, as a tensor of one dimension; undefined if `ordered` is something else. */
function signWithin(graph: Rewriter, ordered: Value, top: Value, features: number): Value | undefined {
  const node = graph.match(ordered, 'multiply');
  if (node === undefined || !node.operands.includes(top)) return undefined;
  const factor = (node.operands[0] === top ? node.operands[1] : node.operands[0]) as Value;
  const spread = spreadOf(graph, factor);
  if (spread?.source === undefined || spread.kept.length !== 1 || spread.kept[0] !== features) return undefined;
  const select = graph.match(graph.match(spread.source, 'reshape')?.operands[0] ?? spread.source, 'select');
  const values = select?.operands.slice(1).map((value) => splatOf(graph, value));
  return values?.every((value) => value === 1 || value === -1) ? restrict(graph, factor, spread, spread.kept) : undefined;
}

/** The convolution at one element of every window. `offset`, `step` and `count` are per spatial dimension. */
function atElement(
  graph: Rewriter,
  { operands, attributes }: Node<'convolution'>,
  kernel: Value,
  offset: readonly number[],
  step: readonly number[],
  count: readonly number[],
): Value {
  const image = operands[0] as Value;
  const padding = attributes.padding.map(([before], axis) => {
    const stride = attributes.strides[axis] as number;
    const low = before - (offset[axis] as number) * stride;
    const reach = ((kernel.type.shape[axis + 2] as number) - 1) * (attributes.rhsDilation[axis] as number) + 1;
    const last = ((count[axis] as number) - 1) * (step[axis] as number) * stride;
    return [low, last + reach - (image.type.shape[axis + 2] as number) - low] as const;
  });
  const strides = attributes.strides.map((stride, axis) => stride * (step[axis] as number));
  return graph.emit('convolution', [image, kernel], { ...attributes, padding, strides });
}

function isSmall({ operands, attributes }: Node<'convolution'>): boolean {
  const [image, kernel] = operands as readonly [Value, Value];
  const whole = attributes.lhsDilation.every((step) => step === 1) && attributes.groups === 1;
  return whole && sizeOf(kernel.type.shape.slice(1)) <= FEW_TAPS && sizeOf(image.type.shape) > 0;
}

/** The window's extent along each spatial dimension of the convolution; undefined where windows overlap or reach other dimensions. */
function spatialWindow({ window, strides }: Window, permutation: readonly number[]): number[] | undefined {
  if (window.some((width, axis) => width !== strides[axis])) return undefined;
  const inside = permutation.map((_, dimension) => window[permutation.indexOf(dimension)] as number);
  return inside[0] === 1 && inside[1] === 1 ? inside.slice(2) : undefined;
}

function maximumOf(graph: Rewriter, values: readonly Value[]): Value {
  if (values.length === 1) return values[0] as Value;
  const half = values.length >> 1;
  return graph.emit('maximum', [maximumOf(graph, values.slice(0, half)), maximumOf(graph, values.slice(half))], {});
}

const windowTake: Rule<'window_take'> = (operands, attributes, graph, type) => {
  const [top, choice] = operands as readonly [Value, Value];
  const argmax = graph.match(choice, 'window_argmax');
  const seen = convolutionUnder(graph, top);
  if (argmax === undefined || seen === undefined || !usedOnce(graph, choice) || !isSmall(seen.node)) return undefined;
  const window = spatialWindow(attributes, seen.permutation);
  if (window === undefined || sizeOf(window) > SMALL_WINDOW || sizeOf(window) === 1) return undefined;
  const features = seen.permutation.indexOf(1);
  const ordered = argmax.operands[0] as Value;
  const sign = ordered === top ? undefined : signWithin(graph, ordered, top, features);
  if (ordered !== top && sign === undefined) return undefined;
  const kernel = seen.node.operands[1] as Value;
  const signed = sign === undefined ? kernel : graph.emit('multiply', [kernel, graph.broadcast(sign, kernel.type.shape, [0])], {});
  const count = window.map((_, axis) => type.shape[seen.permutation.indexOf(axis + 2)] as number);
  const elements = Array.from({ length: sizeOf(window) }, (_, element) => {
    let rest = element;
    const offset = [...window].reverse().map((width) => {
      const place = rest % width;
      rest = Math.floor(rest / width);
      return place;
    });
    return atElement(graph, seen.node, signed, offset.reverse(), window, count);
  });
  const pooled = graph.transpose(maximumOf(graph, elements), seen.permutation);
  return sign === undefined ? pooled : graph.emit('multiply', [pooled, graph.broadcast(sign, type.shape, [features])], {});
};

export const pooledConvolutions = rewritePass(
  'pooled-convolutions',
  'takes the maximum of strided convolutions instead of pooling one that has few taps',
  { window_take: windowTake },
);
