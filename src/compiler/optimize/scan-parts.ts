/** @file Which part of a recurrence's step has to wait for the state, which can come before all steps, and which after them. */
import type { AnyNode, Node, Value } from '../ir/ir.ts';
import { sizeOf } from '../ir/tensor-type.ts';

/** Before all steps: depends on items alone. Within: the next state needs it. After: everything else that depends on the state. */
export type Place = 'before' | 'within' | 'after';

export interface StepValues {
  /** What a value changes with from step to step: the state, or the item alone; undefined when it is the same in all. */
  varies(value: Value): 'state' | 'item' | undefined;
  /** The node that makes a value; undefined for parameters. */
  maker(value: Value): AnyNode | undefined;
  /** Nodes that cost nothing, or less than to be stored. */
  isFree(node: AnyNode): boolean;
}

export interface SplitPlan extends StepValues {
  place(value: Value): Place | undefined;
  /** Carries that stay carries. */
  readonly kept: readonly number[];
  /** The next value of a carry. */
  next(carry: number): Value;
  /** Of a carry that only sums up: what each step adds. */
  terms(carry: number): readonly Value[] | undefined;
  /** Values of the step that are needed for all steps: outputs, and terms of sums. */
  readonly wanted: readonly Value[];
}

/** What a step hands to the part after it may be so many times as large as the state, or this large; else it stays within. */
const HANDED_ON = { times: 8, elements: 4096 } as const;

const free: ReadonlySet<string> = new Set(['constant', 'iota', 'broadcast_in_dim', 'reshape']);

export class Step implements StepValues {
  readonly node: Node<'scan'>;
  readonly #makers = new Map<Value, AnyNode>();
  readonly #varies = new Map<Value, 'state' | 'item'>();

