/** @file A thread that runs entry functions for a ParallelSession: it answers `write`, `read` and `run` in the order they arrive. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Program } from '../../../compiler/ir/ir.ts';
import type { Tensors } from '../../engine.ts';
import { compileEntries, loadRuntime } from './compile-entries.ts';
import { OnnxSession } from './onnx-session.ts';

export type WorkerRequest =
  | { readonly id: number; readonly kind: 'write'; readonly tensors: Tensors }
  | { readonly id: number; readonly kind: 'read'; readonly names: readonly string[] }
  | { readonly id: number; readonly kind: 'run'; readonly entry: string; readonly inputs: Tensors }
  | { readonly id: number; readonly kind: 'dispose' };

export interface WorkerAnswer {
  readonly id: number;
  readonly tensors?: Tensors;
  readonly error?: string;
}

const port = parentPort;
if (port !== null) {
  const program = workerData as Program;
  const session = loadRuntime().then((runtime) => new OnnxSession(runtime, program, compileEntries(program, { threads: 1 })));
  let last: Promise<void> = Promise.resolve();
  port.on('message', (request: WorkerRequest) => {
    last = last.then(async () => port.postMessage(await answer(request, await session)));
  });
}

async function answer(request: WorkerRequest, session: OnnxSession): Promise<WorkerAnswer> {
  const { id } = request;
  try {
    switch (request.kind) {
      case 'write':
        await session.write(request.tensors);
        return { id };
      case 'read':
        return { id, tensors: await session.read(request.names) };
      case 'run':
        return { id, tensors: await session.run(request.entry, request.inputs) };
      case 'dispose':
        await session.dispose();
        return { id };
    }
  } catch (error) {
    return { id, error: error instanceof Error ? error.message : String(error) };
  }
}
