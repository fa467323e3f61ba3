/** @file Samples of matrix multiplication, convolution and the window primitives. */
import { hostArray } from '../../src/compiler/ir/host-array.ts';
import { floats, indices } from './draw.ts';
import { type Sample, type SampleTable, sample } from './sample.ts';

type Linear = 'dot_general' | 'convolution' | 'window_argmax' | 'window_take' | 'window_put';

const plain = { strides: [1, 1], lhsDilation: [1, 1], rhsDilation: [1, 1], groups: 1 } as const;
const none: readonly (readonly [number, number])[] = [
  [0, 0],
  [0, 0],
];
const one: readonly (readonly [number, number])[] = [
  [1, 1],
  [1, 1],
];

function convolution(
  name: string,
  lhs: readonly number[],
  rhs: readonly number[],
  attributes: Partial<Sample<'convolution'>['attributes']>,
): Sample<'convolution'> {
  return sample<'convolution'>(name, [floats(lhs, 201), floats(rhs, 202)], { ...plain, padding: none, ...attributes });
}

const tiedImage = hostArray('float', [1, 4, 4], [1, 1, 0, 2, 1, 1, 2, 2, -1, 0, 5, 5, -1, -1, 5, 5]);
const overlapping = { window: [1, 3, 2], strides: [1, 2, 1] } as const;
const pooling = { window: [1, 1, 2, 2], strides: [1, 1, 2, 2] } as const;