  constructor(node: Node<'scan'>) {
    this.node = node;
    const { body, carries, sequences } = node.attributes;
    body.parameters.forEach(({ value }, index) => {
      // A carry that every step passes on as it is, is the same in all.
      if (index < carries && body.results[index]?.value !== value) this.#varies.set(value, 'state');
      else if (index >= carries && index < carries + sequences) this.#varies.set(value, 'item');
    });
    for (const one of body.nodes) {
      const kinds = one.operands.map((operand) => this.#varies.get(operand));
      const kind = kinds.includes('state') ? 'state' : kinds.includes('item') ? 'item' : undefined;
      for (const result of one.results) {
        this.#makers.set(result, one);
        if (kind !== undefined) this.#varies.set(result, kind);
      }
    }
  }

  varies(value: Value): 'state' | 'item' | undefined {
    return this.#varies.get(value);
  }

  maker(value: Value): AnyNode | undefined {
    return this.#makers.get(value);
  }

  isFree(node: AnyNode): boolean {
    return free.has(node.op);
  }

  parameter(index: number): Value {
    return (this.node.attributes.body.parameters[index] as { value: Value }).value;
  }

  next(carry: number): Value {
    return (this.node.attributes.body.results[carry] as { value: Value }).value;
  }

  /** Adds to `found` all values that `value` is computed from, and itself, that vary with the state. */
  collect(value: Value, found: Set<Value>, stop: (value: Value) => boolean = () => false): void {
    const queue = [value];
    for (let one = queue.pop(); one !== undefined; one = queue.pop()) {
      if (found.has(one) || this.varies(one) !== 'state' || stop(one)) continue;
      found.add(one);
      queue.push(...(this.maker(one)?.operands ?? []));
    }
  }
}

/** The terms of `sum' = sum + a + b`, where nothing else looks at the sum on its way. */
function termsOf(step: Step, carry: number, uses: ReadonlyMap<Value, readonly (AnyNode | undefined)[]>): readonly Value[] | undefined {
  const terms: Value[] = [];
  let value = step.parameter(carry);
  if (value.type.dtype !== 'float') return undefined;
  for (;;) {
    const [user, another] = uses.get(value) ?? [];
    if (another !== undefined || user?.op !== 'add') return undefined;
    const [left, right] = user.operands as readonly [Value, Value];
    if (left === right) return undefined;
    terms.push(left === value ? right : left);
    value = user.results[0] as Value;
    if (value === step.next(carry)) return (uses.get(value) ?? []).length === 1 ? terms : undefined;
  }
}

/** Who uses each value of the step: nodes, and undefined for a result. */
function usesOf({ attributes: { body } }: Node<'scan'>): ReadonlyMap<Value, readonly (AnyNode | undefined)[]> {
  const uses = new Map<Value, (AnyNode | undefined)[]>();
  const note = (value: Value, user: AnyNode | undefined): void => {
    const known = uses.get(value);
    if (known === undefined) uses.set(value, [user]);
    else known.push(user);
  };
  for (const node of body.nodes) for (const operand of node.operands) note(operand, node);
  for (const { value } of body.results) note(value, undefined);
  return uses;
}

/** How to split a scan; undefined when all of it has to stay as it is. */
export function planSplit(node: Node<'scan'>): SplitPlan | undefined {
  const step = new Step(node);
  const { body, carries } = node.attributes;
  const uses = usesOf(node);
  const sums = new Map<number, readonly Value[]>();
  const kept: number[] = [];
  for (let carry = 0; carry < carries; carry++) {
    const terms = termsOf(step, carry, uses);
    if (terms !== undefined) sums.set(carry, terms);
    else if (step.varies(step.parameter(carry)) === 'state') kept.push(carry);
  }
  const within = new Set<Value>();
  for (const carry of kept) {
    within.add(step.parameter(carry));
    step.collect(step.next(carry), within);
  }
  const budget = new Budget(kept.reduce((size, carry) => size + sizeOf(step.parameter(carry).type.shape), 0));
  const outputs = body.results.slice(carries).map(({ value }) => value);
  for (const value of outputs) if (!budget.allows(step, [value], within)) step.collect(value, within);
  for (const [carry, terms] of [...sums]) {
    if (budget.allows(step, terms, within)) continue;
    sums.delete(carry);
    kept.push(carry);
    within.add(step.parameter(carry));
    step.collect(step.next(carry), within);
  }
  kept.sort((a, b) => a - b);
  const place = (value: Value): Place | undefined => {
    const kind = step.varies(value);
    if (kind === undefined || (kind === 'item' && step.maker(value) === undefined)) return undefined;
    return kind === 'item' ? 'before' : within.has(value) ? 'within' : 'after';
  };
  const moves =
    sums.size > 0 ||
    kept.length < carries ||
    body.nodes.some((one) => !free.has(one.op) && one.results.some((result) => place(result) !== 'within'));
  if (!moves) return undefined;
  return {
    varies: (value) => step.varies(value),
    maker: (value) => step.maker(value),
    isFree: (one) => step.isFree(one),
    place,
    kept,
    next: (carry) => step.next(carry),
    terms: (carry) => sums.get(carry),
    wanted: [...outputs, ...[...sums.values()].flat()].filter((value, index, list) => list.indexOf(value) === index),
  };
}

/** Counts what is handed from the steps to the part after them. */
class Budget {
  readonly #handed = new Set<Value>();
  readonly #limit: number;

  /** `state`: elements of all carries. */
  constructor(state: number) {
    this.#limit = HANDED_ON.times * state + HANDED_ON.elements;
  }

  /** Whether these values may be computed after all steps; if so, what that takes is counted. */
  allows(step: Step, values: readonly Value[], within: ReadonlySet<Value>): boolean {
    const after = new Set<Value>();
    for (const value of values) step.collect(value, after, (one) => within.has(one));
    const more = new Set(this.#handed);
    for (const value of after)
      for (const operand of step.maker(value)?.operands ?? []) for (const source of sources(step, operand, within)) more.add(source);
    for (const value of values) if (within.has(value)) more.add(value);
    const size = [...more].reduce((total, { type }) => total + sizeOf(type.shape), 0);
    if (size > this.#limit && more.size > this.#handed.size) return false;
    for (const value of more) this.#handed.add(value);
    return true;
  }
}

/** What is handed over for a value from within: itself, or what a free node makes it of. */
function sources(step: Step, value: Value, within: ReadonlySet<Value>): readonly Value[] {
  if (!within.has(value)) return [];
  const maker = step.maker(value);
  return maker !== undefined && step.isFree(maker) ? maker.operands.flatMap((operand) => sources(step, operand, within)) : [value];
}
