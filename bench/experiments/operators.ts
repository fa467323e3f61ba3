/** @file Times single ONNX operators on the tensors of W2 (75 images, 64 channels): what NOTES.md says of them. `npx tsx bench/experiments/operators.ts [threads]` */
import type { GraphBuilder, OnnxTensor } from '../../src/compiler/emit/onnx/graph.ts';
import { type Candidate, compare } from './harness.ts';

const f = 'float32' as const;
type G = GraphBuilder;
const big = [75, 64, 28, 28];
const half = [75, 64, 14, 14];
const un = (name: string, op: string, shape = big): Candidate => ({
  name,
  build: (g) => ({ y: g.node(op, [g.input('x', f, shape)], { element: f, shape }) }),
});
const bin = (name: string, op: string, other: number[], shape = big, element: 'float32' | 'bool' = f): Candidate => ({
  name,
  build: (g) => ({ y: g.node(op, [g.input('x', f, shape), g.input('b', f, other)], { element, shape }) }),
});
const conv = (g: G, x: OnnxTensor, w: OnnxTensor, pads: number[], shape: number[], dilations = [1, 1], strides = [1, 1], group = 1) =>
  g.node('Conv', [x, w], { element: f, shape }, { kernel_shape: w.shape.slice(2), pads, dilations, strides, group });
