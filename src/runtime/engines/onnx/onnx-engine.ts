/** @file The default engine: each entry function as one ONNX graph on ONNX Runtime (`onnxruntime-node`), on the processor or a graphics card. */
import { existsSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { LimitationError } from '../../../compiler/diagnostics/internal-error.ts';
import type { EntryFunction, Program } from '../../../compiler/ir/ir.ts';
import type { Availability, Engine, EngineOptions, Session } from '../../engine.ts';
import { arithmeticOf } from '../arithmetic.ts';
import { compileEntries, loadRuntime, type OnnxDevice, type OnnxRuntime, sessionOptions } from './compile-entries.ts';
import { DeviceSession } from './device-session.ts';
import { type Lockstep, lockstepOf } from './lockstep-functions.ts';
import { LockstepSession } from './lockstep-session.ts';
import { OnnxSession } from './onnx-session.ts';
import { isIndependent } from './parallel-entries.ts';
import { ParallelSession } from './parallel-session.ts';
import { MOST_THREADS, SINGLE_THREAD_WORK } from './thread-choice.ts';

export interface OnnxOptions {
  /** Undefined takes WebGPU for large steps where a graphics card is seen, else the processor. */
  readonly device?: OnnxDevice | undefined;
}

export function onnxEngine({ device }: OnnxOptions = {}): Engine {
  return {
    name: 'onnx',
    floatBytes: 4,
    probe: () => probe(device),
    compile: async (program, options): Promise<Session> => {
      const runtime = await loadRuntime();
      const where = device ?? (gpuSeen() && isLarge(program) ? 'webgpu' : 'cpu');
      if (where === 'cpu') return compileForProcessor(runtime, program, options);
      requireProvider(runtime, where);
      const entries = compileEntries(program, options, where);
      // onnxruntime-node 1.30 leaves tensors on the device for WebGPU only: elsewhere they go through the host's memory between calls.
      if (where === 'webgpu') return new DeviceSession(runtime, program, entries, sessionOptions(1, where));
      return new OnnxSession(runtime, program, entries);
    },
  };
}

function compileForProcessor(runtime: OnnxRuntime, program: Program, options: EngineOptions): Session {
  const sharing = workSharing(program, options.threads);
  const inner = compileForCalls(runtime, program, options, sharing);
  return sharing.lockstep === undefined ? inner : new LockstepSession(inner, program, sharing.lockstep);
}

function compileForCalls(runtime: OnnxRuntime, program: Program, options: EngineOptions, { entries, workers }: WorkSharing): Session {
  const own: Program = { ...program, functions: program.functions.filter((entry) => !entries.has(entry)) };
  const main = new OnnxSession(runtime, own, compileEntries(own, options));
  if (workers < 2) return main;
  return new ParallelSession(main, program, new Set([...entries].map(({ name }) => name)), workers);
}

/** Work of a call from which on a graphics card is worth its launches: about 20 ms on two cores. */
const LARGE_CALL = 1e9;

function isLarge(program: Program): boolean {
  return program.functions.some((entry) => arithmeticOf(entry.body) >= LARGE_CALL);
}

/** Whether this machine seems to have a graphics card: what its driver shows. Windows shows nothing that can be read without it. */
export function gpuSeen(): boolean {
  if (process.platform === 'darwin') return process.arch === 'arm64';
  if (existsSync('/dev/nvidia0') || existsSync('/dev/dxg')) return true;
  return existsSync('/dev/dri') && readdirSync('/dev/dri').some((name) => name.startsWith('renderD'));
}

/** `Availability.processors` of this engine: tasks in two calls would be a loss on a graphics card. */
export function sharingProcessors(device?: OnnxDevice): number | undefined {
  return device === undefined && gpuSeen() ? undefined : Math.min(availableParallelism(), MOST_THREADS);
}

function requireProvider(runtime: OnnxRuntime, device: OnnxDevice): void {
  const known = runtime.listSupportedBackends().find(({ name }) => name === device);
  if (known === undefined) throw new LimitationError(`ONNX Runtime has no \`${device}\` on ${process.platform} ${process.arch}`);
}

/** What runs on several threads of a processor. */
export interface WorkSharing {
  /** How replicas share the steps of training; undefined where they do not. */
  readonly lockstep: Lockstep | undefined;
  /** Entries that change nothing, whose calls run side by side, and by how many workers; none by one. */
  readonly entries: ReadonlySet<EntryFunction>;
  readonly workers: number;
}

export function workSharing(program: Program, threads: number = availableParallelism()): WorkSharing {
  const lockstep = lockstepOf(program, threads);
  const entries = callsSideBySide(program);
  const workers = Math.min(threads, MOST_THREADS);
  return workers < 2 || entries.size === 0 ? { lockstep, entries: new Set(), workers: 1 } : { lockstep, entries, workers };
}

/** The independent entries, when one of them is large enough for a thread to be worth its start. */
function callsSideBySide(program: Program): ReadonlySet<EntryFunction> {
  const resident = new Set([...program.weights, ...program.state].map(({ name }) => name));
  const independent = program.functions.filter((entry) => isIndependent(entry, resident));
  return new Set(independent.some((entry) => arithmeticOf(entry.body) >= SINGLE_THREAD_WORK) ? independent : []);
}

async function probe(device: OnnxDevice | undefined): Promise<Availability> {
  try {
    const runtime = await loadRuntime();
    const version = `onnxruntime-node ${runtime.env.versions.node ?? '(version unknown)'}`;
    if (device === undefined || device === 'cpu') {
      const large = device === undefined && gpuSeen() ? '; WebGPU for large steps' : '';
      const detail = `${version}, CPU, ${availableParallelism()} threads${large}`;
      return { available: true, detail, processors: sharingProcessors(device) };
    }
    requireProvider(runtime, device);
    return { available: true, detail: `${version}, ${device === 'webgpu' ? 'WebGPU' : 'CUDA'}` };
  } catch (error) {
    if (error instanceof LimitationError) return { available: false, detail: error.message };
    throw error;
  }
}
