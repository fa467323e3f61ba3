import type { GraphBuilder, OnnxTensor } from '../../src/compiler/emit/onnx/graph.ts';
import { type Candidate, compare } from './harness.ts';

const f = 'float32' as const;
const conv = (
  g: GraphBuilder,
  x: OnnxTensor,
  w: OnnxTensor,
  pads: number[],
  shape: number[],
  dilations = [1, 1],
  strides = [1, 1],
  group = 1,
) => g.node('Conv', [x, w], { element: f, shape }, { kernel_shape: w.shape.slice(2), pads, dilations, strides, group });
const nchw = (n: number, c: number, s: number): Candidate => ({
  name: `NCHW n${n} c${c} ${s}x${s} (${((2 * n * c * 64 * 9 * s * s) / 1e9).toFixed(3)} GF)`,
  build: (g) => ({ y: conv(g, g.input('x', f, [n, c, s, s]), g.input('w', f, [64, c, 3, 3]), [1, 1, 1, 1], [n, 64, s, s]) }),
});
const chwn = (n: number, c: number, s: number): Candidate => ({
  name: `CHWN n${n} c${c} ${s}x${s}`,
  build: (g) => ({
    y: conv(g, g.input('x', f, [1, c, s, s * n]), g.input('w', f, [64, c, 3, 3]), [1, n, 1, n], [1, 64, s, s * n], [1, n]),
  }),
});
const chnw = (n: number, c: number, s: number): Candidate => ({
  name: `CHNW (dilated rows) n${n} c${c} ${s}x${s}`,
  build: (g) => ({
    y: conv(g, g.input('x', f, [1, c, s * n, s]), g.input('w', f, [64, c, 3, 3]), [n, 1, n, 1], [1, 64, s * n, s], [n, 1]),
  }),
});
for (const [n, c, s] of [
  [75, 1, 28],
  [75, 64, 14],
  [75, 64, 7],
  [75, 64, 3],
  [5, 1, 28],
  [5, 64, 14],
  [5, 64, 7],
  [5, 64, 3],
  [200, 64, 14],
] as const)
  await compare(
    [nchw, chwn, chnw].map((make) => make(n, c, s)),
    40,
  );
