/**
 * @file Takes out of recurrences what needs no recurrence. A step is run for itself, on little data, again and again; what does not depend
 * on the state is better computed for all steps at once, as for so many tasks:
 *
 * - what does not change from step to step, once and for all;
 * - what depends on the items alone, before (an LSTM's product with its inputs is one product for all steps);
 * - what the next state does not depend on, after (a last layer; the gradient with respect to weights, a sum over steps of products).
 */
import { FunctionBuilder, lookUp } from '../ir/build.ts';
import type { Func, Node, Value } from '../ir/ir.ts';
import { hasRegion, mapRegions } from '../ir/region.ts';
import type { Pass } from './pass.ts';
import { planSplit, type SplitPlan } from './scan-parts.ts';
import { ScanRegion } from './scan-region.ts';

class Split {
  readonly #builder: FunctionBuilder;
  readonly #node: Node<'scan'>;
  readonly #plan: SplitPlan;
  /** Value of a step that every step has the same -> what it is outside. */
  readonly #same = new Map<Value, Value>();
  /** Value of a step -> those of all steps, stacked. */
  readonly #stacks = new Map<Value, Value>();
  readonly #operands: readonly Value[];

  constructor(builder: FunctionBuilder, node: Node<'scan'>, plan: SplitPlan, operands: readonly Value[]) {
    this.#builder = builder;
    this.#node = node;
    this.#plan = plan;
    this.#operands = operands;
    const { body, carries, sequences } = node.attributes;
    body.parameters.forEach(({ value }, index) => {
      const operand = operands[index] as Value;
      if (plan.varies(value) === undefined) this.#same.set(value, operand);
      else if (index >= carries && index < carries + sequences) this.#stacks.set(value, operand);
    });
  }

  /** What every step has the same, computed outside. */
  #outside(value: Value): Value {
    const known = this.#same.get(value);
    if (known !== undefined) return known;
    const maker = this.#plan.maker(value);
    if (maker === undefined) return lookUp(this.#same, value);
    for (const operand of maker.operands) this.#outside(operand);
    this.#builder.copy(maker, this.#same);
    return lookUp(this.#same, value);
  }

  #operandOf({ original, varies }: { readonly original: Value; readonly varies: boolean }): Value {
    return varies ? lookUp(this.#stacks, original) : this.#outside(original);
  }

  /** Runs a region for all steps at once; its results are stacks. */
  #map(region: ScanRegion, results: readonly Value[]): void {
    if (results.length === 0) return;
    const { parameters } = region;
    const found = this.#builder.apply(
      'map_tasks',
      parameters.map((one) => this.#operandOf(one)),
      {
        body: region.finish(parameters, results),
        mapped: parameters.map(({ varies }) => varies),
        tasks: this.#node.attributes.length,
      },
    );
    results.forEach((value, index) => void this.#stacks.set(value, found[index] as Value));
  }

  #loop(region: ScanRegion, outputs: readonly Value[]): ReadonlyMap<number, Value> {
    const { kept, next } = this.#plan;
    if (kept.length === 0) return new Map();
    const carries = region.parameters.slice(0, kept.length);
    const rest = region.parameters.slice(kept.length);
    const sequences = rest.filter(({ varies }) => varies);
    const whole = rest.filter(({ varies }) => !varies);
    const found = this.#builder.apply(
      'scan',
      [...kept.map((carry) => this.#operands[carry] as Value), ...[...sequences, ...whole].map((one) => this.#operandOf(one))],
      {
        body: region.finish([...carries, ...sequences, ...whole], [...kept.map((carry) => next(carry)), ...outputs]),
        length: this.#node.attributes.length,
        carries: kept.length,
        sequences: sequences.length,
        reverse: this.#node.attributes.reverse,
      },
    );
    outputs.forEach((value, index) => void this.#stacks.set(value, found[kept.length + index] as Value));
    return new Map(kept.map((carry, index) => [carry, found[index] as Value]));
  }

  /** Adds the parts; returns the results of the scan that they stand for. */
  run(): readonly Value[] {
    const { plan } = { plan: this.#plan };
    const { body, carries, length } = this.#node.attributes;
    // Backwards: each part asks those before it for what it needs.
    const last = plan.wanted.filter((value) => plan.place(value) === 'after');
    const after = new ScanRegion(plan, (value) => plan.place(value) === 'after');
    for (const value of last) after.get(value);
    const asked = (region: ScanRegion): Value[] => region.parameters.filter(({ varies }) => varies).map(({ original }) => original);
    const outputs = unique([...plan.wanted, ...asked(after)]).filter((value) => plan.place(value) === 'within');
    const within = new ScanRegion(plan, (value) => plan.place(value) === 'within');
    for (const carry of plan.kept) within.parameter((body.parameters[carry] as { value: Value }).value);
    for (const value of [...plan.kept.map((carry) => plan.next(carry)), ...outputs]) within.get(value);
    const early = unique([...plan.wanted, ...asked(after), ...asked(within)]).filter((value) => plan.place(value) === 'before');
    const before = new ScanRegion(plan, (value) => plan.place(value) === 'before');
    for (const value of early) before.get(value);
    this.#map(before, early);
    const carried = this.#loop(within, outputs);
    this.#map(after, last);
    const ofAll = (value: Value): Value => {
      if (plan.varies(value) !== undefined) return lookUp(this.#stacks, value);
      const same = this.#outside(value);
      return this.#builder.broadcast(
        same,
        [length, ...same.type.shape],
        same.type.shape.map((_, axis) => axis + 1),
      );
    };
    return body.results.map(({ value }, index) => {
      if (index >= carries) return ofAll(value);
      const terms = plan.terms(index);
      const start = this.#operands[index] as Value;
      if (terms === undefined) return carried.get(index) ?? start;
      return terms.reduce((sum, term) => this.#builder.binary('add', sum, this.#builder.sum(ofAll(term), [0])), start);
    });
  }
}

function unique<T>(list: readonly T[]): T[] {
  return [...new Set(list)];
}

function splitHere(f: Func): Func {
  const plans = new Map(f.nodes.flatMap((node) => (node.op === 'scan' ? [[node, planSplit(node)] as const] : [])));
  if (![...plans.values()].some((plan) => plan !== undefined)) return f;
  const builder = new FunctionBuilder();
  const known = new Map<Value, Value>();
  for (const { name, value } of f.parameters) known.set(value, builder.parameter(name, value.type));
  for (const node of f.nodes) {
    const plan = node.op === 'scan' ? plans.get(node) : undefined;
    if (node.op !== 'scan' || plan === undefined) {
      builder.copy(node, known);
      continue;
    }
    builder.source = node.source;
    const operands = node.operands.map((operand) => lookUp(known, operand));
    const results = new Split(builder, node, plan, operands).run();
    node.results.forEach((value, index) => void known.set(value, results[index] as Value));
  }
  return builder.finish(f.results.map(({ name, value }) => ({ name, value: lookUp(known, value) })));
}

function run(f: Func): Func {
  return splitHere(f.nodes.some(hasRegion) ? mapRegions(f, run) : f);
}

export const splitScans: Pass = {
  name: 'split-scans',
  summary: 'computes outside of recurrences, for all steps at once, what the state does not depend on or does not need',
  run,
};
