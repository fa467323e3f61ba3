/** @file Differentiable paths through a function that still has its `gradient` nodes, and the orders of derivative they take. */
import { FunctionBuilder } from '../ir/build.ts';
import type { AnyNode, Func, Node, Value } from '../ir/ir.ts';
import type { PrimitiveName } from '../ir/primitives.ts';
import { expandGradients } from './differentiate.ts';
import { operandRule, type VjpRule } from './rule.ts';
import { vjpRules } from './vjp-rules.ts';

/** Orders of derivatives; empty where no path leads. */
export type Orders = ReadonlySet<number>;

const nowhere: Orders = new Set();
/** Almost every path: outside inner gradients. */
const first: Orders = new Set([1]);

/** A path along two stretches is as high as the higher: steps one after another do not add up, only nesting raises the order. */
function combine(before: Orders, then: Orders): Orders {
  if (before === first) return then;
  if (then === first) return before;
  return new Set([...before].flatMap((a) => [...then].map((b) => Math.max(a, b))));
}

function union(some: Orders, more: Orders): Orders {
  return some === more || some.size === 0 ? more : new Set([...some, ...more]);
}

/** Answers questions about paths; keeps what it found, so that many parameters and results of one region cost one walk. */
export class Paths {
  readonly #toTarget = new Map<Value, ReadonlyMap<Value, Orders>>();
  readonly #written = new Map<Func, Map<string, Func>>();

  /** For each value of `f` from which a differentiable path leads to `target`, the orders of these paths. */
  to(f: Func, target: Value): ReadonlyMap<Value, Orders> {
    const known = this.#toTarget.get(target);
    if (known !== undefined) return known;
    const found = new Map<Value, Orders>();
    if (target.type.dtype === 'float') found.set(target, first);
    for (const node of f.nodes.toReversed()) {
      node.results.forEach((result, position) => {
        const downstream = found.get(result);
        if (downstream === undefined) return;
        node.operands.forEach((operand, index) => {
          const orders = combine(this.through(node, index, position), downstream);
          if (orders.size > 0) found.set(operand, union(found.get(operand) ?? nowhere, orders));
        });
      });
    }
    this.#toTarget.set(target, found);
    return found;
  }

  /** Orders of the paths from one operand of a node to one of its results. */
  through(node: AnyNode, operand: number, result: number): Orders {
    if (node.op === 'map_tasks') return this.#across(node.attributes.body, operand, result);
    if (node.op === 'scan') return this.#throughScan(node, operand, result);
    if (node.op === 'gradient') return this.#throughGradient(node, operand, result);
    if (node.op === 'implicit_root') return this.#throughRoot(node, operand);
    const rule = vjpRules[node.op] as VjpRule<PrimitiveName>;
    const passes = node.operands[operand]?.type.dtype === 'float' && operandRule(rule, operand) !== undefined;
    return passes ? first : nowhere;
  }

  #across(body: Func, parameter: number, result: number): Orders {
    const [target, source] = [body.results[result]?.value, body.parameters[parameter]?.value];
    return target === undefined || source === undefined ? nowhere : (this.to(body, target).get(source) ?? nowhere);
  }

  /** Straight through one step, and through the carries from step to step: as often as this finds more. */
  #throughScan({ attributes: { body, carries } }: Node<'scan'>, operand: number, result: number): Orders {
    const found = new Map<number, Orders>();
    const extend = (through: Orders, target: number): boolean => {
      let grew = false;
      body.parameters.forEach((_, index) => {
        const known = found.get(index) ?? nowhere;
        const orders = union(known, combine(this.#across(body, index, target), through));
        if (orders.size > known.size) grew = true;
        found.set(index, orders);
      });
      return grew;
    };
    let grew = extend(first, result);
    while (grew) {
      grew = false;
      for (let carry = 0; carry < carries; carry++) if (extend(found.get(carry) ?? nowhere, carry)) grew = true;
    }
    return found.get(operand) ?? nowhere;
  }

  /** Every unknown changes with what any of the equations changes with; what made the unknowns does not count. */
  #throughRoot({ attributes: { body, unknowns } }: Node<'implicit_root'>, operand: number): Orders {
    if (operand < unknowns) return nowhere;
    return new Set(body.results.flatMap((_, index) => [...this.#across(body, operand, index)]));
  }

  /** A gradient result is asked for as it is when written out: the gradient of a linear function, say, depends on nothing. */
  #throughGradient(node: Node<'gradient'>, operand: number, result: number): Orders {
    const { body, wrt } = node.attributes;
    if (result < body.results.length) return this.#across(body, operand, result);
    const written = this.#writeOut(body, wrt);
    if (this.#across(written, operand, result - body.results.length).size === 0) return nowhere;
    const inner = this.#across(body, operand, 0);
    return new Set([...(inner.size === 0 ? [1] : inner)].map((order) => order + 1));
  }

  /** Gradients of the first result of `body` as a function of its parameters. */
  #writeOut(body: Func, wrt: readonly number[]): Func {
    const ofBody = this.#written.get(body) ?? new Map<string, Func>();
    this.#written.set(body, ofBody);
    const known = ofBody.get(wrt.join());
    if (known !== undefined) return known;
    const builder = new FunctionBuilder();
    const args = body.parameters.map(({ name, value }) => builder.parameter(name, value.type));
    const gradients = builder.apply('gradient', args, { body, wrt }).slice(body.results.length);
    const written = expandGradients(builder.finish(gradients.map((value, index) => ({ name: `gradient${index}`, value }))));
    ofBody.set(wrt.join(), written);
    return written;
  }
}
