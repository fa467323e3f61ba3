/** @file Where the time of an entry function goes: ONNX Runtime's own profile, by operator and by node. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as runtime from 'onnxruntime-node';
import { emitOnnx } from '../../src/compiler/emit/onnx/emit.ts';
import type { EntryFunction, Program } from '../../src/compiler/ir/ir.ts';
import { sizeOf } from '../../src/compiler/ir/tensor-type.ts';

interface ProfileEvent {
  readonly name: string;
  /** Microseconds. */
  readonly dur: number;
  readonly cat: string;
  readonly args?: Readonly<Record<string, unknown>>;
}

interface NodeTimes {
  readonly name: string;
  readonly op: string;
  readonly shapes: string;
  /** Lower quartile, in microseconds. */
  readonly time: number;
}

const ELEMENT_OF = { float: 'float32', int: 'int32', bool: 'bool', uint8: 'uint8' } as const;

/** Prints what `runs` calls on made-up numbers take; `shown` nodes. Batch norm scales are 1, other floats small and different. */
export async function profile(program: Program, entry: EntryFunction, threads: number, runs: number, shown: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'metac-profile-'));
  const session = await runtime.InferenceSession.create(emitOnnx(entry, program), {
    intraOpNumThreads: threads,
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    enableProfiling: true,
    profileFilePrefix: join(folder, 'run'),
  });
  const feeds: Record<string, runtime.Tensor> = {};
  for (const { name, value } of entry.body.parameters) {
    if (!session.inputNames.includes(name)) continue;
    const length = sizeOf(value.type.shape);
    const number = (index: number) => (/scale$/.test(name) ? 1 : 0.1 * Math.sin(index * 7.3 + name.length));
    const data = {
      float: () => Float32Array.from({ length }, (_, index) => number(index)),
      int: () => new Int32Array(length),
      bool: () => new Uint8Array(length),
      uint8: () => Uint8Array.from({ length }, (_, index) => (index * 37) % 256),
    }[value.type.dtype]();
    feeds[name] = new runtime.Tensor(ELEMENT_OF[value.type.dtype], data, value.type.shape);
  }
  for (let run = 0; run < runs; run++) await session.run(feeds);
  session.endProfiling();
  const [file = ''] = readdirSync(folder);
  const events = JSON.parse(readFileSync(join(folder, file), 'utf8')) as ProfileEvent[];
  rmSync(folder, { recursive: true });
  report(byNode(events), shown);
}

function byNode(events: readonly ProfileEvent[]): NodeTimes[] {
  const times = new Map<string, { readonly event: ProfileEvent; readonly durations: number[] }>();
  for (const event of events) {
    if (event.cat !== 'Node' || !event.name.endsWith('_kernel_time')) continue;
    const known = times.get(event.name) ?? { event, durations: [] };
    known.durations.push(event.dur);
    times.set(event.name, known);
  }
  return [...times.values()].map(({ event, durations }) => {
    durations.sort((a, b) => a - b);
    const { op_name: op, input_type_shape: inputs, output_type_shape: outputs } = event.args ?? {};
    const shapes = `${JSON.stringify(inputs)} -> ${JSON.stringify(outputs)}`.replaceAll('"', '');
    return { name: event.name.replace('_kernel_time', ''), op: String(op), shapes, time: durations[durations.length >> 2] ?? 0 };
  });
}

function report(nodes: readonly NodeTimes[], shown: number): void {
  const milliseconds = (time: number) => (time / 1000).toFixed(3).padStart(9);
  const total = nodes.reduce((sum, node) => sum + node.time, 0);
  console.log(`${milliseconds(total)} ms in ${nodes.length} nodes (a little more than without profiling)`);
  const sums = [...new Set(nodes.map((node) => node.op))].map((op) => {
    const list = nodes.filter((node) => node.op === op);
    return { op, count: list.length, time: list.reduce((sum, node) => sum + node.time, 0) };
  });
  for (const { op, count, time } of sums.sort((a, b) => b.time - a.time)) console.log(`${milliseconds(time)} ${op} x ${count}`);
  for (const { name, shapes, time } of [...nodes].sort((a, b) => b.time - a.time).slice(0, shown))
    console.log(`${milliseconds(time)} ${name.padEnd(24)} ${shapes}`);
}
