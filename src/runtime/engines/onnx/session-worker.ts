/** @file A thread that runs entry functions for a ParallelSession. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Program } from '../../../compiler/ir/ir.ts';
import type { Tensors } from '../../engine.ts';
import { compileEntries, loadRuntime } from './compile-entries.ts';
import { OnnxSession } from './onnx-session.ts';
import { answerRequests } from './thread.ts';

export type SessionRequest =
  | { readonly kind: 'write'; readonly tensors: Tensors }
  | { readonly kind: 'read'; readonly names: readonly string[] }
  | { readonly kind: 'run'; readonly entry: string; readonly inputs: Tensors }
  | { readonly kind: 'dispose' };

const NONE: Tensors = new Map();

if (parentPort !== null) {
  const program = workerData as Program;
  const session = loadRuntime().then((runtime) => new OnnxSession(runtime, program, compileEntries(program, { threads: 1 })));
  answerRequests(parentPort, async (request: SessionRequest) => answer(request, await session));
}

async function answer(request: SessionRequest, session: OnnxSession): Promise<Tensors> {
  switch (request.kind) {
    case 'write':
      await session.write(request.tensors);
      return NONE;
    case 'read':
      return session.read(request.names);
    case 'run':
      return session.run(request.entry, request.inputs);
    case 'dispose':
      await session.dispose();
      return NONE;
  }
}
