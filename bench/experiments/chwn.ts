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
const N = Number(process.argv[3] ?? 75);
const w3d = (s: number, c = 64): Candidate => ({
  name: `wgrad conv3d ${s}`,
  build: (g) => {
    const x = g.input('x', f, [c, s * s * N]);
    const dy = g.input('dy', f, [64, 1, s, s, N]);
    const xt = g.reshape(g.transpose(x, [1, 0]), [1, 1, s, s, N * c]);
    return { y: conv(g, xt, dy, [1, 1, 0, 1, 1, 0], [1, 64, 3, 3, c], [1, 1, c]) };
  },
});
const w2d = (s: number, c = 64): Candidate => ({
  name: `wgrad conv2d via N,HW,C ${s}`,
  build: (g) => {
    const x = g.input('x', f, [c, s * s * N]);
    const dy = g.input('dy', f, [64, s * s, N]);
    const xt = g.transpose(g.reshape(g.transpose(x, [1, 0]), [s * s, N, c]), [1, 0, 2]);
    const dyt = g.reshape(g.transpose(dy, [0, 2, 1]), [64, N, s, s]);
    return { y: conv(g, g.reshape(xt, [1, N, s, s * c]), dyt, [1, c, 1, c], [1, 64, 3, 3 * c], [1, c]) };
  },
});
// rows as channels of a 1D conv? x as [1, 1, H, W*N*C], contraction over (p) kernel rows and (q,n) kernel columns
const w2dflat = (s: number, c = 64): Candidate => ({
  name: `wgrad conv2d flat, rows x (q,n) dilated ${s}`,
  build: (g) => {
    const x = g.input('x', f, [c, s * s * N]);
    const dy = g.input('dy', f, [64, 1, s, s * N]);
    const xt = g.transpose(x, [1, 0]);
    // three convs, one per horizontal tap: columns c only
    const padded = g.node('Pad', [g.reshape(xt, [s, s, N * c]), g.integers([0, 1, 0, 0, 1, 0])], { element: f, shape: [s, s + 2, N * c] });
    const out: Record<string, OnnxTensor> = {};
    for (let j = 0; j < 3; j++) {
      const part = g.node('Slice', [padded, g.integers([j]), g.integers([j + s]), g.integers([1])], { element: f, shape: [s, s, N * c] });
      out[`y${j}`] = conv(g, g.reshape(part, [1, 1, s, s * N * c]), dy, [1, 0, 1, 0], [1, 64, 3, c], [1, c]);
    }
    return out;
  },
});
const wnchw = (s: number, c = 64): Candidate => ({
  name: `wgrad from NCHW ${s}`,
  build: (g) => {
    const x = g.input('x', f, [N, c, s, s]);
    const dy = g.input('dy', f, [N, 64, s, s]);
    const xt = g.reshape(g.transpose(x, [0, 2, 3, 1]), [1, N, s, s * c]);
    return { y: conv(g, xt, g.transpose(dy, [1, 0, 2, 3]), [1, c, 1, c], [1, 64, 3, 3 * c], [1, c]) };
  },
});
const fwd = (s: number): Candidate => ({
  name: `fwd CHWN ${s}`,
  build: (g) => ({
    y: conv(g, g.input('x', f, [1, 64, s, s * N]), g.input('w', f, [64, 64, 3, 3]), [1, N, 1, N], [1, 64, s, s * N], [1, N]),
  }),
});
const fwdn = (s: number): Candidate => ({
  name: `fwd NCHW ${s}`,
  build: (g) => ({ y: conv(g, g.input('x', f, [N, 64, s, s]), g.input('w', f, [64, 64, 3, 3]), [1, 1, 1, 1], [N, 64, s, s], [1, 1]) }),
});
const slices = (s: number): Candidate => ({
  name: `4 phase slices ${s}`,
  build: (g) => {
    const x = g.input('x', f, [64, s, s, N]);
    const h = s / 2;
    const out: Record<string, OnnxTensor> = {};
    for (let k = 0; k < 4; k++)
      out[`y${k}`] = g.node('Slice', [x, g.integers([k >> 1, k & 1]), g.integers([s, s]), g.integers([1, 2]), g.integers([2, 2])], {
        element: f,
        shape: [64, h, h, N],
      });
    return out;
  },
});
const slicesSplit = (s: number): Candidate => ({
  name: `4 phases by transpose ${s}`,
  build: (g) => {
    const x = g.input('x', f, [64, s / 2, 2, s / 2, 2, N]);
    return { y: g.transpose(x, [2, 4, 0, 1, 3, 5]) };
  },
});
const slicesGather = (s: number): Candidate => ({
  name: `4 phases by Split ${s}`,
  build: (g) => {
    const x = g.input('x', f, [64, s / 2, 2, s / 2, 2, N]);
    const h = s / 2;
    const rows = g.nodes(
      'Split',
      [x],
      [0, 1].map(() => ({ element: f, shape: [64, h, 1, h, 2, N] })),
      { axis: 2, num_outputs: 2 },
    );
    const out: Record<string, OnnxTensor> = {};
    rows.forEach((row, i) => {
      g.nodes(
        'Split',
        [row],
        [0, 1].map(() => ({ element: f, shape: [64, h, 1, h, 1, N] })),
        { axis: 4, num_outputs: 2 },
      ).forEach((t, j) => {
        out[`y${i}${j}`] = t;
      });
    });
    return out;
  },
});
const interleave = (s: number): Candidate => ({
  name: `interleave 4 phases Concat ${s}`,
  build: (g) => {
    const h = s / 2;
    const p = [0, 1, 2, 3].map((k) => g.input(`p${k}`, f, [64, h, 1, h, 1, N]));
    const rows = [0, 1].map((i) =>
      g.node('Concat', [p[2 * i] as OnnxTensor, p[2 * i + 1] as OnnxTensor], { element: f, shape: [64, h, 1, h, 2, N] }, { axis: 4 }),
    );
    return { y: g.node('Concat', rows, { element: f, shape: [64, h, 2, h, 2, N] }, { axis: 2 }) };
  },
});
const interleaveT = (s: number): Candidate => ({
  name: `interleave 4 phases Concat+Transpose ${s}`,
  build: (g) => {
    const h = s / 2;
    const p = [0, 1, 2, 3].map((k) => g.input(`p${k}`, f, [1, 64, h, h, N]));
    const st = g.node('Concat', p, { element: f, shape: [4, 64, h, h, N] }, { axis: 0 });
    return { y: g.transpose(g.reshape(st, [2, 2, 64, h, h, N]), [2, 3, 0, 4, 1, 5]) };
  },
});
const bcast = (s: number): Candidate => ({
  name: `Equal x[C,h,2,h,2,N] with m[C,h,1,h,1,N] ${s}`,
  build: (g) => {
    const h = s / 2;
    return {
      y: g.node('Equal', [g.input('x', f, [64, h, 2, h, 2, N]), g.input('m', f, [64, h, 1, h, 1, N])], {
        element: 'bool',
        shape: [64, h, 2, h, 2, N],
      }),
    };
  },
});
const pool3 = (s: number): Candidate => ({
  name: `MaxPool3D ${s}`,
  build: (g) => ({
    y: g.node(
      'MaxPool',
      [g.input('x', f, [1, 64, s, s, N])],
      { element: f, shape: [1, 64, s / 2, s / 2, N] },
      { kernel_shape: [2, 2, 1], strides: [2, 2, 1] },
    ),
  }),
});
const pool2 = (s: number): Candidate => ({
  name: `MaxPool2D NCHW ${s}`,
  build: (g) => ({
    y: g.node(
      'MaxPool',
      [g.input('x', f, [N, 64, s, s])],
      { element: f, shape: [N, 64, s / 2, s / 2] },
      { kernel_shape: [2, 2], strides: [2, 2] },
    ),
  }),
});
const threads = Number(process.argv[2] ?? 1);
for (const s of [14, 7, 3]) await compare([w3d(s), w2d(s), w2dflat(s), wnchw(s), fwd(s), fwdn(s)], 20, threads);
for (const s of [14, 28])
  await compare([slices(s), slicesSplit(s), slicesGather(s), interleave(s), interleaveT(s), bcast(s), pool3(s), pool2(s)], 25, threads);
