/** @file A worker thread that answers requests in the order they arrive: both its ends. */
import { type MessagePort, Worker } from 'node:worker_threads';
import { InternalError } from '../../../compiler/diagnostics/internal-error.ts';

/** A thread's own program: its name in the package, and its source for a checkout. */
export interface ThreadScript {
  readonly bundle: string;
  readonly source: string;
}

interface Numbered<T> {
  readonly id: number;
  readonly content: T;
}

interface Answer<T> {
  readonly id: number;
  readonly content?: T;
  readonly error?: string;
}

interface Waiting<T> {
  readonly resolve: (content: T) => void;
  readonly reject: (error: Error) => void;
}

/** The end that asks. */
export class Thread<Request, Content> {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting<Content>>();
  #next = 0;
  /** Why it answers no more. */
  #failed: Error | undefined;

  /** `data`: what the thread finds in `workerData`. */
  constructor(script: ThreadScript, data: unknown) {
    this.#worker = import.meta.url.endsWith('.ts')
      ? sourceWorker(script, data)
      : new Worker(new URL(`./${script.bundle}.js`, import.meta.url), { workerData: data });
    this.#worker.on('message', (answer: Answer<Content>) => this.#settle(answer));
    this.#worker.on('error', (error) => this.#failAll(error));
    this.#worker.on('exit', () => this.#failAll(new InternalError('a worker thread ended')));
  }

  ask(request: Request): Promise<Content> {
    if (this.#failed !== undefined) return Promise.reject(this.#failed);
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, content: request } satisfies Numbered<Request>);
    });
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #settle({ id, content, error }: Answer<Content>): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) waiting?.resolve(content as Content);
    else waiting?.reject(new InternalError(error));
  }

  #failAll(error: Error): void {
    this.#failed ??= error;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

/** The end that answers, one request after the other. */
export function answerRequests<Request, Content>(port: MessagePort, answer: (request: Request) => Promise<Content>): void {
  let last: Promise<void> = Promise.resolve();
  port.on('message', ({ id, content }: Numbered<Request>) => {
    last = last.then(async () => port.postMessage(await answered(id, () => answer(content))));
  });
}

async function answered<Content>(id: number, answer: () => Promise<Content>): Promise<Answer<Content>> {
  try {
    return { id, content: await answer() };
  } catch (error) {
    return { id, error: error instanceof Error ? error.message : String(error) };
  }
}

/** In a checkout, where tests and scripts run TypeScript: the thread loads it through tsx. The package has a bundle instead. */
function sourceWorker({ source }: ThreadScript, data: unknown): Worker {
  const script = JSON.stringify(new URL(source, import.meta.url).href);
  return new Worker(`import('tsx/esm/api').then(({ register }) => { register(); return import(${script}); })`, {
    eval: true,
    workerData: data,
  });
}
