/** @file Meaning of convolution: for each kernel element, one scaled sum over the result positions that it reaches. */
import type { HostData } from '../host-array.ts';
import { sizeOf, stridesOf, type TensorType } from '../tensor-type.ts';
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

/** Adds factor * input to result at the positions that `meetings` (one per dimension) pair, from dimension `axis` on. */
function accumulate(
  result: HostData,
  input: HostData,
  factor: number,
  meetings: readonly Meeting[],
  resultStrides: readonly number[],
  inputStrides: readonly number[],
  axis: number,
  resultOffset: number,
  inputOffset: number,
): void {
  const { count, resultStart, resultStep, inputStart, inputStep } = meetings[axis] as Meeting;
  const resultStride = resultStrides[axis] as number;
  const inputStride = inputStrides[axis] as number;
  let to = resultOffset + resultStart * resultStride;
  let from = inputOffset + inputStart * inputStride;
  const toStep = resultStep * resultStride;
  const fromStep = inputStep * inputStride;
  if (axis === meetings.length - 1) {
    for (let i = 0; i < count; i++, to += toStep, from += fromStep) result[to] = (result[to] as number) + factor * (input[from] as number);
    return;
  }
  for (let i = 0; i < count; i++, to += toStep, from += fromStep)
    accumulate(result, input, factor, meetings, resultStrides, inputStrides, axis + 1, to, from);
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
    const [inputStrides, outputStrides] = [stridesOf(input), stridesOf(output)];
    const [inputSize, outputSize, kernelSize] = [sizeOf(input), sizeOf(output), sizeOf(kernel)];
    const outPerGroup = outChannels / groups;
    if (result.length === 0) return;
    for (let image = 0; image < images; image++) {
      for (let out = 0; out < outChannels; out++) {
        const group = Math.floor(out / outPerGroup);
        const to = (image * outChannels + out) * outputSize;
        for (let channel = 0; channel < inChannels; channel++) {
          const from = (image * inChannels * groups + group * inChannels + channel) * inputSize;
          const weights = (out * inChannels + channel) * kernelSize;
          for (let element = 0; element < kernelSize; element++) {
            const factor = rhs.data[weights + element] as number;
            accumulate(result, lhs.data, factor, meetings[element] as Meeting[], outputStrides, inputStrides, 0, to, from);
          }
        }
      }
    }
  }),
};
