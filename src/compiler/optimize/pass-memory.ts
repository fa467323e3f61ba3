/**
 * @file What one compilation remembers between runs of passes. Functions are cleaned up at every level of every gradient, and most of what a
 * level is made of comes out of the level before: passes have looked at it, and found nothing to do.
 */
import type { AnyNode, Func, Value } from '../ir/ir.ts';

/** `run` of a pass: what tells passes apart. */
type Run = (f: Func, memory?: PassMemory) => Func;

/** What is read off a function as a whole, when it is first asked for. */
export class FunctionFacts {
  readonly #function: Func;
  #makers: ReadonlyMap<Value, AnyNode> | undefined;
  #uses: ReadonlyMap<Value, number> | undefined;

  constructor(f: Func) {
    this.#function = f;
  }

  /** The node that makes each value that is no parameter. */
  get makers(): ReadonlyMap<Value, AnyNode> {
    if (this.#makers !== undefined) return this.#makers;
    const makers = new Map<Value, AnyNode>();
    for (const node of this.#function.nodes) for (const result of node.results) makers.set(result, node);
    this.#makers = makers;
    return makers;
  }

  /** How many operands and results each value is; values that nobody uses are not in it. */
  get uses(): ReadonlyMap<Value, number> {
    if (this.#uses !== undefined) return this.#uses;
    const uses = new Map<Value, number>();
    for (const { operands } of this.#function.nodes) for (const operand of operands) uses.set(operand, (uses.get(operand) ?? 0) + 1);
    for (const { value } of this.#function.results) uses.set(value, (uses.get(value) ?? 0) + 1);
    this.#uses = uses;
    return uses;
  }
}

export class PassMemory {
  readonly #facts = new WeakMap<Func, FunctionFacts>();
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

  /** The same for all passes that look at `f`. */
  factsOf(f: Func): FunctionFacts {
    const known = this.#facts.get(f);
    if (known !== undefined) return known;
    const facts = new FunctionFacts(f);
    this.#facts.set(f, facts);
    return facts;
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
