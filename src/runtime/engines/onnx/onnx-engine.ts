/** @file The default engine: each entry function as one ONNX graph on ONNX Runtime (`onnxruntime-node`), CPU. */
import { availableParallelism } from 'node:os';
import { LimitationError } from '../../../compiler/diagnostics/internal-error.ts';
import type { EntryFunction, Program } from '../../../compiler/ir/ir.ts';
import type { Availability, Engine, Session } from '../../engine.ts';
import { arithmeticOf } from '../arithmetic.ts';
import { compileEntries, loadRuntime } from './compile-entries.ts';
import { OnnxSession } from './onnx-session.ts';
import { isIndependent } from './parallel-entries.ts';
import { ParallelSession } from './parallel-session.ts';
import { SINGLE_THREAD_WORK } from './thread-choice.ts';

export function onnxEngine(): Engine {
  return {
    name: 'onnx',
    floatBytes: 4,
    probe,
    compile: async (program, options): Promise<Session> => {
      const runtime = await loadRuntime();
      const sideBySide = callsSideBySide(program);
      const workers = Math.min(options.threads ?? availableParallelism(), MOST_WORKERS);
      if (workers < 2 || sideBySide.size === 0) return new OnnxSession(runtime, program, compileEntries(program, options));
      const own: Program = { ...program, functions: program.functions.filter((entry) => !sideBySide.has(entry)) };
      const data = own.functions.flatMap((entry) => entry.inputs.filter((input) => input.kind === 'data'));
      const main = new OnnxSession(runtime, own, compileEntries(own, options));
      return new ParallelSession(main, program, new Set(data.map(({ name }) => name)), workers);
    },
  };
}

/** Each worker keeps tensors of its own; a step rarely has more calls than this. */
const MOST_WORKERS = 8;

/** The independent entries, when one of them is large enough for a thread to be worth its start. */
function callsSideBySide(program: Program): ReadonlySet<EntryFunction> {
  const resident = new Set([...program.weights, ...program.state].map(({ name }) => name));
  const independent = program.functions.filter((entry) => isIndependent(entry, resident));
  return new Set(independent.some((entry) => arithmeticOf(entry.body) >= SINGLE_THREAD_WORK) ? independent : []);
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
