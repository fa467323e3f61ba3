import type { GraphBuilder, OnnxTensor } from '../../src/compiler/emit/onnx/graph.ts';
import { type Candidate, compare } from './harness.ts';

const f = 'float32' as const;
const conv = (g: GraphBuilder, x: OnnxTensor, w: OnnxTensor, pads: number[], shape: number[], dilations = [1, 1]) =>
  g.node('Conv', [x, w], { element: f, shape }, { kernel_shape: w.shape.slice(2), pads, dilations, strides: [1, 1], group: 1 });
const chwn = (n: number, c: number, s: number): Candidate => ({
  name: `CHWN n${n} c${c} ${s}x${s} GF ${((2 * n * c * 64 * 9 * s * s) / 1e9).toFixed(4)}`,
  build: (g) => ({
    y: conv(g, g.input('x', f, [1, c, s, s * n]), g.input('w', f, [64, c, 3, 3]), [1, n, 1, n], [1, 64, s, s * n], [1, n]),
  }),
});
const nchw = (n: number, c: number, s: number): Candidate => ({
  name: `NCHW n${n} c${c} ${s}x${s} GF ${((2 * n * c * 64 * 9 * s * s) / 1e9).toFixed(4)}`,
  build: (g) => ({ y: conv(g, g.input('x', f, [n, c, s, s]), g.input('w', f, [64, c, 3, 3]), [1, 1, 1, 1], [n, 64, s, s]) }),
});
const mm = (k: number, n: number): Candidate => ({
  name: `MatMul 64x${k}x${n} GF ${((2 * 64 * k * n) / 1e9).toFixed(4)}`,
  build: (g) => ({ y: g.node('MatMul', [g.input('a', f, [64, k]), g.input('b', f, [k, n])], { element: f, shape: [64, n] }) }),
});
for (const threads of [1, 2]) {
  console.log('threads', threads);
  for (const one of await compare(
    [2, 5, 10, 15, 25, 38, 75]
      .flatMap((n) => [chwn(n, 64, 14), nchw(n, 64, 14)])
      .concat([chwn(20, 64, 7), chwn(75, 64, 7), mm(576, 14700), mm(576, 3675), mm(1024, 1024)]),
    60,
    threads,
  ))
    console.log(one.name, ((Number(one.name.split('GF ')[1]) / (one.times[0] as number)) * 1000).toFixed(0), 'GF/s');
}
