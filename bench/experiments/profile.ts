/** @file Where the time of an entry function goes: ONNX Runtime's own profile, by operator and by node. */
import { readFileSync, rmSync } from 'node:fs';
import * as runtime from 'onnxruntime-node';
import { emitOnnx } from '../../src/compiler/emit/onnx/emit.ts';
import type { EntryFunction, Program } from '../../src/compiler/ir/ir.ts';
import { sizeOf } from '../../src/compiler/ir/tensor-type.ts';

const ELEMENT_OF = { float: 'float32', int: 'int32', bool: 'bool', uint8: 'uint8' } as const;

export async function profile(program: Program, entry: EntryFunction, threads: number, runs = 15, top = 45): Promise<void> {
  const session = await runtime.InferenceSession.create(emitOnnx(entry, program), {
    intraOpNumThreads: threads,
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    enableProfiling: true,
    profileFilePrefix: '/tmp/ortprof',
  });
  const feeds: Record<string, runtime.Tensor> = {};
  for (const { name, value } of entry.body.parameters) {
    if (!session.inputNames.includes(name)) continue;
    const size = sizeOf(value.type.shape);
    const data =
      value.type.dtype === 'float'
        ? Float32Array.from({ length: size }, (_, i) => (/scale$/.test(name) ? 1 : 0.1 * Math.sin(i * 7.3 + name.length)))
        : value.type.dtype === 'int'
          ? Int32Array.from({ length: size }, (_, i) => i % 100)
          : Uint8Array.from({ length: size }, (_, i) => (i * 37) % 256);
    feeds[name] = new runtime.Tensor(ELEMENT_OF[value.type.dtype], data, value.type.shape);
  }
  for (let run = 0; run < runs; run++) await session.run(feeds);
  (session as unknown as { endProfiling(): void }).endProfiling();
  const { readdirSync } = await import('node:fs');
  const file = readdirSync('/tmp')
    .filter((one) => one.startsWith('ortprof'))
    .sort()
    .at(-1) as string;
  const events = JSON.parse(readFileSync(`/tmp/${file}`, 'utf8')) as {
    name: string;
    dur: number;
    cat: string;
    args?: Record<string, unknown>;
  }[];
  rmSync(`/tmp/${file}`);
  const nodes = new Map<string, { op: string; times: number[]; shapes: string }>();
  for (const { name, dur, cat, args } of events) {
    if (cat !== 'Node' || !name.endsWith('_kernel_time')) continue;
    const key = name.replace('_kernel_time', '');
    const known = nodes.get(key) ?? {
      op: String(args?.['op_name']),
      times: [],
      shapes: `${JSON.stringify(args?.['input_type_shape'])} -> ${JSON.stringify(args?.['output_type_shape'])}`,
    };
    known.times.push(dur);
    nodes.set(key, known);
  }
  const byOp = new Map<string, { time: number; count: number }>();
  const list = [...nodes].map(([name, { op, times, shapes }]) => {
    times.sort((a, b) => a - b);
    return { name, op, shapes, time: times[times.length >> 2] as number };
  });
  for (const { op, time } of list) {
    const known = byOp.get(op) ?? { time: 0, count: 0 };
    byOp.set(op, { time: known.time + time, count: known.count + 1 });
  }
  const total = list.reduce((sum, one) => sum + one.time, 0);
  console.log(`total ${(total / 1000).toFixed(2)} ms in ${list.length} nodes`);
  for (const [op, { time, count }] of [...byOp].sort((a, b) => b[1].time - a[1].time))
    console.log(`${op.padEnd(20)} ${(time / 1000).toFixed(3).padStart(8)} ms  ${count}`);
  for (const { name, time, shapes } of list.sort((a, b) => b.time - a.time).slice(0, top))
    console.log(`${(time / 1000).toFixed(3).padStart(8)} ${name.padEnd(24)} ${shapes.replaceAll('"', '').replaceAll('float', 'f')}`);
}
