/** @file Work on something that only one may use at a time. */

/** Does what it is given one after the other, in the order in which it was asked for, whether the work before failed or not. */
export class Turns {
  #last: Promise<void> = Promise.resolve();

  /** Settles as `work` does, which begins when all work before it has ended. */
  take<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.then(
      () => undefined,
      // Whoever asked for it hears of it.
      () => undefined,
    );
    return result;
  }
}
