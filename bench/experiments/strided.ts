import type { GraphBuilder, OnnxTensor } from '../../src/compiler/emit/onnx/graph.ts';
import { type Candidate, compare } from './harness.ts';

const f = 'float32' as const;
type G = GraphBuilder;
const conv = (g: G, x: OnnxTensor, w: OnnxTensor, pads: number[], shape: number[], dilations: number[], strides?: number[]) =>
  g.node(
    'Conv',
    [x, w],
    { element: f, shape },
    { kernel_shape: w.shape.slice(2), pads, dilations, strides: strides ?? dilations.map(() => 1), group: 1 },
  );
const d2 = (N: number, s: number): Candidate => ({
  name: `2D wide n${N} ${s}`,
  build: (g) => ({
    y: conv(g, g.input('x', f, [1, 64, s, s * N]), g.input('w', f, [64, 64, 3, 3]), [1, N, 1, N], [1, 64, s, s * N], [1, N]),
  }),
});
const d3 = (N: number, s: number): Candidate => ({
  name: `3D wide n${N} ${s}`,
  build: (g) => ({
    y: conv(g, g.input('x', f, [1, 64, s, s, N]), g.input('w', f, [64, 64, 3, 3, 1]), [1, 1, 0, 1, 1, 0], [1, 64, s, s, N], [1, 1, 1]),
  }),
});
const nchw = (N: number, s: number): Candidate => ({
  name: `NCHW n${N} ${s}`,
  build: (g) => ({ y: conv(g, g.input('x', f, [N, 64, s, s]), g.input('w', f, [64, 64, 3, 3]), [1, 1, 1, 1], [N, 64, s, s], [1, 1]) }),
});
const o = (s: number) => Math.ceil(s / 2);
const e = (s: number) => s % 2; // pads: low 0/1, high 1
const s2n = (N: number, s: number): Candidate => ({
  name: `stride2 NCHW n${N} ${s}`,
  build: (g) => ({
    y: conv(g, g.input('x', f, [N, 64, s, s]), g.input('w', f, [64, 64, 3, 3]), [e(s), e(s), 1, 1], [N, 64, o(s), o(s)], [1, 1], [2, 2]),
  }),
});
const s23 = (N: number, s: number): Candidate => ({
  name: `stride2 3D n${N} ${s}`,
  build: (g) => ({
    y: conv(
      g,
      g.input('x', f, [1, 64, s, s, N]),
      g.input('w', f, [64, 64, 3, 3, 1]),
      [e(s), e(s), 0, 1, 1, 0],
      [1, 64, o(s), o(s), N],
      [1, 1, 1],
      [2, 2, 1],
    ),
  }),
});
const s2split = (N: number, s: number): Candidate => ({
  name: `stride2 2D split n${N} ${s}`,
  build: (g) => {
    // columns of even and odd index; taps 0,2 on one, tap 1 on the other (low pad 0: tap j reads 2q+j)
    const x = g.input('x', f, [1, 64, s, s, N]);
    const w = g.input('w', f, [64, 64, 3, 3]);
    const h = o(s);
    const even = g.node('Slice', [x, g.integers([0]), g.integers([s]), g.integers([3]), g.integers([2])], {
      element: f,
      shape: [1, 64, s, h, N],
    });
    const odd = g.node('Slice', [x, g.integers([1]), g.integers([s]), g.integers([3]), g.integers([2])], {
      element: f,
      shape: [1, 64, s, s - h, N],
    });
    const w02 = g.node('Slice', [w, g.integers([0]), g.integers([3]), g.integers([3]), g.integers([2])], {
      element: f,
      shape: [64, 64, 3, 2],
    });
    const w1 = g.node('Slice', [w, g.integers([1]), g.integers([2]), g.integers([3])], { element: f, shape: [64, 64, 3, 1] });
    const a = conv(g, g.reshape(even, [1, 64, s, h * N]), w02, [e(s), 0, 1, N], [1, 64, h, h * N], [1, N], [2, 1]);
    const b = conv(g, g.reshape(odd, [1, 64, s, (s - h) * N]), w1, [e(s), 0, 1, (2 * h - s) * N], [1, 64, h, h * N], [1, N], [2, 1]);
    return { y: g.node('Add', [a, b], { element: f, shape: [1, 64, h, h * N] }) };
  },
});
const threads = Number(process.argv[2] ?? 1);
for (const N of [75, 5]) {
  for (const s of [14, 7, 3]) await compare([d2(N, s), d3(N, s), nchw(N, s)], 30, threads);
  for (const s of [14, 7, 4]) await compare([s2n(N, s), s23(N, s), s2split(N, s)], 30, threads);
}
