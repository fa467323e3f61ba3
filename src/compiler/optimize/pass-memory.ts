/**
 * @file What one compilation remembers between runs of passes. Functions are cleaned up at every level of every gradient, and most of what a
 * level is made of comes out of the level before: passes have looked at it, and found nothing to do.
 */
import type { Func } from '../ir/ir.ts';

/** `run` of a pass: what tells passes apart. */
type Run = (f: Func, memory?: PassMemory) => Func;

export class PassMemory {
  readonly #resting = new WeakMap<Func, Set<Run>>();
  readonly #texts = new WeakMap<object, string>();

  /** Whether the pass is known to leave `f` as it is. */
  rests(run: Run, f: Func): boolean {
    return this.#resting.get(f)?.has(run) === true;
  }

  /** Notes that the pass leaves `f` as it is. */
  rest(run: Run, f: Func): void {
    const known = this.#resting.get(f);
    if (known === undefined) this.#resting.set(f, new Set([run]));
    else known.add(run);
  }

  /** Attributes as JSON; nodes that are copied or moved share theirs. */
  textOf(attributes: object): string {
    const known = this.#texts.get(attributes);
    if (known !== undefined) return known;
    const text = JSON.stringify(attributes);
    this.#texts.set(attributes, text);
    return text;
  }
}
