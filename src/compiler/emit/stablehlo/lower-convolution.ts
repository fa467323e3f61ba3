/**
 * @file convolution, with the dimensions that XLA's kernels want. On CPU (XLA of 2026, 2 cores): 110-150 GFLOP/s in loops too, where patches and a
 * matrix product reach 35; but groups reach 50 where one convolution for each group reaches 150.
 */
import type { Node, Value } from '../../ir/ir.ts';
import { sizeOf } from '../../ir/tensor-type.ts';
import { names } from './builder.ts';
import { inputSizes, type Part, partsOf, type Spatial } from './convolution-shape.ts';
import { asOperand, precisionText } from './lower-dot.ts';
import type { LoweringContext } from './lowering-context.ts';
import { listText, type StableTensor, signatureText } from './tensor.ts';

/** Products and sums of one group from which a convolution of its own is worth its overhead, on CPU. */
const OWN_CONVOLUTION = 2 ** 20;

/** Groups that are written one by one at most. */
const MOST_GROUPS = 64;

interface Convolution {
  /** [images, groups * channels, ...space]. */
  readonly lhs: StableTensor;
  /** [groups * outputs, channels, ...kernel]. */
  readonly rhs: StableTensor;
  readonly parts: readonly Part[];
  readonly groups: number;
  /** Of the result. */
  readonly shape: readonly number[];
}

export function convolution(context: LoweringContext, node: Node<'convolution'>): StableTensor {
  const [lhs, rhs] = context.operands(node) as readonly [StableTensor, StableTensor];
  const { shape } = (node.results[0] as Value).type;
  const { groups } = node.attributes;
  const whole = { lhs, rhs, parts: partsOf(lhs.shape, rhs.shape, node.attributes), groups, shape };
  const work = (2 * sizeOf(shape) * sizeOf(rhs.shape)) / (rhs.shape[0] as number) / groups;
  const apart = context.choices.target === 'cpu' && groups > 1 && groups <= MOST_GROUPS && work >= OWN_CONVOLUTION;
  return apart ? groupByGroup(context, whole) : ordinary(context, whole);
}

function groupByGroup(context: LoweringContext, { lhs, rhs, parts, groups, shape }: Convolution): StableTensor {
  const { builder } = context;
  /** One of `groups` equal pieces along a dimension. */
  const piece = (tensor: StableTensor, axis: number, group: number): StableTensor => {
    const size = (tensor.shape[axis] as number) / groups;
    const start = tensor.shape.map((_, index) => (index === axis ? group * size : 0));
    const limit = tensor.shape.map((length, index) => (index === axis ? (group + 1) * size : length));
    const ones = tensor.shape.map(() => 1);
    return builder.slice(tensor, start, limit, ones);
  };
  const results = Array.from({ length: groups }, (_, group) =>
    ordinary(context, {
      lhs: piece(lhs, 1, group),
      rhs: piece(rhs, 0, group),
      parts,
      groups: 1,
      shape: shape.with(1, (shape[1] as number) / groups),
    }),
  );
  return builder.concatenate(results, 1);
}

/** Dimension numbers of the three tensors while they are written down: `b`, `f`, `o`, `i`, or the number of a spatial dimension. */
interface Numbers {
  readonly lhs: string[];
  readonly rhs: string[];
  readonly result: string[];
}

/**
 * Dimensions that never meet become the batch of images where there is one image, and those that the kernel covers become features where
 * there is one feature: what passes wrote for the CPU is an ordinary convolution again, which cuDNN and TPUs have kernels for.
 */
