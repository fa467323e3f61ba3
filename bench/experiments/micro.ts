import type { GraphBuilder, OnnxTensor } from '../../src/compiler/emit/onnx/graph.ts';
import { type Candidate, compare } from './harness.ts';

const f = 'float32' as const;
type G = GraphBuilder;
const conv = (g: G, x: OnnxTensor, w: OnnxTensor, pads: number[], shape: number[], dilations = [1, 1], strides = [1, 1], group = 1) =>
  g.node('Conv', [x, w], { element: f, shape }, { kernel_shape: w.shape.slice(2), pads, dilations, strides, group });

const fwd = (n: number, c: number, s: number): Candidate => ({
  name: `fwd conv n${n} c${c} ${s}x${s} (${((2 * n * c * 64 * 9 * s * s) / 1e9).toFixed(3)} GF)`,
  build: (g) => ({ y: conv(g, g.input('x', f, [n, c, s, s]), g.input('w', f, [64, c, 3, 3]), [1, 1, 1, 1], [n, 64, s, s]) }),
});

function slices(g: G, x: OnnxTensor, s: number) {
  const [n, c] = x.shape as [number, number];
  const p = g.node('Pad', [x, g.integers([0, 0, 1, 1, 0, 0, 1, 1])], { element: f, shape: [n, c, s + 2, s + 2] });
  const out: OnnxTensor[] = [];
  for (let i = 0; i < 3; i++)
    for (let j = 0; j < 3; j++)
      out.push(
        g.node('Slice', [p, g.integers([i, j]), g.integers([i + s, j + s]), g.integers([2, 3])], { element: f, shape: [n, c, s, s] }),
      );
  return out;
}

const wgradTrick = (n: number, c: number, s: number): Candidate => ({
  name: `wgrad trick n${n} c${c} ${s}x${s}`,
  build: (g) => {
    const x = g.input('x', f, [n, c, s, s]);
    const dy = g.input('dy', f, [n, 64, s, s]);
    const xt = g.reshape(g.transpose(x, [0, 2, 3, 1]), [1, n, s, s * c]);
    const dyt = g.transpose(dy, [1, 0, 2, 3]);
    const r = conv(g, xt, dyt, [1, c, 1, c], [1, 64, 3, 3 * c], [1, c]);
    return { dw: g.transpose(g.reshape(r, [64, 3, 3, c]), [0, 3, 1, 2]) };
  },
});
const wgradTrickSwapped = (n: number, c: number, s: number): Candidate => ({
  name: `wgrad trick swapped n${n} c${c} ${s}x${s}`,
  build: (g) => {
    const x = g.input('x', f, [n, c, s, s]);
    const dy = g.input('dy', f, [n, 64, s, s]);
    const dyt = g.reshape(g.transpose(dy, [0, 2, 3, 1]), [1, n, s, s * 64]);
    const xt = g.transpose(x, [1, 0, 2, 3]);
    const r = conv(g, dyt, xt, [1, 64, 1, 64], [1, c, 3, 3 * 64], [1, 64]);
    return { dw: r };
  },
});
const wgradHCW = (n: number, c: number, s: number): Candidate => ({
  name: `wgrad HCW trick n${n} c${c} ${s}x${s}`,
  build: (g) => {
    const x = g.input('x', f, [n, c, s, s]);
    const dy = g.input('dy', f, [n, 64, s, s]);
    const xt = g.reshape(g.transpose(x, [0, 2, 1, 3]), [1, n, s * c, s]);
    const dyt = g.transpose(dy, [1, 0, 2, 3]);
    const r = conv(g, xt, dyt, [c, 1, c, 1], [1, 64, 3 * c, 3], [c, 1]);
    return { dw: r };
  },
});
const wgradNaive = (n: number, c: number, s: number): Candidate => ({
  name: `wgrad naive conv n${n} c${c} ${s}x${s}`,
  build: (g) => {
    const x = g.input('x', f, [n, c, s, s]);
    const dy = g.input('dy', f, [n, 64, s, s]);
    return { dw: conv(g, g.transpose(x, [1, 0, 2, 3]), g.transpose(dy, [1, 0, 2, 3]), [1, 1, 1, 1], [c, 64, 3, 3]) };
  },
});
const wgradBatched = (n: number, c: number, s: number): Candidate => ({
  name: `wgrad concat+batched MatMul+sum n${n} c${c} ${s}x${s}`,
  build: (g) => {
    const x = g.input('x', f, [n, c, s, s]);
    const dy = g.input('dy', f, [n, 64, s, s]);
    const parts = slices(g, x, s);
    const cat = g.reshape(g.node('Concat', parts, { element: f, shape: [n, 9 * c, s, s] }, { axis: 1 }), [n, 9 * c, s * s]);
    const m = g.node('MatMul', [g.reshape(dy, [n, 64, s * s]), g.transpose(cat, [0, 2, 1])], { element: f, shape: [n, 64, 9 * c] });
    return { dw: g.node('ReduceSum', [m, g.integers([0])], { element: f, shape: [64, 9 * c] }, { keepdims: 0 }) };
  },
});
const wgradNHWC = (n: number, c: number, s: number): Candidate => ({
  name: `wgrad NHWC im2col + Gemm n${n} c${c} ${s}x${s}`,
  build: (g) => {
    const x = g.input('x', f, [n, c, s, s]);
    const dy = g.input('dy', f, [n, 64, s, s]);
    const xt = g.transpose(x, [0, 2, 3, 1]);
    const dyt = g.reshape(g.transpose(dy, [0, 2, 3, 1]), [n * s * s, 64]);
    const p = g.node('Pad', [xt, g.integers([0, 1, 1, 0, 0, 1, 1, 0])], { element: f, shape: [n, s + 2, s + 2, c] });
    const parts: OnnxTensor[] = [];
    for (let i = 0; i < 3; i++)
      for (let j = 0; j < 3; j++)
        parts.push(
          g.node('Slice', [p, g.integers([i, j]), g.integers([i + s, j + s]), g.integers([1, 2])], { element: f, shape: [n, s, s, c] }),
        );
    const cat = g.reshape(g.node('Concat', parts, { element: f, shape: [n, s, s, 9 * c] }, { axis: 3 }), [n * s * s, 9 * c]);
    return { dw: g.node('Gemm', [dyt, cat], { element: f, shape: [64, 9 * c] }, { transA: 1 }) };
  },
});

const which = process.argv[2] ?? 'all';
if (which === 'all' || which === 'fwd') {
  await compare([
    fwd(75, 1, 28),
    fwd(75, 64, 14),
    fwd(75, 64, 7),
    fwd(75, 64, 3),
    fwd(5, 64, 14),
    fwd(5, 64, 7),
    fwd(5, 64, 3),
    fwd(80, 64, 14),
    fwd(5, 1, 28),
  ]);
}
if (which === 'all' || which === 'wgrad') {
  for (const [n, s] of [
    [75, 14],
    [75, 7],
    [75, 3],
    [5, 14],
  ] as const) {
    const all = await compare([wgradTrick, wgradTrickSwapped, wgradHCW, wgradNaive, wgradBatched, wgradNHWC].map((make) => make(n, 64, s)));
    const [a, , , b] = all.map((one) => Object.values(one.outputs)[0]?.data as Float32Array);
    if (a && b) console.log('   check', a[0], b[0]);
  }
}
