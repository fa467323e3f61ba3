import * as runtime from 'onnxruntime-node';
import { encodeModel } from '../../src/compiler/emit/onnx/encode.ts';
import { GraphBuilder } from '../../src/compiler/emit/onnx/graph.ts';

const f = 'float32' as const;
for (const count of [1, 20]) {
  for (const length of [1, 50]) {
    const g = new GraphBuilder();
    for (let i = 0; i < count; i++) {
      let x = g.input(`x${i}`, f, [10]);
      for (let k = 0; k < length; k++) x = g.node(k % 2 ? 'Neg' : 'Tanh', [x], x);
      g.output(`y${i}`, x);
    }
    const s = await runtime.InferenceSession.create(encodeModel(g.finish('t')), { intraOpNumThreads: 1, logSeverityLevel: 3 });
    const t = () => new runtime.Tensor('float32', new Float32Array(10), [10]);
    const feeds = Object.fromEntries(s.inputNames.map((n) => [n, t()]));
    const fetches = Object.fromEntries(s.outputNames.map((n) => [n, t()]));
    const native = (s as unknown as { handler: Record<string, unknown> }).handler;
    const inner = Object.getOwnPropertySymbols(native).length;
    let best = 1e9;
    for (let r = 0; r < 400; r++) {
      const a = process.cpuUsage();
      for (let k = 0; k < 20; k++) await s.run(feeds, fetches);
      const b = process.cpuUsage(a);
      best = Math.min(best, (b.user + b.system) / 20);
    }
    console.log(count, 'inputs', length, 'nodes each', best.toFixed(1), 'us', inner);
  }
}
