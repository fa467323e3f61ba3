/** @file Meaning of convolution: per image and group, the input elements that meet each kernel element are laid out, then one matrix product. */
import type { HostData } from '../host-array.ts';
import { sizeOf, stridesOf, type TensorType } from '../tensor-type.ts';
import { addProduct, addProductTransposed, fewColumns } from './matmul.ts';
import { filling, type MeaningTable, operandAt } from './meaning.ts';

/** Where one kernel position along one dimension meets the input: an arithmetic progression of result and input positions. */
interface Meeting {
  readonly count: number;
  readonly resultStart: number;
  readonly resultStep: number;
  readonly inputStart: number;
  readonly inputStep: number;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/**
 * Result positions x for which x * stride + shift falls on an input element: a multiple of `dilation` below size * dilation. They
 * recur with the period dilation / gcd(stride, dilation).
 */
function meet(size: number, resultSize: number, stride: number, dilation: number, shift: number): Meeting {
  const period = dilation / greatestCommonDivisor(stride, dilation);
  let first = Math.max(0, Math.ceil(-shift / stride));
  const tried = first + period;
  while (first < tried && (first * stride + shift) % dilation !== 0) first++;
  const end = Math.min(resultSize, Math.floor(((size - 1) * dilation - shift) / stride) + 1);
  const count = first >= tried || size === 0 ? 0 : Math.max(0, Math.ceil((end - first) / period));
  return {
    count,
    resultStart: first,
    resultStep: period,
    inputStart: (first * stride + shift) / dilation,
    inputStep: (stride * period) / dilation,
  };
}

/** Copies the input at the positions that `meetings` (one per dimension) pair with result positions, from dimension `axis` on. */
function layOut(
  columns: HostData,
  input: HostData,
  meetings: readonly Meeting[],
  columnStrides: readonly number[],
  inputStrides: readonly number[],
  axis: number,
  columnOffset: number,
  inputOffset: number,
): void {
  const { count, resultStart, resultStep, inputStart, inputStep } = meetings[axis] as Meeting;
  const columnStride = columnStrides[axis] as number;
  const inputStride = inputStrides[axis] as number;
  let to = columnOffset + resultStart * columnStride;
  let from = inputOffset + inputStart * inputStride;
  const toStep = resultStep * columnStride;
  const fromStep = inputStep * inputStride;
  if (axis === meetings.length - 1) {
    for (let i = 0; i < count; i++, to += toStep, from += fromStep) columns[to] = input[from] as number;
    return;
  }
  for (let i = 0; i < count; i++, to += toStep, from += fromStep)
    layOut(columns, input, meetings, columnStrides, inputStrides, axis + 1, to, from);
}

/** For each kernel element in row-major order, its meetings along every dimension. */
function kernelMeetings(input: readonly number[], kernel: readonly number[], perAxis: readonly (readonly Meeting[])[]): Meeting[][] {
  const strides = stridesOf(kernel);
  return Array.from({ length: sizeOf(kernel) }, (_, element) =>
    input.map((__, axis) => {
      const position = Math.floor(element / (strides[axis] as number)) % (kernel[axis] as number);
      return (perAxis[axis] as readonly Meeting[])[position] as Meeting;
    }),
  );
}

export const convolutionMeanings: MeaningTable<'convolution'> = {
  convolution: filling((result, operands, { strides, padding, lhsDilation, rhsDilation, groups }, type: TensorType) => {
    const lhs = operandAt(operands, 0);
    const rhs = operandAt(operands, 1);
    const [images, , ...input] = lhs.type.shape as readonly [number, number, ...number[]];
    const [outChannels, inChannels, ...kernel] = rhs.type.shape as readonly [number, number, ...number[]];
    const output = type.shape.slice(2);
    const perAxis = input.map((size, axis) =>
      Array.from({ length: kernel[axis] as number }, (_, position) => {
        const shift = position * (rhsDilation[axis] as number) - (padding[axis] as readonly [number, number])[0];
        return meet(size, output[axis] as number, strides[axis] as number, lhsDilation[axis] as number, shift);
      }),
    );
    const meetings = kernelMeetings(input, kernel, perAxis);
    const inputStrides = stridesOf(input);
    const [inputSize, outputSize, kernelSize] = [sizeOf(input), sizeOf(output), sizeOf(kernel)];
    const rows = outChannels / groups;
    const inner = inChannels * kernelSize;
    const transposed = outputSize < fewColumns;
    // [inner, output], or [output, inner] for small outputs. Elements that meet nothing stay zero, the same ones every time.
    const columns = new Float64Array(inner * outputSize);
    const columnStrides = stridesOf(output).map((stride) => (transposed ? stride * inner : stride));
    const elementStride = transposed ? 1 : outputSize;
    const add = transposed ? addProductTransposed : addProduct;
    for (let block = 0; block < images * groups; block++) {
      for (let k = 0; k < inner; k++) {
        const channel = Math.floor(k / kernelSize);
        const from = (block * inChannels + channel) * inputSize;
        layOut(columns, lhs.data, meetings[k % kernelSize] as Meeting[], columnStrides, inputStrides, 0, k * elementStride, from);
      }
      const weights = (block % groups) * rows * inner;
      add(result, rhs.data, columns, [rows, inner, outputSize], [block * rows * outputSize, weights, 0]);
    }
  }),
};