const candidates: Candidate[] = [
  un('Relu 15MB', 'Relu'),
  un('Neg 15MB', 'Neg'),
  bin('Mul scalar 15MB', 'Mul', []),
  bin('Mul per channel NCHW 15MB', 'Mul', [64, 1, 1]),
  bin('Add 15MB+15MB', 'Add', big),
  un('Relu 3.7MB', 'Relu', half),
  bin('Mul per channel 3.7MB', 'Mul', [64, 1, 1], half),
  bin('Add 3.7+3.7', 'Add', half, half),
  bin('Max 3.7+3.7', 'Max', half, half),
  bin('Greater 3.7,3.7', 'Greater', half, half, 'bool'),
  bin('Greater 3.7,scalar', 'Greater', [], half, 'bool'),
  {
    name: 'Where(b,x,0) 3.7',
    build: (g) => ({ y: g.node('Where', [g.input('c', 'bool', half), g.input('x', f, half), g.scalar(0)], { element: f, shape: half }) }),
  },
  {
    name: 'Where(b,x,y) 3.7',
    build: (g) => ({
      y: g.node('Where', [g.input('c', 'bool', half), g.input('x', f, half), g.input('z', f, half)], { element: f, shape: half }),
    }),
  },
  { name: 'Cast bool->f 3.7', build: (g) => ({ y: g.cast(g.input('c', 'bool', half), f) }) },
  un('Sign 3.7', 'Sign', half),
  {
    name: 'MaxPool 15MB',
    build: (g) => ({
      y: g.node('MaxPool', [g.input('x', f, big)], { element: f, shape: half }, { kernel_shape: [2, 2], strides: [2, 2] }),
    }),
  },
  {
    name: 'MaxPool idx 15MB',
    build: (g) => {
      const [y, i] = g.nodes(
        'MaxPool',
        [g.input('x', f, big)],
        [
          { element: f, shape: half },
          { element: 'int64', shape: half },
        ],
        { kernel_shape: [2, 2], strides: [2, 2] },
      );
      return { y: y as OnnxTensor, i: i as OnnxTensor };
    },
  },
  {
    name: 'MaxUnpool 15MB',
    build: (g) => ({
      y: g.node(
        'MaxUnpool',
        [g.input('x', f, half), g.input('i', 'int64', half), g.integers(big)],
        { element: f, shape: big },
        { kernel_shape: [2, 2], strides: [2, 2] },
      ),
    }),
  },
  {
    name: 'ScatterElements 15MB',
    build: (g) => ({
      y: g.node(
        'ScatterElements',
        [g.input('z', f, [75 * 64 * 784]), g.input('i', 'int64', [75 * 64 * 196]), g.input('x', f, [75 * 64 * 196])],
        { element: f, shape: [75 * 64 * 784] },
        { axis: 0 },
      ),
    }),
  },
  {
    name: 'Gather 940k',
    build: (g) => ({
      y: g.node(
        'Gather',
        [g.input('z', f, [75 * 64 * 784]), g.input('i', 'int64', [75 * 64 * 196])],
        { element: f, shape: [75 * 64 * 196] },
        { axis: 0 },
      ),
    }),
  },
  {
    name: 'GatherElements 940k',
    build: (g) => ({
      y: g.node(
        'GatherElements',
        [g.input('z', f, [75 * 64 * 784]), g.input('i', 'int64', [75 * 64 * 196])],
        { element: f, shape: [75 * 64 * 196] },
        { axis: 0 },
      ),
    }),
  },
  {
    name: 'ReduceSum 15MB NCHW',
    build: (g) => ({ y: g.node('ReduceSum', [g.input('x', f, big), g.integers([0, 2, 3])], { element: f, shape: [64] }, { keepdims: 0 }) }),
  },
  {
    name: 'ReduceSum 15MB C*',
    build: (g) => ({
      y: g.node('ReduceSum', [g.input('x', f, [64, 75 * 784]), g.integers([1])], { element: f, shape: [64] }, { keepdims: 0 }),
    }),
  },
  {
    name: 'ReduceSumSquare 15MB NCHW',
    build: (g) => ({
      y: g.node('ReduceSumSquare', [g.input('x', f, big), g.integers([0, 2, 3])], { element: f, shape: [64] }, { keepdims: 0 }),
    }),
  },
  {
    name: 'ReduceSumSquare 15MB C*',
    build: (g) => ({
      y: g.node('ReduceSumSquare', [g.input('x', f, [64, 75 * 784]), g.integers([1])], { element: f, shape: [64] }, { keepdims: 0 }),
    }),
  },
  {
    name: 'sum of squares by MatMul batched rows C*',
    build: (g) => {
      const x = g.input('x', f, [64, 1, 75 * 784]);
      return { y: g.node('MatMul', [x, g.transpose(x, [0, 2, 1])], { element: f, shape: [64, 1, 1] }) };
    },
  },
  {
    name: 'LayerNorm-like InstanceNorm C*',
    build: (g) => ({
      y: g.node(
        'InstanceNormalization',
        [g.input('x', f, [1, 64, 75 * 784]), g.input('s', f, [64]), g.input('b', f, [64])],
        { element: f, shape: [1, 64, 75 * 784] },
        { epsilon: { float: 1e-5 } },
      ),
    }),
  },
  {
    name: 'conv1 NCHW',
    build: (g) => ({ y: conv(g, g.input('x', f, [75, 1, 28, 28]), g.input('w', f, [64, 1, 3, 3]), [1, 1, 1, 1], big) }),
  },
  {
    name: 'conv1 stride 2 one phase',
    build: (g) => ({ y: conv(g, g.input('x', f, [75, 1, 28, 28]), g.input('w', f, [64, 1, 3, 3]), [1, 1, 0, 0], half, [1, 1], [2, 2]) }),
  },
  {
    name: 'conv1 four phases 4x4 256ch',
    build: (g) => ({
      y: conv(g, g.input('x', f, [75, 1, 28, 28]), g.input('w', f, [256, 1, 4, 4]), [1, 1, 1, 1], [75, 256, 14, 14], [1, 1], [2, 2]),
    }),
  },
  {
    name: 'Gemm 64x9x14700',
    build: (g) => ({ y: g.node('MatMul', [g.input('a', f, [64, 9]), g.input('b', f, [9, 14700])], { element: f, shape: [64, 14700] }) }),
  },
  {
    name: 'Gemm 64x14700 * 14700x9',
    build: (g) => ({ y: g.node('MatMul', [g.input('a', f, [64, 14700]), g.input('b', f, [14700, 9])], { element: f, shape: [64, 9] }) }),
  },
  {
    name: 'Gemm 64x14700 * (9x14700)T',
    build: (g) => ({
      y: g.node('Gemm', [g.input('a', f, [64, 14700]), g.input('b', f, [9, 14700])], { element: f, shape: [64, 9] }, { transB: 1 }),
    }),
  },
  {
    name: 'Gemm 9x14700 * (64x14700)T',
    build: (g) => ({
      y: g.node('Gemm', [g.input('b', f, [9, 14700]), g.input('a', f, [64, 14700])], { element: f, shape: [9, 64] }, { transB: 1 }),
    }),
  },
  { name: 'Transpose N,C,HW->C,N,HW 3.7MB', build: (g) => ({ y: g.transpose(g.input('x', f, [75, 64, 196]), [1, 0, 2]) }) },
  { name: 'Transpose N,C,HW->N,HW,C 3.7MB', build: (g) => ({ y: g.transpose(g.input('x', f, [75, 64, 196]), [0, 2, 1]) }) },
  { name: 'Transpose C,HWN->HWN,C 3.7MB', build: (g) => ({ y: g.transpose(g.input('x', f, [64, 14700]), [1, 0]) }) },
  { name: 'Transpose C,HW,N->N,HW,C 3.7MB', build: (g) => ({ y: g.transpose(g.input('x', f, [64, 196, 75]), [2, 1, 0]) }) },
  { name: 'Transpose C,HW,N->C,N,HW 3.7MB', build: (g) => ({ y: g.transpose(g.input('x', f, [64, 196, 75]), [0, 2, 1]) }) },
  {
    name: 'MaxPool3D CHWN',
    build: (g) => ({
      y: g.node(
        'MaxPool',
        [g.input('x', f, [1, 64, 28, 28, 75])],
        { element: f, shape: [1, 64, 14, 14, 75] },
        { kernel_shape: [2, 2, 1], strides: [2, 2, 1] },
      ),
    }),
  },
  {
    name: 'ReduceMax CHWN',
    build: (g) => ({
      y: g.node(
        'ReduceMax',
        [g.input('x', f, [64, 14, 2, 14, 2, 75]), g.integers([2, 4])],
        { element: f, shape: [64, 14, 14, 75] },
        { keepdims: 0 },
      ),
    }),
  },
];
const threads = Number(process.argv[2] ?? 1);
await compare(candidates, 25, threads);
