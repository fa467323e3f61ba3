/**
 * @file Convolutions of many small images as one convolution of one wide image, for engines that run a convolution as one matrix product
 * per image: products of 49 columns waste half of the machine, and a kernel as large as the image leaves 9 columns.
 *
 * The images' axis becomes the last spatial axis: [n, c, h, w] is stored as [1, c, h, w, n], and the kernel has size 1 there. Neighbours in
 * a row of patches are then n numbers apart in memory and n of them are copied at once.
 *
 * Where the kernel is larger than the result (a gradient with respect to weights), the channels that are summed become part of the last
 * axis as well: image [1, 1, h, w, c * n], kernel [o, 1, p, q, c] with dilation n. Its `c` numbers are then read where activations stored
 * as above have them, and the result has o rows and 9 * n columns.
 *
 * A dilated image (the input gradient of a strided convolution) is not made: each residue of the output positions is a convolution with
 * every second tap, and the results are interleaved. Measured in bench/NOTES.md.
 */
import type { Value } from '../ir/ir.ts';
import type { Attributes } from '../ir/primitives.ts';
import { sizeOf } from '../ir/tensor-type.ts';
import { type Rewriter, type Rule, rewritePass } from './rewriter.ts';

type Convolution = Attributes['convolution'];

function at<T>(list: readonly T[], index: number): T {
  return list[index] as T;
}

function replaced<T>(list: readonly T[], index: number, value: T): T[] {
  return list.map((item, place) => (place === index ? value : item));
}

/** [n, c, h, w] images and [o, c, p, q] kernels -> the same with all images in one. */
function widen(lhs: Value, rhs: Value, attributes: Convolution, graph: Rewriter, result: readonly number[]): Value {
  const { strides, padding, lhsDilation, rhsDilation, groups } = attributes;
  const [images, features, height, width] = lhs.type.shape as readonly [number, number, number, number];
  const [, channels, rows, columns] = rhs.type.shape as readonly [number, number, number, number];
  const [, outputs, down, across] = result as readonly [number, number, number, number];
  const large = rows * columns > down * across;
  const none = [0, 0] as const;
  let wide: Value;
  if (large) {
    const split = graph.reshape(lhs, [images, groups, channels, height, width]);
    const image = graph.reshape(graph.transpose(split, [1, 3, 4, 2, 0]), [1, groups, height, width, channels * images]);
    const kernel = graph.reshape(graph.transpose(rhs, [0, 2, 3, 1]), [outputs, 1, rows, columns, channels]);
    wide = graph.emit('convolution', [image, kernel], {
      strides: [...strides, 1],
      padding: [...padding, none],
      lhsDilation: [...lhsDilation, 1],
      rhsDilation: [...rhsDilation, images],
      groups,
    });
  } else {
    const image = graph.reshape(graph.transpose(lhs, [1, 2, 3, 0]), [1, features, height, width, images]);
    const kernel = graph.reshape(rhs, [outputs, channels, rows, columns, 1]);
    wide = graph.emit('convolution', [image, kernel], {
      strides: [...strides, 1],
      padding: [...padding, none],
      lhsDilation: [...lhsDilation, 1],
      rhsDilation: [...rhsDilation, 1],
      groups,
    });
  }
  return graph.transpose(graph.reshape(wide, [outputs, down, across, images]), [3, 0, 1, 2]);
}

/** Last two spatial axes in one, where the kernel has size 1 along the last: longer runs of neighbours, which matters for few images. */
function mergeColumns(lhs: Value, rhs: Value, attributes: Convolution, graph: Rewriter, result: readonly number[]): Value {
  const { strides, padding, rhsDilation, groups } = attributes;
  const [, features, height, width, images] = lhs.type.shape as readonly [number, number, number, number, number];
  const [low, high] = at(padding, 1);
  const merged = graph.emit(
    'convolution',
    [graph.reshape(lhs, [1, features, height, width * images]), graph.reshape(rhs, rhs.type.shape.slice(0, -1))],
    {
      strides: strides.slice(0, -1),
      padding: [at(padding, 0), [low * images, high * images]],
      lhsDilation: [1, 1],
      rhsDilation: [at(rhsDilation, 0), at(rhsDilation, 1) * images],
      groups,
    },
  );
  return graph.reshape(merged, result);
}

