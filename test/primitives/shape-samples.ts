/** @file Samples of the primitives that make tensors and move or sum their elements. */
import { hostArray } from '../../src/compiler/ir/host-array.ts';
import { coins, floats, indices } from './draw.ts';
import { type SampleTable, sample } from './sample.ts';

type Shaping =
  | 'constant'
  | 'iota'
  | 'broadcast_in_dim'
  | 'reshape'
  | 'transpose'
  | 'reverse'
  | 'slice'
  | 'pad'
  | 'concatenate'
  | 'gather'
  | 'scatter_add'
  | 'reduce_sum'
  | 'reduce_max'
  | 'arg_max'
  | 'cumulative_sum';

const tiedMatrix = hostArray('float', [2, 4], [1, 3, 3, 0, -1, -1, -5, -1]);

export const shapeSamples: SampleTable<Shaping> = {
  constant: [
    sample<'constant'>('splat', [], { dtype: 'float', shape: [2, 3], values: [0.25] }),
    sample<'constant'>('one value per element', [], { dtype: 'float', shape: [2, 2], values: [1, -2, 3.5, 0] }),
    sample<'constant'>('int', [], { dtype: 'int', shape: [3], values: [4, -5, 6] }),
    sample<'constant'>('bool', [], { dtype: 'bool', shape: [2], values: [1, 0] }),
    sample<'constant'>('scalar', [], { dtype: 'float', shape: [], values: [7] }),
    sample<'constant'>('empty', [], { dtype: 'float', shape: [0, 2], values: [1] }),
  ],
  iota: [
    sample<'iota'>('rows', [], { dtype: 'int', shape: [3, 4], dimension: 0 }),
    sample<'iota'>('columns, float', [], { dtype: 'float', shape: [3, 4], dimension: 1 }),
  ],
  broadcast_in_dim: [
    sample<'broadcast_in_dim'>('vector to columns', [floats([3], 101)], { shape: [2, 3, 4], dimensions: [1] }),
    sample<'broadcast_in_dim'>('size 1 stretched', [floats([2, 1, 3], 102)], { shape: [2, 4, 3], dimensions: [0, 1, 2] }),
    sample<'broadcast_in_dim'>('stretched and new', [floats([1, 3], 103)], { shape: [2, 4, 5, 3], dimensions: [1, 3] }),
    sample<'broadcast_in_dim'>('scalar', [floats([], 104)], { shape: [2, 3], dimensions: [] }),
    sample<'broadcast_in_dim'>('to empty', [floats([3], 105)], { shape: [0, 3], dimensions: [1] }),
    sample<'broadcast_in_dim'>('bool', [coins([2], 106)], { shape: [2, 3], dimensions: [0] }),
  ],
  reshape: [
    sample<'reshape'>('flatten', [floats([2, 3, 2], 107)], { shape: [12] }),
    sample<'reshape'>('scalar to matrix', [floats([], 108)], { shape: [1, 1] }),
    sample<'reshape'>('empty', [floats([0, 3], 109)], { shape: [3, 0, 2] }),
    sample<'reshape'>('int', [indices([2, 3], 110, 9)], { shape: [3, 2] }),
  ],
  transpose: [
    sample<'transpose'>('matrix', [floats([2, 3], 111)], { permutation: [1, 0] }),
    sample<'transpose'>('NHWC to NCHW', [floats([2, 3, 4, 2], 112)], { permutation: [0, 3, 1, 2] }),
    sample<'transpose'>('not its own inverse', [floats([2, 3, 4], 113)], { permutation: [2, 0, 1] }),
    sample<'transpose'>('int', [indices([2, 3], 114, 9)], { permutation: [1, 0] }),
    sample<'transpose'>('empty', [floats([2, 0, 3], 115)], { permutation: [2, 1, 0] }),
  ],
  reverse: [
    sample<'reverse'>('one dimension', [floats([2, 3], 116)], { dimensions: [1] }),
    sample<'reverse'>('two of three', [floats([2, 3, 4], 117)], { dimensions: [0, 2] }),
    sample<'reverse'>('none', [floats([2, 3], 118)], { dimensions: [] }),
  ],
  slice: [
    sample<'slice'>('middle', [floats([4, 5], 119)], { start: [1, 0], limit: [3, 4], strides: [1, 1] }),
    sample<'slice'>('stride that does not divide', [floats([5, 7], 120)], { start: [0, 1], limit: [5, 7], strides: [2, 3] }),
    sample<'slice'>('to nothing', [floats([3, 2], 121)], { start: [1, 0], limit: [1, 2], strides: [1, 1] }),
    sample<'slice'>('int', [indices([4], 122, 9)], { start: [1], limit: [4], strides: [2] }),
  ],
  pad: [
    sample<'pad'>('edges', [floats([2, 3], 123)], { low: [1, 0], high: [0, 2], interior: [0, 0] }),
    sample<'pad'>('interior', [floats([3, 2], 124)], { low: [0, 1], high: [1, 1], interior: [2, 1] }),
    sample<'pad'>('empty to zeros', [floats([0, 2], 125)], { low: [1, 0], high: [1, 0], interior: [1, 0] }),
    sample<'pad'>('int', [indices([3], 126, 9)], { low: [1], high: [1], interior: [0] }),
  ],
  concatenate: [
    sample<'concatenate'>('two', [floats([2, 3], 127), floats([2, 2], 128)], { dimension: 1 }),
    sample<'concatenate'>('three, one empty', [floats([2, 3], 129), floats([0, 3], 130), floats([1, 3], 131)], { dimension: 0 }),
    sample<'concatenate'>('one', [floats([2, 3], 132)], { dimension: 0 }),
    sample<'concatenate'>('int', [indices([2], 133, 9), indices([3], 134, 9)], { dimension: 0 }),
  ],
  gather: [
    sample<'gather'>('rows, repeated', [floats([4, 3], 135), hostArray('int', [5], [3, 0, 3, 1, 3])], { axis: 0, batchDims: 0 }),
    sample<'gather'>('matrix of columns', [floats([2, 4, 3], 136), indices([2, 3], 137, 4)], { axis: 1, batchDims: 0 }),
    sample<'gather'>('one batch dimension', [floats([2, 4, 3], 138), indices([2, 5], 139, 4)], { axis: 1, batchDims: 1 }),
    sample<'gather'>('batch, then later axis', [floats([2, 3, 4], 140), indices([2, 2], 141, 4)], { axis: 2, batchDims: 1 }),
    sample<'gather'>('scalar index', [floats([4, 3], 142), hostArray('int', [], [2])], { axis: 0, batchDims: 0 }),
    sample<'gather'>('one label per row', [floats([3, 4], 143), indices([3], 144, 4)], { axis: 1, batchDims: 1 }),
    sample<'gather'>('uint8 rows', [hostArray('uint8', [3, 2], [0, 50, 100, 150, 200, 250]), hostArray('int', [2], [2, 0])], {
      axis: 0,
      batchDims: 0,
    }),
  ],
  scatter_add: [
    sample<'scatter_add'>('rows, repeated', [floats([5, 3], 145), hostArray('int', [5], [3, 0, 3, 1, 3])], {
      axis: 0,
      batchDims: 0,
      shape: [4, 3],
    }),
    sample<'scatter_add'>('matrix of columns', [floats([2, 2, 3, 3], 146), indices([2, 3], 147, 4)], {
      axis: 1,
      batchDims: 0,
      shape: [2, 4, 3],
    }),
    sample<'scatter_add'>('one batch dimension', [floats([2, 5, 3], 148), indices([2, 5], 149, 4)], {
      axis: 1,
      batchDims: 1,
      shape: [2, 4, 3],
    }),
    sample<'scatter_add'>('batch, then later axis', [floats([2, 3, 2], 150), indices([2, 2], 151, 4)], {
      axis: 2,
      batchDims: 1,
      shape: [2, 3, 4],
    }),
    sample<'scatter_add'>('one label per row', [floats([3], 152), indices([3], 153, 4)], { axis: 1, batchDims: 1, shape: [3, 4] }),
  ],
  reduce_sum: [
    sample<'reduce_sum'>('last', [floats([2, 3, 4], 154)], { dimensions: [2] }),
    sample<'reduce_sum'>('first and last', [floats([2, 3, 4], 155)], { dimensions: [0, 2] }),
    sample<'reduce_sum'>('all', [floats([2, 3], 156)], { dimensions: [0, 1] }),
    sample<'reduce_sum'>('none', [floats([2, 3], 157)], { dimensions: [] }),
    sample<'reduce_sum'>('over nothing', [floats([2, 0], 158)], { dimensions: [1] }),
    sample<'reduce_sum'>('size 1', [floats([2, 1, 3], 159)], { dimensions: [1] }),
    sample<'reduce_sum'>('int', [indices([2, 3], 160, 9)], { dimensions: [0] }),
  ],
  reduce_max: [
    sample<'reduce_max'>('last', [floats([2, 3, 4], 161)], { dimensions: [2] }),
    sample<'reduce_max'>('first and last', [floats([2, 3, 4], 162)], { dimensions: [0, 2] }),
    sample<'reduce_max'>('all', [floats([2, 3], 163)], { dimensions: [0, 1] }),
    sample<'reduce_max'>('ties', [tiedMatrix], { dimensions: [1] }, false),
    sample<'reduce_max'>('size 1', [floats([3, 1], 164)], { dimensions: [1] }),
    sample<'reduce_max'>('int', [indices([2, 3], 165, 4)], { dimensions: [1] }),
  ],
  arg_max: [
    sample<'arg_max'>('last', [floats([2, 5], 166)], { dimension: 1 }),
    sample<'arg_max'>('middle', [floats([2, 3, 4], 167)], { dimension: 1 }),
    sample<'arg_max'>('ties', [tiedMatrix], { dimension: 1 }, false),
  ],
  cumulative_sum: [
    sample<'cumulative_sum'>('last', [floats([2, 4], 168)], { dimension: 1, reverse: false, exclusive: false }),
    sample<'cumulative_sum'>('first, reversed', [floats([4, 2], 169)], { dimension: 0, reverse: true, exclusive: false }),
    sample<'cumulative_sum'>('exclusive', [floats([2, 4, 2], 170)], { dimension: 1, reverse: false, exclusive: true }),
    sample<'cumulative_sum'>('exclusive, reversed', [floats([3], 171)], { dimension: 0, reverse: true, exclusive: true }),
    sample<'cumulative_sum'>('int', [indices([4], 172, 9)], { dimension: 0, reverse: false, exclusive: false }),
  ],
};
