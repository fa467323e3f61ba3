/** @file Times hand-written ONNX graphs side by side: candidates take turns, so that a busy machine slows all alike. */
import * as runtime from 'onnxruntime-node';
import { encodeModel } from '../../src/compiler/emit/onnx/encode.ts';
import { GraphBuilder, type OnnxTensor } from '../../src/compiler/emit/onnx/graph.ts';

export interface Candidate {
  readonly name: string;
  readonly build: (graph: GraphBuilder) => Record<string, OnnxTensor>;
}

export interface Ready {
  readonly name: string;
  readonly run: () => Promise<void>;
  readonly times: number[];
  readonly outputs: Record<string, runtime.Tensor>;
}

export async function ready({ name, build }: Candidate, threads = 2, extra: runtime.InferenceSession.SessionOptions = {}): Promise<Ready> {
  const builder = new GraphBuilder();
  for (const [output, tensor] of Object.entries(build(builder))) builder.output(output, tensor);
  const graph = builder.finish('bench');
  const session = await runtime.InferenceSession.create(encodeModel(graph), {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    ...extra,
  });
  let seed = 1;
  const next = () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 2 ** 31 - 1;
  };
  const make = (tensor: OnnxTensor, fill: boolean) => {
    const size = tensor.shape.reduce((a, b) => a * b, 1);
    const data =
      tensor.element === 'float32'
        ? new Float32Array(size)
        : tensor.element === 'int64'
          ? new BigInt64Array(size)
          : tensor.element === 'int32'
            ? new Int32Array(size)
            : new Uint8Array(size);
    if (fill && data instanceof Float32Array) for (let index = 0; index < size; index++) data[index] = next();
    return new runtime.Tensor(tensor.element, data as never, tensor.shape);
  };
  const feeds = Object.fromEntries(graph.inputs.map((input) => [input.name, make(input, true)]));
  const outputs = Object.fromEntries(graph.outputs.map((output) => [output.name, make(output, false)]));
  return { name, times: [], outputs, run: async () => void (await session.run(feeds, outputs)) };
}

export async function compare(candidates: readonly Candidate[], repeats = 15, threads = 2): Promise<Ready[]> {
  const all: Ready[] = [];
  for (const candidate of candidates) {
    try {
      const one = await ready(candidate, threads);
      for (let warm = 0; warm < 2; warm++) await one.run();
      all.push(one);
    } catch (error) {
      console.log(`${candidate.name}: ${String(error).slice(0, 200)}`);
    }
  }
  for (let repeat = 0; repeat < repeats; repeat++) {
    for (const one of all) {
      const start = performance.now();
      await one.run();
      one.times.push(performance.now() - start);
    }
  }
  for (const one of all) {
    one.times.sort((a, b) => a - b);
    console.log(`${one.name.padEnd(44)} min ${one.times[0]?.toFixed(3)}  median ${one.times[one.times.length >> 1]?.toFixed(3)} ms`);
  }
  return all;
}
