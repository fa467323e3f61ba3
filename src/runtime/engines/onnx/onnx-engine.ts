/** @file The default engine: each entry function as one ONNX graph on ONNX Runtime (`onnxruntime-node`), CPU. */
import { availableParallelism } from 'node:os';
import type { InferenceSession } from 'onnxruntime-common';
import { LimitationError } from '../../../compiler/diagnostics/internal-error.ts';
import { emitOnnx, outputName } from '../../../compiler/emit/onnx/emit.ts';
import type { Program } from '../../../compiler/ir/ir.ts';
import type { Availability, Engine, EngineOptions, Session } from '../../engine.ts';
import { type CompiledEntry, OnnxSession } from './onnx-session.ts';
import { chooseThreads } from './thread-choice.ts';

export function onnxEngine(): Engine {
  return {
    name: 'onnx',
    floatBytes: 4,
    probe,
    compile: async (program, options): Promise<Session> => {
      const runtime = await loadRuntime();
      return new OnnxSession(runtime, program, compileEntries(program, options));
    },
  };
}

async function loadRuntime(): Promise<typeof import('onnxruntime-node')> {
  try {
    return await import('onnxruntime-node');
  } catch (error) {
    throw new LimitationError(
      `ONNX Runtime could not be loaded (${error instanceof Error ? error.message : String(error)}). Install it with: npm install onnxruntime-node`,
    );
  }
}

async function probe(): Promise<Availability> {
  try {
    const { env } = await loadRuntime();
    return {
      available: true,
      detail: `onnxruntime-node ${env.versions.node ?? '(version unknown)'}, CPU, ${availableParallelism()} threads`,
    };
  } catch (error) {
    if (error instanceof LimitationError) return { available: false, detail: error.message };
    throw error;
  }
}

function compileEntries(program: Program, options: EngineOptions): Map<string, CompiledEntry> {
  const entries = new Map<string, CompiledEntry>();
  for (const entry of program.functions) {
    if (entry.name === 'initialize') continue;
    const threads = chooseThreads(entry.body, options.threads, availableParallelism());
    entries.set(entry.name, {
      entry,
      model: emitOnnx(entry, program),
      options: sessionOptions(threads),
      outputName: (result) => outputName(entry, result),
    });
  }
  return entries;
}

/** Measured choices (bench/NOTES.md). */
export function sessionOptions(threads: number): InferenceSession.SessionOptions {
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
