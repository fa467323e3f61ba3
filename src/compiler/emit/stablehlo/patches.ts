/**
 * @file Convolution as patches and one matrix product (im2col: Chellapilla, Puri and Simard, 2006), for CPU: XLA's own convolutions there are ten
 * times slower in loops and in groups. A dimension is cut either by kernel position (one slice for each, as large as the result) or by result
 * position (one slice for each, as large as the kernel: weight gradients), whichever needs fewer slices.
 */
import { sizeOf } from '../../ir/tensor-type.ts';
import type { StableBuilder } from './builder.ts';
import { inputSizes, type Part, type Spatial } from './convolution-shape.ts';
import { product } from './lower-dot.ts';
import type { LoweringContext } from './lowering-context.ts';
import type { StableTensor } from './tensor.ts';

export interface PatchedConvolution {
  /** [images, groups * channels, ...space]. */
  readonly lhs: StableTensor;
  /** [groups * outputs, channels, ...kernel]. */
  readonly rhs: StableTensor;
  readonly parts: readonly Part[];
  readonly groups: number;
  /** Shape of the result. */
  readonly shape: readonly number[];
}

/** A dimension of the patches: which dimension it is of the result or of the kernel. `order` places it there. */
interface Dimension {
  readonly size: number;
  readonly role: 'image' | 'group' | 'contracted' | 'space';
  /** Contracted: the dimension of the divided kernel. Space: its place among the dimensions of the divided result's space. */
  readonly order: number;
}

/** How one sliding dimension is cut. */
interface Cut {
  readonly spatial: Spatial;
  /** Its axis in the divided input. */
  readonly axis: number;
  /** Of the dimension that counts the slices, and of the one within a slice. */
  readonly outer: Dimension;
  readonly inner: Dimension;
}

export function patchConvolution(context: LoweringContext, { lhs, rhs, parts, groups, shape }: PatchedConvolution): StableTensor {
  const { builder } = context;
  if (sizeOf(shape) === 0) return builder.splat(0, { element: 'f32', shape });
  const [images, features] = lhs.shape as readonly [number, number];
  const channels = features / groups;
  const outputs = (rhs.shape[0] as number) / groups;
  // Divided: images, groups, channels, then one or two dimensions for each part.
  const sizes = [images, groups, channels, ...parts.flatMap(inputSizes)];
  const dimensions: Dimension[] = [
    { size: images, role: 'image', order: 0 },
    { size: groups, role: 'group', order: 0 },
    { size: channels, role: 'contracted', order: 2 },
  ];
  const cuts: Cut[] = [];
  let space = 0;
  parts.forEach((part, index) => {
    const kernelAxis = index + 3;
    if (part.kind === 'spatial' || part.kind === 'split') {
      const { spatial } = part;
      const byKernel: Dimension = { size: spatial.kernel, role: 'contracted', order: kernelAxis };
      const byResult: Dimension = { size: spatial.output, role: 'space', order: space };
      const few = spatial.output < spatial.kernel;
      const cut = { spatial, axis: dimensions.length, outer: few ? byResult : byKernel, inner: few ? byKernel : byResult };
      space++;
      dimensions.push(cut.inner);
      cuts.push(cut);
    } else dimensions.push({ size: part.size, role: 'contracted', order: kernelAxis });
    if (part.kind === 'split' || part.kind === 'coveredSplit') {
      dimensions.push({ size: part.count, role: 'space', order: space++ });
    }
  });
  const padded = padInput(builder, builder.reshape(lhs, sizes), cuts);
  const patches = stack(builder, padded, dimensions, cuts, images === 1);
  const kernel = builder.reshape(rhs, [groups, outputs, ...rhs.shape.slice(1)]);
  return multiply(context, patches, kernel, shape);
}

function padInput(builder: StableBuilder, input: StableTensor, cuts: readonly Cut[]): StableTensor {
  const amounts = (of: (spatial: Spatial) => number) => {
    const list = input.shape.map(() => 0);
    for (const { axis, spatial } of cuts) list[axis] = of(spatial);
    return list;
  };
  return builder.pad(
    input,
    amounts((one) => one.low),
    amounts((one) => one.high),
    amounts((one) => one.lhsDilation - 1),
  );
}

interface Patches {
  readonly tensor: StableTensor;
  readonly dimensions: readonly Dimension[];
}

/**
 * The slices, one behind the other. One image: what is summed leads, so that rows of the product are contiguous. Several: groups, images, space,
 * and what is summed last, so that patches are.
 */
