/** @file Convolution as Conv2D of images [count, height, width, channels], once per group. */
import type { Node } from '../../../compiler/ir/ir.ts';
import { sizeOf } from '../../../compiler/ir/tensor-type.ts';
import { operandOf, padWith, resultShape } from './lower-shape.ts';
import type { LoweringContext } from './lowering-context.ts';
import type { Ref } from './plan.ts';

/** What Conv2D is told about its two spatial dimensions. */
interface Planar {
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly pads: readonly (readonly number[])[];
}

interface Operands {
  readonly lhs: Ref;
  readonly rhs: Ref;
}

export function convolution(context: LoweringContext, node: Node<'convolution'>): Ref {
  const { operations } = context;
  const result = resultShape(node);
  if (sizeOf(result) === 0) return operations.zeros('float', result);
  const { groups } = node.attributes;
  const plain = withoutDilatedImages(context, node);
  const { rhs } = plain;
  const { folded, kept } = spatialRoles(plain, result.slice(2));
  const lhs = folded.reduce(
    (tensor, axis) => tapsByPlaces(context, { ...plain, lhs: tensor }, axis, result[axis + 2] as number),
    plain.lhs,
  );
  // Conv2D has two spatial dimensions: a missing one stands in front, with size 1.
  const planar = <T>(list: readonly T[], missing: T): readonly T[] => {
    const own = kept.map((axis) => list[axis] as T);
    return [...new Array<T>(2 - own.length).fill(missing), ...own];
  };
  const [[count, channels], [filters, ownChannels]] = [lhs.shape, rhs.shape] as [[number, number], [number, number]];
  const each = filters / groups;
  const sizes = (shape: readonly number[], axes: readonly number[]) => axes.map((axis) => shape[axis + 2] as number);
  const images = count * sizeOf(sizes(result, folded));
  const taps = ownChannels * sizeOf(sizes(rhs.shape, folded));
  const channelsFirst = operations.capabilities.images.value === 'NCHW';
  const placed = <T>(images: T, channel: T, spatial: readonly T[]) =>
    channelsFirst ? [images, channel, ...spatial] : [images, ...spatial, channel];
  // Groups first, so that each is a whole part of the tensor. A folded axis is [kernel, result].
  const image = splitAxes(
    lhs.shape.slice(2),
    (axis) => folded.includes(axis) && [rhs.shape[axis + 2] as number, result[axis + 2] as number],
  );
  const place = (axis: number) => (image.places[axis] as number) + 3;
  const imageOrder = [1, ...placed([0, ...folded.map((axis) => place(axis) + 1)], [2, ...folded.map(place)], [kept.map(place)]).flat()];
  const split = operations.reshape(lhs, [count, groups, channels / groups, ...image.sizes]);
  const grouped = operations.reshape(operations.transpose(split, imageOrder), [
    groups,
    ...placed(images, taps, planar(lhs.shape.slice(2), 1)),
  ]);
  const splitKernels = operations.reshape(rhs, [groups, each, ownChannels, ...rhs.shape.slice(2)]);
  const kernelOrder = [0, ...kept.map((axis) => axis + 3), 2, ...folded.map((axis) => axis + 3), 1];
  const kernelShape = [groups, ...planar(rhs.shape.slice(2), 1), taps, each];
  const kernels = operations.reshape(operations.transpose(splitKernels, kernelOrder), kernelShape);
  const attributes = {
    strides: planar(plain.strides, 1),
    pad: placed([0, 0], [0, 0], planar<readonly number[]>(plain.pads, [0, 0])),
    dataFormat: channelsFirst ? 'NCHW' : 'NHWC',
    dilations: planar(plain.dilations, 1),
    dimRoundingMode: null,
  };
  const shape = placed(images, each, planar(result.slice(2), 1));
  const parts = Array.from({ length: groups }, (_, index) => {
    const part = (tensor: Ref) => operations.reshape(operations.slice(tensor, 0, index, index + 1, 1), tensor.shape.slice(1));
    return context.plan.kernel('Conv2D', { x: part(grouped), filter: part(kernels) }, attributes, 'float', shape);
  });
  // Back from [groups, count, folded..., then filters and kept...] to [count, groups, filters, ...spatial].
  const [outImages, outKept] = [sizes(result, folded), sizes(result, kept)];
  const joined = operations.reshape(operations.concatenate(parts, 0), [groups, count, ...placed(outImages, [each], [outKept]).flat()]);
  const filterPlace = 2 + folded.length + (channelsFirst ? 0 : kept.length);
  const resultPlace = (axis: number) =>
    folded.includes(axis) ? 2 + folded.indexOf(axis) : 2 + folded.length + (channelsFirst ? 1 : 0) + kept.indexOf(axis);
  const back = [1, 0, filterPlace, ...result.slice(2).map((_, axis) => resultPlace(axis))];
  return operations.reshape(operations.transpose(joined, back), result);
}