/** One axis of a dilated image, by the residue of the output position: out[d * t + r] needs only the taps that meet an element. */
function undilate(lhs: Value, rhs: Value, attributes: Convolution, axis: number, graph: Rewriter, result: readonly number[]): Value {
  const step = at(attributes.lhsDilation, axis);
  const dilation = at(attributes.rhsDilation, axis);
  const [low] = at(attributes.padding, axis);
  const taps = at(rhs.type.shape, axis + 2);
  const size = at(lhs.type.shape, axis + 2);
  const whole = at(result, axis + 2);
  const longest = Math.ceil(whole / step);
  const parts: Value[] = [];
  for (let residue = 0; residue < step; residue++) {
    const count = Math.ceil((whole - residue) / step);
    const meeting = Array.from({ length: taps }, (_, tap) => tap).filter((tap) => (residue + tap * dilation - low) % step === 0);
    const first = meeting[0];
    const shape = replaced(result, axis + 2, count);
    let part: Value;
    if (first === undefined || count === 0) part = graph.broadcast(graph.constant(0), shape, []);
    else {
      const stride = meeting.length > 1 ? (meeting[1] as number) - first : 1;
      const start = (residue + first * dilation - low) / step;
      const apart = (stride * dilation) / step;
      const kernel = meeting.length === taps ? rhs : sliceAxis(graph, rhs, axis + 2, first, (meeting.at(-1) as number) + 1, stride);
      const reach = (meeting.length - 1) * apart + 1;
      part = graph.emit('convolution', [lhs, kernel], {
        ...attributes,
        padding: replaced(attributes.padding, axis, [-start, count - 1 + reach - size + start] as const),
        lhsDilation: replaced(attributes.lhsDilation, axis, 1),
        rhsDilation: replaced(attributes.rhsDilation, axis, meeting.length > 1 ? apart : 1),
      });
    }
    parts.push(padAxis(graph, part, axis + 2, longest - count));
  }
  const apart = parts.map((part) => graph.reshape(part, [...part.type.shape.slice(0, axis + 3), 1, ...part.type.shape.slice(axis + 3)]));
  const interleaved = graph.emit('concatenate', apart, { dimension: axis + 3 });
  const joined = graph.reshape(interleaved, replaced(result, axis + 2, longest * step));
  return sliceAxis(graph, joined, axis + 2, 0, whole, 1);
}

function sliceAxis(graph: Rewriter, value: Value, axis: number, start: number, limit: number, stride: number): Value {
  const { shape } = value.type;
  if (start === 0 && limit === shape[axis] && stride === 1) return value;
  return graph.emit('slice', [value], {
    start: shape.map((_, index) => (index === axis ? start : 0)),
    limit: replaced(shape, axis, limit),
    strides: shape.map((_, index) => (index === axis ? stride : 1)),
  });
}

function padAxis(graph: Rewriter, value: Value, axis: number, amount: number): Value {
  if (amount === 0) return value;
  const none = value.type.shape.map(() => 0);
  return graph.emit('pad', [value], { low: none, high: replaced(none, axis, amount), interior: none });
}

const convolution: Rule<'convolution'> = (operands, attributes, graph, type) => {
  const [lhs, rhs] = operands as readonly [Value, Value];
  const { shape } = lhs.type;
  if (sizeOf(shape) === 0 || sizeOf(rhs.type.shape) === 0 || sizeOf(type.shape) === 0) return undefined;
  const { strides, lhsDilation } = attributes;
  const dilated = lhsDilation.findIndex((step) => step > 1);
  if (shape.length === 4 && (shape[0] as number) > 1) return widen(lhs, rhs, attributes, graph, type.shape);
  if (shape[0] !== 1) return undefined;
  // Strides of a dilated image would keep some residues only; nobody writes such convolutions.
  if (dilated >= 0 && strides[dilated] !== 1) return undefined;
  if (dilated >= 0) return undilate(lhs, rhs, attributes, dilated, graph, type.shape);
  const flat = shape.length === 5 && rhs.type.shape[4] === 1 && strides[1] === 1 && strides[2] === 1;
  const [low, high] = attributes.padding[2] ?? [0, 0];
  return flat && low === 0 && high === 0 ? mergeColumns(lhs, rhs, attributes, graph, type.shape) : undefined;
};

export const wideConvolutions = rewritePass('wide-convolutions', 'makes convolutions of many images convolutions of one wide image', {
  convolution,
});