function stack(
  builder: StableBuilder,
  input: StableTensor,
  dimensions: readonly Dimension[],
  cuts: readonly Cut[],
  single: boolean,
): Patches {
  const axes = dimensions.map((_, axis) => axis);
  const order = single ? axes : [1, 0, ...axes.slice(3), 2];
  const arranged = builder.transpose(input, order);
  const ordered = order.map((axis) => dimensions[axis] as Dimension);
  const slices = positions(cuts).map((position) => sliceAt(builder, arranged, ordered, cuts, position));
  const outers = cuts.map(({ outer }) => outer);
  const summed = outers.every(({ role }) => role === 'contracted');
  const at = single ? (summed ? 2 : lastContracted(ordered) + 1) : ordered.length - 1;
  const inner = (slices[0] as StableTensor).shape;
  const stacked = builder.concatenate(
    slices.map((slice) => builder.reshape(slice, inner.toSpliced(at, 0, 1))),
    at,
  );
  return {
    tensor: builder.reshape(stacked, inner.toSpliced(at, 0, ...outers.map(({ size }) => size))),
    dimensions: ordered.toSpliced(at, 0, ...outers),
  };
}

function lastContracted(dimensions: readonly Dimension[]): number {
  return dimensions.findLastIndex(({ role }) => role === 'contracted');
}

/** Every combination of positions of the cuts, row-major. */
function positions(cuts: readonly Cut[]): readonly (readonly number[])[] {
  return cuts.reduce<readonly (readonly number[])[]>(
    (lists, { outer }) => lists.flatMap((list) => Array.from({ length: outer.size }, (_, position) => [...list, position])),
    [[]],
  );
}

function sliceAt(
  builder: StableBuilder,
  input: StableTensor,
  ordered: readonly Dimension[],
  cuts: readonly Cut[],
  position: readonly number[],
): StableTensor {
  const start = input.shape.map(() => 0);
  const limit = [...input.shape];
  const strides = input.shape.map(() => 1);
  cuts.forEach(({ spatial, outer, inner }, index) => {
    const axis = ordered.indexOf(inner);
    const [step, shift] = outer.role === 'space' ? [spatial.rhsDilation, spatial.stride] : [spatial.stride, spatial.rhsDilation];
    const first = (position[index] as number) * shift;
    start[axis] = first;
    limit[axis] = first + (inner.size - 1) * step + 1;
    strides[axis] = step;
  });
  return builder.slice(input, start, limit, strides);
}

/** Patches times kernel, and the result's dimensions into their order. */
function multiply(context: LoweringContext, { tensor, dimensions }: Patches, kernel: StableTensor, shape: readonly number[]): StableTensor {
  const { builder } = context;
  const group = dimensions.findIndex(({ role }) => role === 'group');
  const groups = kernel.shape[0] as number;
  const grouped = groups > 1;
  // A group of one is no batch dimension of the product: it is taken out of both operands.
  const patches = grouped ? tensor : builder.reshape(tensor, tensor.shape.toSpliced(group, 1));
  const weights = grouped ? kernel : builder.reshape(kernel, kernel.shape.slice(1));
  const contracted = dimensions.flatMap(({ role }, axis) => (role === 'contracted' ? [axis] : []));
  const patchSide = { batch: grouped ? [group] : [], contract: contracted.map((axis) => (grouped || axis < group ? axis : axis - 1)) };
  const kernelAxes = contracted.map((axis) => (dimensions[axis] as Dimension).order);
  const kernelSide = { batch: grouped ? [0] : [], contract: grouped ? kernelAxes : kernelAxes.map((axis) => axis - 1) };
  const free = dimensions.filter(({ role }) => role === 'image' || role === 'space');
  const image = free.findIndex(({ role }) => role === 'image');
  const kernelFirst = free[image]?.size === 1;
  const [left, right] = kernelFirst ? [kernelSide, patchSide] : [patchSide, kernelSide];
  const values = product(context, kernelFirst ? weights : patches, kernelFirst ? patches : weights, {
    lhsBatch: left.batch,
    rhsBatch: right.batch,
    lhsContract: left.contract,
    rhsContract: right.contract,
  });
  // The product's dimensions: groups, then outputs and the free dimensions of the patches in the order of the two operands.
  const outputs = kernel.shape[1] as number;
  const freeSizes = free.map(({ size }) => size);
  const first = kernelFirst ? 2 : 1;
  const output = kernelFirst ? 1 : 1 + free.length;
  const places = free.map((dimension, index) => ({ dimension, axis: first + index })).filter(({ dimension }) => dimension.role === 'space');
  places.sort((a, b) => a.dimension.order - b.dimension.order);
  const whole = builder.reshape(values, [groups, ...(kernelFirst ? [outputs, ...freeSizes] : [...freeSizes, outputs])]);
  return builder.reshape(builder.transpose(whole, [first + image, 0, output, ...places.map(({ axis }) => axis)]), shape);
}