function ordinary(context: LoweringContext, { lhs, rhs, parts, groups, shape }: Convolution): StableTensor {
  const { builder } = context;
  const [images, channels] = lhs.shape as readonly [number, number];
  const splits = parts.filter((part) => part.kind === 'split' || part.kind === 'coveredSplit');
  // Only one dimension can be the batch: with several images or several splits the dilated form stays.
  if (splits.length !== 1 || images !== 1) return asItCame(context, { lhs, rhs, parts, groups, shape });
  const covered = parts.filter((part) => part.kind === 'covered' || part.kind === 'coveredSplit');
  const summed = covered.length === 1 && channels === 1 && groups === 1 ? covered[0] : undefined;
  const numbers: Numbers = { lhs: [], rhs: ['o'], result: ['f'] };
  const lhsShape: number[] = [];
  const rhsShape: number[] = [rhs.shape[0] as number];
  if (summed === undefined) {
    numbers.lhs.push('f');
    numbers.rhs.push('i');
    lhsShape.push(channels);
    rhsShape.push(rhs.shape[1] as number);
  }
  const spatials: Spatial[] = [];
  const outer: number[] = [shape[1] as number];
  parts.forEach((part, index) => {
    const size = rhs.shape[index + 2] as number;
    lhsShape.push(...inputSizes(part));
    rhsShape.push(size);
    if (part === summed) {
      numbers.lhs.push('f');
      numbers.rhs.push('i');
    } else {
      const number = String(spatials.length);
      const spatial = part.kind === 'spatial' || part.kind === 'split' ? part.spatial : coveredSpatial(part.size);
      spatials.push(spatial);
      numbers.lhs.push(number);
      numbers.rhs.push(number);
      numbers.result.push(number);
      outer.push(spatial.output);
    }
    if (part.kind === 'split' || part.kind === 'coveredSplit') {
      numbers.lhs.push('b');
      numbers.result.push('b');
      outer.push(part.count);
    }
  });
  const result = operation(context, builder.reshape(lhs, lhsShape), builder.reshape(rhs, rhsShape), numbers, spatials, groups, outer);
  return builder.reshape(result, shape);
}

function coveredSpatial(size: number): Spatial {
  return { input: size, kernel: size, output: 1, stride: 1, low: 0, high: 0, lhsDilation: 1, rhsDilation: 1 };
}

/** The dimensions as they came. */
function asItCame(context: LoweringContext, { lhs, rhs, parts, groups, shape }: Convolution): StableTensor {
  const spatials = parts.map(whole);
  const places = spatials.map((_, index) => String(index));
  return operation(
    context,
    lhs,
    rhs,
    { lhs: ['b', 'f', ...places], rhs: ['o', 'i', ...places], result: ['b', 'f', ...places] },
    spatials,
    groups,
    shape,
  );
}

/** A part as the one dimension that it was. */
function whole(part: Part): Spatial {
  if (part.kind === 'spatial') return part.spatial;
  const spatial = part.kind === 'split' ? part.spatial : coveredSpatial(part.size);
  if (part.kind === 'covered') return spatial;
  const { count } = part;
  return {
    ...spatial,
    input: spatial.input * count,
    output: spatial.output * count,
    low: spatial.low * count,
    high: spatial.high * count,
    rhsDilation: count,
  };
}

function operation(
  context: LoweringContext,
  left: StableTensor,
  right: StableTensor,
  numbers: Numbers,
  spatials: readonly Spatial[],
  groups: number,
  shape: readonly number[],
): StableTensor {
  const [lhs, rhs] = [asOperand(context, left), asOperand(context, right)];
  const result = { element: 'f32', shape } as const;
  const precision = `#stablehlo<precision ${precisionText(context.choices.precision)}>`;
  const list = (of: (spatial: Spatial) => number) => listText(spatials.map(of));
  const window = [
    `stride = ${list((one) => one.stride)}`,
    `pad = [${spatials.map(({ low, high }) => listText([low, high])).join(', ')}]`,
    `lhs_dilate = ${list((one) => one.lhsDilation)}`,
    `rhs_dilate = ${list((one) => one.rhsDilation)}`,
  ].join(', ');
  const dimensions = `[${numbers.lhs.join(', ')}]x[${numbers.rhs.join(', ')}]->[${numbers.result.join(', ')}]`;
  return context.builder.operation(
    `stablehlo.convolution(${names([lhs, rhs])}) dim_numbers = ${dimensions}, window = {${window}} {batch_group_count = 1 : i64, feature_group_count = ${groups} : i64, precision_config = [${precision}, ${precision}]} : ${signatureText([lhs, rhs], result)}`,
    result,
  );
}
