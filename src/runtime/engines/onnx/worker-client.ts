/** @file The other end of session-worker.ts: one worker thread as an object with promises. */
import type { Program } from '../../../compiler/ir/ir.ts';
import type { Tensors } from '../../engine.ts';
import type { SessionRequest } from './session-worker.ts';
import { Thread } from './thread.ts';

export class WorkerClient {
  readonly #program: Program;
  /** Started with the first request: a training may never evaluate. */
  #thread: Thread<SessionRequest, Tensors> | undefined;

  constructor(program: Program) {
    this.#program = program;
  }

  async write(tensors: Tensors): Promise<void> {
    await this.#ask({ kind: 'write', tensors });
  }

  read(names: readonly string[]): Promise<Tensors> {
    return this.#ask({ kind: 'read', names });
  }

  run(entry: string, inputs: Tensors): Promise<Tensors> {
    return this.#ask({ kind: 'run', entry, inputs });
  }

  async dispose(): Promise<void> {
    await this.#thread?.ask({ kind: 'dispose' });
    await this.#thread?.end();
  }

  #ask(request: SessionRequest): Promise<Tensors> {
    this.#thread ??= new Thread({ bundle: 'onnx-worker', source: './session-worker.ts' }, this.#program);
    return this.#thread.ask(request);
  }
}
