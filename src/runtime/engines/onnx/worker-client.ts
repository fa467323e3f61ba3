/** @file The other end of session-worker.ts: one worker thread as an object with promises. */
import type { Program } from '../../../compiler/ir/ir.ts';
import type { Tensors } from '../../engine.ts';
import type { SessionRequest } from './session-worker.ts';
import { Thread } from './thread.ts';

export class WorkerClient {
  readonly #thread: Thread<SessionRequest, Tensors>;

  constructor(program: Program) {
    this.#thread = new Thread({ bundle: 'onnx-worker', source: './session-worker.ts' }, program);
  }

  async write(tensors: Tensors): Promise<void> {
    await this.#thread.ask({ kind: 'write', tensors });
  }

  read(names: readonly string[]): Promise<Tensors> {
    return this.#thread.ask({ kind: 'read', names });
  }

  run(entry: string, inputs: Tensors): Promise<Tensors> {
    return this.#thread.ask({ kind: 'run', entry, inputs });
  }

  async dispose(): Promise<void> {
    await this.#thread.ask({ kind: 'dispose' });
    await this.#thread.end();
  }
}
