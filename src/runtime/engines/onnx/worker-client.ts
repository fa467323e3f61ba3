/** @file The other end of session-worker.ts: one worker thread as an object with promises. */
import { Worker } from 'node:worker_threads';
import { InternalError } from '../../../compiler/diagnostics/internal-error.ts';
import type { Program } from '../../../compiler/ir/ir.ts';
import type { Tensors } from '../../engine.ts';
import type { WorkerAnswer, WorkerRequest } from './session-worker.ts';

type Unnumbered<R> = R extends WorkerRequest ? Omit<R, 'id'> : never;

interface Waiting {
  readonly resolve: (tensors: Tensors) => void;
  readonly reject: (error: Error) => void;
}

const NONE: Tensors = new Map();

export class WorkerClient {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #next = 0;

  constructor(program: Program) {
    this.#worker = import.meta.url.endsWith('.ts')
      ? sourceWorker(program)
      : new Worker(new URL('./onnx-worker.js', import.meta.url), { workerData: program });
    this.#worker.on('message', (answer: WorkerAnswer) => this.#settle(answer));
    this.#worker.on('error', (error) => this.#failAll(error));
    this.#worker.on('exit', () => this.#failAll(new InternalError('a worker thread ended')));
  }

  async write(tensors: Tensors): Promise<void> {
    await this.#send({ kind: 'write', tensors });
  }

  read(names: readonly string[]): Promise<Tensors> {
    return this.#send({ kind: 'read', names });
  }

  run(entry: string, inputs: Tensors): Promise<Tensors> {
    return this.#send({ kind: 'run', entry, inputs });
  }

  async dispose(): Promise<void> {
    await this.#send({ kind: 'dispose' });
    await this.#worker.terminate();
  }

  #send(request: Unnumbered<WorkerRequest>): Promise<Tensors> {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ ...request, id });
    });
  }

  #settle({ id, tensors, error }: WorkerAnswer): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) waiting?.resolve(tensors ?? NONE);
    else waiting?.reject(new InternalError(error));
  }

  #failAll(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

/** In a checkout, where tests and scripts run TypeScript: the thread loads it through tsx. The package has a bundle instead. */
function sourceWorker(program: Program): Worker {
  const script = JSON.stringify(new URL('./session-worker.ts', import.meta.url).href);
  return new Worker(`import('tsx/esm/api').then(({ register }) => { register(); return import(${script}); })`, {
    eval: true,
    workerData: program,
  });
}
