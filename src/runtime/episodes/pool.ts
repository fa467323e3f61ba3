/** @file A finite pool of tasks: each epoch visits every task once, in an order of its own. */
import type { Key } from '../random/philox.ts';
import { RandomStream, streamKey } from '../random/stream.ts';

export class TaskPool {
  readonly #size: number;
  readonly #key: Key;
  /** The orders of the epochs that the current batch touches; they are functions of the seed, kept to save time. */
  readonly #orders = new Map<number, Uint32Array>();

  /** @param tasks the tasks block, which separates the orders of several pools. */
  constructor(size: number, seed: number, tasks: string) {
    this.#size = size;
    this.#key = streamKey(seed, 'train', 'pool order', tasks);
  }

  /** Which of the pool's tasks stands at a position, counted in tasks from the start of training. */
  at(position: number): number {
    const epoch = Math.floor(position / this.#size);
    const order = this.#orders.get(epoch) ?? this.#shuffle(epoch);
    return order[position - epoch * this.#size] as number;
  }

  #shuffle(epoch: number): Uint32Array {
    if (this.#orders.size >= 4) this.#orders.clear();
    const order = new RandomStream(this.#key, epoch, 0).permutation(this.#size);
    this.#orders.set(epoch, order);
    return order;
  }
}
