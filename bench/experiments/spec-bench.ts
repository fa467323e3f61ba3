/** @file Times entry functions of specs on the ONNX engine under several pipelines, taking turns. */
import { readFileSync } from 'node:fs';
import { compile } from '../../src/compiler/compile.ts';
import type { EntryFunction, Func, Program } from '../../src/compiler/ir/ir.ts';
import { sizeOf } from '../../src/compiler/ir/tensor-type.ts';
import { onnxEngine } from '../../src/runtime/engines/onnx/onnx-engine.ts';
import type { Tensor } from '../../src/runtime/tensor.ts';

export const ROWS = 400;
let seed = 1;
const random = () => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed / 2 ** 32;
};

export function program(file: string, chunk: number, settings: Record<string, string> = {}): Program {
  const result = compile(
    { name: file, text: readFileSync(file, 'utf8') },
    { chunk, settings: new Map(Object.entries(settings)), rows: new Map([['omniglot', ROWS]]) },
  );
  if (result.program === undefined) throw new Error(JSON.stringify(result.diagnostics));
  return result.program;
}

export function change(program: Program, name: string, f: (body: Func) => Func): Program {
  return { ...program, functions: program.functions.map((entry) => (entry.name === name ? { ...entry, body: f(entry.body) } : entry)) };
}

export interface Subject {
  readonly name: string;
  readonly run: () => Promise<ReadonlyMap<string, Tensor>>;
  readonly state: (names: readonly string[]) => Promise<ReadonlyMap<string, Tensor>>;
  readonly times: number[];
  /** Processor time: hardly disturbed by other processes. */
  readonly cpu: number[];
}

export async function subject(name: string, whole: Program, entryName: string, threads?: number): Promise<Subject> {
  const entry = whole.functions.find((one) => one.name === entryName) as EntryFunction;
  const only = { ...whole, functions: [entry] };
  const session = await onnxEngine().compile(only, threads === undefined ? {} : { threads });
  seed = 1;
  const tensors = new Map<string, Tensor>();
  const normal = () => Math.sqrt(-2 * Math.log(random() + 1e-9)) * Math.cos(2 * Math.PI * random());
  for (const { name: weight, type } of whole.weights) {
    const fan = sizeOf(type.shape.slice(0, -1)) || 1;
    const scale = /scale$/.test(weight) ? 0 : type.shape.length > 1 ? Math.sqrt(2 / fan) : 0;
    tensors.set(weight, {
      ...type,
      data: Float32Array.from({ length: sizeOf(type.shape) }, () => (/scale$/.test(weight) ? 1 : scale * normal())),
    });
  }
  const inputs = new Map<string, Tensor>();
  for (const input of entry.inputs) {
    const size = sizeOf(input.type.shape);
    if (input.kind === 'data')
      tensors.set(input.name, { ...input.type, data: Uint8Array.from({ length: size }, () => Math.floor(random() * 256)) });
    else if (input.kind === 'examples')
      inputs.set(input.name, { ...input.type, data: Int32Array.from({ length: size }, () => Math.floor(random() * ROWS)) });
    else
      inputs.set(input.name, {
        ...input.type,
        data: Float32Array.from({ length: size }, () => (input.distribution === 'normal' ? normal() : random())),
      });
  }
  await session.write(tensors);
  return { name, times: [], cpu: [], run: () => session.run(entryName, inputs), state: (names) => session.read(names) };
}

export async function race(subjects: readonly Subject[], seconds = 10, block = 1): Promise<void> {
  for (const one of subjects) for (let warm = 0; warm < 3; warm++) await one.run();
  const end = performance.now() + seconds * 1000;
  let rounds = 0;
  while (performance.now() < end || rounds < 5) {
    rounds++;
    for (const one of subjects) {
      const start = performance.now();
      const busy = process.cpuUsage();
      for (let index = 0; index < block; index++) await one.run();
      one.times.push((performance.now() - start) / block);
      const { user, system } = process.cpuUsage(busy);
      one.cpu.push((user + system) / 1000 / block);
    }
  }
  for (const one of subjects) {
    one.times.sort((a, b) => a - b);
    one.cpu.sort((a, b) => a - b);
    console.log(
      `${one.name.padEnd(20)} cpu min ${one.cpu[0]?.toFixed(3)} median ${one.cpu[one.cpu.length >> 1]?.toFixed(3)}  wall min ${one.times[0]?.toFixed(3)}  median ${one.times[one.times.length >> 1]?.toFixed(3)} ms  (${one.times.length})`,
    );
  }
}
