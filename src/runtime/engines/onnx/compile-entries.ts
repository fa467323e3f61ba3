/** @file From entry functions to ONNX models and the options they run with. Loaded by the engine and by its worker threads. */
import { availableParallelism } from 'node:os';
import type { InferenceSession } from 'onnxruntime-common';
import { LimitationError } from '../../../compiler/diagnostics/internal-error.ts';
import { emitOnnx, onnxGraph, outputName } from '../../../compiler/emit/onnx/emit.ts';
import { nodeName } from '../../../compiler/emit/onnx/encode.ts';
import type { OnnxGraph } from '../../../compiler/emit/onnx/graph.ts';
import { emitOnnxLoop, loopOutputName } from '../../../compiler/emit/onnx/loop.ts';
import { requireLowered } from '../../../compiler/emit/onnx/lowerings.ts';
import type { EntryFunction, Program } from '../../../compiler/ir/ir.ts';
import type { EngineOptions } from '../../engine.ts';
import { sharedWork } from './shared-work.ts';
import { callsAtOnce, chooseThreads, isSmall } from './thread-choice.ts';

export type OnnxRuntime = typeof import('onnxruntime-node');

/** An entry function, its model, and how to run it. */
export interface CompiledEntry {
  /** What it computes from weights and state alone, if that is taken out of it. */
  readonly shared?: CompiledEntry | undefined;
  readonly entry: EntryFunction;
  readonly model: () => Uint8Array;
  /** How many calls are worth handing over at once. */
  readonly callsAtOnce: number;
  /** The model of many calls (`emitOnnxLoop`). */
  readonly loop: () => Uint8Array;
  readonly loopOutputName: (result: string) => string;
  readonly options: InferenceSession.SessionOptions;
  /** Name of the model's output for a result of the function. */
  readonly outputName: (result: string) => string;
}

/** Where ONNX Runtime computes: its provider. */
export type OnnxDevice = 'cpu' | 'webgpu' | 'cuda';

export async function loadRuntime(): Promise<OnnxRuntime> {
  try {
    return await import('onnxruntime-node');
  } catch (error) {
    throw new LimitationError(
      `ONNX Runtime could not be loaded (${error instanceof Error ? error.message : String(error)}). Install it with: npm install onnxruntime-node`,
    );
  }
}

export function compileEntries(program: Program, options: EngineOptions, device: OnnxDevice = 'cpu'): Map<string, CompiledEntry> {
  const entries = new Map<string, CompiledEntry>();
  const resident = new Set([...program.weights, ...program.state].map(({ name }) => name));
  for (const entry of program.functions) {
    if (entry.name === 'initialize') continue;
    const work = device === 'webgpu' ? undefined : sharedWork(entry, resident);
    const compiled = compileEntry(work?.rest ?? entry, program, resident, options, device);
    entries.set(
      entry.name,
      work === undefined ? compiled : { ...compiled, shared: compileEntry(work.shared, program, resident, options, device) },
    );
  }
  return entries;
}

function compileEntry(
  entry: EntryFunction,
  program: Program,
  resident: ReadonlySet<string>,
  { threads }: EngineOptions,
  device: OnnxDevice,
): CompiledEntry {
  const { body } = entry;
  requireLowered(body);
  return {
    entry,
    model: () => emitOnnx(entry, program, { images: device === 'webgpu' ? 'float32' : 'uint8' }),
    callsAtOnce: body.results.some(({ name }) => resident.has(name)) ? callsAtOnce(body) : 1,
    loop: () => emitOnnxLoop(entry, program),
    loopOutputName: (result) => loopOutputName(entry, program, result),
    options: {
      ...sessionOptions(
        chooseThreads(body, threads, availableParallelism()),
        device,
        device === 'webgpu' ? inexactNodes(onnxGraph(entry)) : [],
      ),
      // One block of memory for all nodes instead of an allocation for each: worth its doubled memory where that is little.
      enableMemPattern: isSmall(body),
    },
    outputName: (result) => outputName(entry, result),
  };
}

/** Measured choices (bench/NOTES.md). */
export function sessionOptions(threads: number, device: OnnxDevice, onProcessor: readonly string[] = []): InferenceSession.SessionOptions {
  return {
    executionProviders: [...(device === 'cpu' ? [] : [providerOf(device, onProcessor)]), 'cpu'],
    executionMode: 'sequential',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    enableCpuMemArena: true,
    enableMemPattern: false,
    logSeverityLevel: 3,
  };
}

function providerOf(device: OnnxDevice, onProcessor: readonly string[]): InferenceSession.ExecutionProviderConfig {
  // An empty list is refused.
  return device === 'webgpu' && onProcessor.length > 0 ? { name: device, forceCpuNodeNames: onProcessor } : device;
}

/** Nodes that devices of WebGPU may compute with an error of 2^-11 (WebGPU Shading Language, accuracy of built-in functions). */
function inexactNodes(graph: OnnxGraph): readonly string[] {
  return graph.nodes.flatMap(({ op }, index) => (op === 'Sin' || op === 'Cos' ? [nodeName(op, index)] : []));
}