/** Every axis as it is or as two; `places` says where each begins. */
function splitAxes(shape: readonly number[], parts: (axis: number) => readonly number[] | false) {
  const sizes: number[] = [];
  const places = shape.map((size, axis) => {
    const own = parts(axis);
    return sizes.push(...(own === false ? [size] : own)) - (own === false ? 1 : own.length);
  });
  return { sizes, places };
}

/**
 * Which spatial axes Conv2D works along, two at most, and which are folded into images and channels: element [tap, place] of the axis is
 * channel `tap` of image `place`. The compiler writes sets of images as an axis (src/compiler/optimize/wide-convolutions.ts), for engines
 * that like long rows; such axes cost nothing to fold and go first.
 */
function spatialRoles(plain: Planar & Operands, result: readonly number[]) {
  const axes = result.map((_, axis) => axis);
  const byCost = [...axes].reverse().sort((left, right) => Number(isSplit(plain, right, result)) - Number(isSplit(plain, left, result)));
  const folded = byCost.slice(0, Math.max(0, axes.length - 2)).sort((left, right) => left - right);
  return { folded, kept: axes.filter((axis) => !folded.includes(axis)) };
}

/** Whether an axis is stored as [tap, place]: nothing padded, steps of 1, and taps as far apart as the result is long. */
function isSplit({ lhs, rhs, strides, dilations, pads }: Planar & Operands, axis: number, result: readonly number[]): boolean {
  const [taps, places] = [rhs.shape[axis + 2] as number, result[axis] as number];
  const apart = taps === 1 || dilations[axis] === places;
  return (
    apart && lhs.shape[axis + 2] === taps * places && strides[axis] === 1 && (pads[axis] as readonly number[]).every((size) => size === 0)
  );
}

/** The images with an axis stored as [tap, place], elements repeated where windows overlap. */
function tapsByPlaces({ operations }: LoweringContext, plain: Planar & Operands, axis: number, places: number): Ref {
  const [taps, stride, dilation] = [plain.rhs.shape[axis + 2] as number, plain.strides[axis] as number, plain.dilations[axis] as number];
  const [low, high] = plain.pads[axis] as readonly [number, number];
  const padded = operations.padAround(plain.lhs, axis + 2, low, high);
  const positions = Array.from({ length: taps * places }, (_, index) => Math.floor(index / places) * dilation + (index % places) * stride);
  const asItIs = positions.length === padded.shape[axis + 2] && positions.every((position, index) => position === index);
  return asItIs ? padded : operations.take(padded, axis + 2, positions);
}

/** The operands without what Conv2D lacks: dilated images, negative padding, and dilated kernels with strides. */
function withoutDilatedImages(context: LoweringContext, node: Node<'convolution'>): Planar & Operands {
  const { operations } = context;
  const { strides, padding, lhsDilation, rhsDilation } = node.attributes;
  const lhs = padWith(
    operations,
    context.full(operandOf(node, 0)),
    [0, 0, ...padding.map(([low]) => Math.min(0, low))],
    [0, 0, ...padding.map(([, high]) => Math.min(0, high))],
    [0, 0, ...lhsDilation.map((dilation) => dilation - 1)],
  );
  const kernel = context.full(operandOf(node, 1));
  const both =
    strides.some((stride) => stride > 1) && kernel.shape.slice(2).some((size, axis) => size > 1 && (rhsDilation[axis] as number) > 1);
  const none = kernel.shape.map(() => 0);
  return {
    lhs,
    rhs: both ? padWith(operations, kernel, none, none, [0, 0, ...rhsDilation.map((dilation) => dilation - 1)]) : kernel,
    strides,
    // A kernel of size 1 has nothing to dilate.
    dilations: rhsDilation.map((dilation, axis) => (both || kernel.shape[axis + 2] === 1 ? 1 : dilation)),
    pads: padding.map(([low, high]) => [Math.max(0, low), Math.max(0, high)]),
  };
}
