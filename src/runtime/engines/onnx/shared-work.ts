/**
 * @file What an entry function computes from weights and state alone, as a function of its own: one call of it serves all calls of the entry
 * until a weight or state changes. A chunk of tasks turns and cuts kernels as all others do; of a task of MAML's convolutional net that is a twentieth.
 */
import { finiteValues } from '../../../compiler/emit/onnx/finite-values.ts';
import type { AnyNode, EntryFunction, Func, Value } from '../../../compiler/ir/ir.ts';
import { sizeOf } from '../../../compiler/ir/tensor-type.ts';

export interface SharedWork {
  /** From weights and state to what they are needed for; each result is named as the parameter of `rest` that takes it. */
  readonly shared: EntryFunction;
  /** The entry with these values as parameters. */
  readonly rest: EntryFunction;
}

/** Elements of a tensor from which on it is worth an input of its own, which costs a call some 3 us (bench/NOTES.md). */
const LARGE = 4096;
/** Elements that all shared nodes together move, from which on another model is worth making. */
const WORTH_A_MODEL = 100_000;

/** Undefined where there is too little to share, and for an entry that changes what it would be computed from. */
export function sharedWork(entry: EntryFunction, resident: ReadonlySet<string>): SharedWork | undefined {
  const { body } = entry;
  const replaced = new Set(body.results.map(({ name }) => name));
  const lasting = body.parameters.filter(({ name }) => resident.has(name) && !replaced.has(name));
  const reach = new Reach(
    body,
    lasting.map(({ value }) => value),
  );
  const finite = finiteValues(body);
  const values = reach.used().filter((value) => reach.isLarge(value) && finite.has(value));
  const first = nodesFor(body, values, new Set());
  const moved = first.reduce((sum, node) => sum + (isFree(node) ? 0 : elementsOf(node)), 0);
  if (moved < WORTH_A_MODEL) return undefined;
  const named = values.map((value, index) => ({ name: `${entry.name}/shared${index}`, value }));

  return {
    shared: { name: `${entry.name}/shared`, body: { parameters: lasting, nodes: first, results: named }, tasks: 0, inputs: [] },
    rest: {
      ...entry,
      body: {
        parameters: [...body.parameters, ...named],
        nodes: nodesFor(
          body,
          body.results.map(({ value }) => value),
          new Set(values),
        ),
        results: body.results,
      },
    },
  };
}

/** What a function's values depend on. */
class Reach {
  readonly #body: Func;
  /** Values that depend on weights and state, and on nothing else. */
  readonly #lasting: Set<Value>;
  readonly #made = new Map<Value, AnyNode>();
  readonly #large = new Set<Value>();

  constructor(body: Func, lasting: readonly Value[]) {
    this.#body = body;
    this.#lasting = new Set(lasting);
    const constant = new Set<Value>();
    for (const node of body.nodes) {
      const { operands, results } = node;
      const kind = operands.every((operand) => constant.has(operand))
        ? constant
        : operands.every((operand) => constant.has(operand) || this.#lasting.has(operand))
          ? this.#lasting
          : undefined;
      const large = (!isFree(node) && elementsOf(node) >= LARGE) || operands.some((operand) => this.#large.has(operand));
      for (const result of results) {
        kind?.add(result);
        this.#made.set(result, node);
        if (large && kind === this.#lasting) this.#large.add(result);
      }
    }
  }

  /** Whether computing the value moves many elements. */
  isLarge(value: Value): boolean {
    return this.#large.has(value);
  }

  /** The lasting values that the rest of the function uses; of one in another shape the one before, for shapes cost nothing. */
  used(): readonly Value[] {
    const found = new Set<Value>();
    const use = (value: Value): void => {
      if (!this.#lasting.has(value)) return;
      const node = this.#made.get(value);
      if (node !== undefined && isFree(node)) use(node.operands[0] as Value);
      // Of several results one would be made twice.
      else if (node?.results.length === 1) found.add(value);
    };
    for (const { operands, results } of this.#body.nodes) if (!results.some((result) => this.#lasting.has(result))) operands.forEach(use);
    for (const { value } of this.#body.results) use(value);
    return [...found];
  }
}

/** Nodes that cost nothing: views, and what ONNX broadcasts by itself. */
function isFree({ op }: AnyNode): boolean {
  return op === 'reshape' || op === 'broadcast_in_dim';
}

function elementsOf({ operands, results }: AnyNode): number {
  return Math.max(...[...operands, ...results].map(({ type }) => sizeOf(type.shape)));
}

/** The nodes, in order, that compute `values` from the parameters and from `given`. */
function nodesFor(body: Func, values: readonly Value[], given: ReadonlySet<Value>): readonly AnyNode[] {
  const needed = new Set(values);
  const nodes: AnyNode[] = [];
  for (const node of [...body.nodes].reverse()) {
    if (!node.results.some((result) => needed.has(result) && !given.has(result))) continue;
    nodes.push(node);
    for (const operand of node.operands) needed.add(operand);
  }
  return nodes.reverse();
}