export const linearSamples: SampleTable<Linear> = {
  dot_general: [
    sample<'dot_general'>('matrices', [floats([2, 3], 203), floats([3, 4], 204)], {
      lhsBatch: [],
      rhsBatch: [],
      lhsContract: [1],
      rhsContract: [0],
    }),
    sample<'dot_general'>('transposed operands', [floats([3, 2], 205), floats([4, 3], 206)], {
      lhsBatch: [],
      rhsBatch: [],
      lhsContract: [0],
      rhsContract: [1],
    }),
    sample<'dot_general'>('batch in the middle', [floats([2, 4, 3], 207), floats([3, 5, 4], 208)], {
      lhsBatch: [1],
      rhsBatch: [2],
      lhsContract: [2],
      rhsContract: [0],
    }),
    sample<'dot_general'>('two batch, two contracted, out of order', [floats([2, 3, 2, 4, 2], 209), floats([4, 2, 2, 3, 3], 210)], {
      lhsBatch: [0, 1],
      rhsBatch: [2, 4],
      lhsContract: [3, 4],
      rhsContract: [0, 1],
    }),
    sample<'dot_general'>('vectors', [floats([4], 211), floats([4], 212)], {
      lhsBatch: [],
      rhsBatch: [],
      lhsContract: [0],
      rhsContract: [0],
    }),
    sample<'dot_general'>('outer product', [floats([2], 213), floats([3], 214)], {
      lhsBatch: [],
      rhsBatch: [],
      lhsContract: [],
      rhsContract: [],
    }),
    sample<'dot_general'>('two free dimensions on each side', [floats([2, 3, 2], 215), floats([2, 2, 3], 216)], {
      lhsBatch: [],
      rhsBatch: [],
      lhsContract: [2],
      rhsContract: [0],
    }),
    sample<'dot_general'>('contracting nothing', [floats([2, 0], 217), floats([0, 3], 218)], {
      lhsBatch: [],
      rhsBatch: [],
      lhsContract: [1],
      rhsContract: [0],
    }),
    sample<'dot_general'>('size 1', [floats([1, 3, 1], 219), floats([1, 1, 3], 220)], {
      lhsBatch: [0],
      rhsBatch: [0],
      lhsContract: [2],
      rhsContract: [1],
    }),
  ],
  convolution: [
    convolution('plain', [2, 2, 5, 4], [3, 2, 3, 2], {}),
    convolution('same padding', [2, 2, 4, 4], [3, 2, 3, 3], { padding: one }),
    convolution('stride 2, which divides', [1, 2, 5, 5], [2, 2, 3, 3], { strides: [2, 2] }),
    convolution('stride that does not divide', [2, 1, 6, 5], [2, 1, 3, 2], { strides: [2, 3], padding: one }),
    convolution('groups', [2, 4, 4, 3], [6, 2, 2, 2], { groups: 2 }),
    convolution('groups, stride and padding', [2, 4, 5, 6], [2, 2, 3, 3], {
      groups: 2,
      strides: [2, 1],
      padding: [
        [1, 0],
        [2, 1],
      ],
    }),
    convolution('depthwise', [1, 3, 4, 4], [3, 1, 3, 3], { groups: 3, padding: one }),
    convolution('dilated kernel', [1, 2, 7, 6], [2, 2, 3, 2], { rhsDilation: [2, 3], padding: one }),
    convolution('dilated input', [1, 2, 3, 3], [2, 2, 3, 3], { lhsDilation: [2, 3], padding: one }),
    convolution('negative padding', [2, 1, 6, 6], [2, 1, 3, 3], {
      padding: [
        [-1, -2],
        [1, -1],
      ],
    }),
    convolution('everything at once', [2, 4, 5, 4], [4, 2, 2, 3], {
      groups: 2,
      strides: [2, 3],
      lhsDilation: [2, 3],
      rhsDilation: [3, 2],
      padding: [
        [2, -1],
        [-1, 3],
      ],
    }),
    convolution('two images side by side in the last dimension', [1, 2, 3, 8], [3, 2, 3, 3], {
      rhsDilation: [1, 2],
      padding: [
        [1, 1],
        [2, 2],
      ],
    }),
    sample<'convolution'>('sums over images, channels side by side', [floats([1, 1, 3, 4, 6], 242), floats([2, 1, 3, 4, 3], 243)], {
      strides: [1, 1, 1],
      padding: [
        [1, 1],
        [1, 1],
        [0, 0],
      ],
      lhsDilation: [1, 1, 1],
      rhsDilation: [1, 1, 2],
      groups: 1,
    }),
    convolution('1x1 image and kernel', [3, 2, 1, 1], [2, 2, 1, 1], {}),
    convolution('kernel beyond the image', [1, 1, 2, 2], [1, 1, 3, 3], {
      padding: [
        [2, 2],
        [1, 1],
      ],
    }),
    sample<'convolution'>('one spatial dimension', [floats([2, 2, 7], 221), floats([3, 2, 3], 222)], {
      strides: [2],
      padding: [[1, 1]],
      lhsDilation: [1],
      rhsDilation: [1],
      groups: 1,
    }),
    convolution('no images', [0, 2, 4, 4], [3, 2, 3, 3], {}),
  ],
  window_argmax: [
    sample<'window_argmax'>('2x2', [floats([2, 3, 4, 4], 223)], pooling),
    sample<'window_argmax'>('overlapping, not dividing', [floats([2, 6, 4], 224)], overlapping),
    sample<'window_argmax'>('ties', [tiedImage], { window: [1, 2, 2], strides: [1, 2, 2] }, false),
    sample<'window_argmax'>('1x1', [floats([2, 3], 225)], { window: [1, 1], strides: [1, 1] }),
  ],
  window_take: [
    sample<'window_take'>('2x2, odd size', [floats([2, 2, 5, 5], 226), indices([2, 2, 2, 2], 227, 4)], pooling),
    sample<'window_take'>('overlapping, not dividing', [floats([2, 6, 4], 228), indices([2, 2, 3], 229, 6)], overlapping),
    sample<'window_take'>('1x1', [floats([2, 3], 230), indices([2, 3], 231, 1)], { window: [1, 1], strides: [1, 1] }),
    sample<'window_take'>('strides beyond the window', [floats([7], 232), indices([2], 233, 2)], { window: [2], strides: [4] }),
  ],
  window_put: [
    sample<'window_put'>('2x2, odd size', [floats([2, 2, 2, 2], 234), indices([2, 2, 2, 2], 235, 4)], { ...pooling, shape: [2, 2, 5, 5] }),
    sample<'window_put'>('overlapping, not dividing', [floats([2, 2, 3], 236), indices([2, 2, 3], 237, 6)], {
      ...overlapping,
      shape: [2, 6, 4],
    }),
    sample<'window_put'>('1x1', [floats([2, 3], 238), indices([2, 3], 239, 1)], { window: [1, 1], strides: [1, 1], shape: [2, 3] }),
    sample<'window_put'>('strides beyond the window', [floats([2], 240), indices([2], 241, 2)], { window: [2], strides: [4], shape: [7] }),
  ],
};
