/** @file Names in force at a place: a chain of frames, each name defined once per frame. */
import type { SourceRange } from '../ir/ir.ts';
import type { Meaning } from './meaning.ts';

export class Scope {
  readonly #parent: Scope | undefined;
  readonly #names = new Map<string, (place?: SourceRange) => Meaning>();

  constructor(parent?: Scope) {
    this.#parent = parent;
  }

  /** Defines a name whose meaning is found when it is first asked for; the caller has checked that it is new here. */
  define(name: string, meaning: (place?: SourceRange) => Meaning): void {
    this.#names.set(name, meaning);
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }

  /** `place`: where the name is used, for messages. */
  find(name: string, place?: SourceRange): Meaning | undefined {
    const own = this.#names.get(name);
    return own !== undefined ? own(place) : this.#parent?.find(name, place);
  }

  /** Every visible name, for did-you-mean. */
  names(): string[] {
    return [...this.#names.keys(), ...(this.#parent?.names() ?? [])];
  }
}
