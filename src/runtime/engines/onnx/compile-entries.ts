/** @file From entry functions to ONNX models and the options they run with. Loaded by the engine and by its worker threads. */
import { availableParallelism } from 'node:os';
import type { InferenceSession } from 'onnxruntime-common';
import { LimitationError } from '../../../compiler/diagnostics/internal-error.ts';
import { emitOnnx, outputName } from '../../../compiler/emit/onnx/emit.ts';
import { emitOnnxLoop, loopOutputName } from '../../../compiler/emit/onnx/loop.ts';
import type { Program } from '../../../compiler/ir/ir.ts';
import type { EngineOptions } from '../../engine.ts';
import type { CompiledEntry } from './onnx-session.ts';
import { callsAtOnce, chooseThreads } from './thread-choice.ts';

export async function loadRuntime(): Promise<typeof import('onnxruntime-node')> {
  try {
    return await import('onnxruntime-node');
  } catch (error) {
    throw new LimitationError(
      `ONNX Runtime could not be loaded (${error instanceof Error ? error.message : String(error)}). Install it with: npm install onnxruntime-node`,
    );
  }
}

export function compileEntries(program: Program, options: EngineOptions): Map<string, CompiledEntry> {
  const entries = new Map<string, CompiledEntry>();
  const resident = new Set([...program.weights, ...program.state].map(({ name }) => name));
  for (const entry of program.functions) {
    if (entry.name === 'initialize') continue;
    const threads = chooseThreads(entry.body, options.threads, availableParallelism());
    entries.set(entry.name, {
      entry,
      model: emitOnnx(entry, program),
      callsAtOnce: entry.body.results.some(({ name }) => resident.has(name)) ? callsAtOnce(entry.body) : 1,
      loop: () => emitOnnxLoop(entry, program),
      loopOutputName: (result) => loopOutputName(entry, program, result),
      options: sessionOptions(threads),
      outputName: (result) => outputName(entry, result),
    });
  }
  return entries;
}

/** Measured choices (bench/NOTES.md). */
function sessionOptions(threads: number): InferenceSession.SessionOptions {
  return {
    executionProviders: ['cpu'],
    executionMode: 'sequential',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    enableCpuMemArena: true,
    enableMemPattern: true,
    logSeverityLevel: 3,
  };
}
