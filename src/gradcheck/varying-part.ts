/** @file Evaluates a function again and again with one parameter changed, and only what depends on that parameter. */
import { InternalError } from '../compiler/diagnostics/internal-error.ts';
import { evaluateFunction } from '../compiler/ir/evaluate/evaluate.ts';
import type { HostArray } from '../compiler/ir/host-array.ts';
import type { AnyNode, Func, Value } from '../compiler/ir/ir.ts';

export class VaryingPart {
  readonly #f: Func;
  /** Every value of the function at the point it was made for. */
  readonly #base = new Map<Value, HostArray>();

  /** @param operands of all parameters, in their order. */
  constructor(f: Func, operands: readonly HostArray[]) {
    this.#f = f;
    f.parameters.forEach(({ value }, index) => {
      const operand = operands[index];
      if (operand !== undefined) this.#base.set(value, operand);
    });
    evaluateFunction(f, operands, (node, results) => {
      node.results.forEach((value, index) => {
        const result = results[index];
        if (result !== undefined) this.#base.set(value, result);
      });
    });
  }

  /** The first result as a function of one parameter. Parameters that the function lost as unused are allowed: it is constant then. */
  of(parameter: string): (operand: HostArray) => HostArray {
    const varying = this.#f.parameters.find(({ name }) => name === parameter)?.value;
    const result = this.#f.results[0]?.value;
    if (result === undefined) throw new InternalError('the function has no result');
    const nodes = varying === undefined ? [] : dependents(this.#f, varying);
    const inside = new Set(nodes.flatMap((node) => node.results));
    if (varying === undefined || (result !== varying && !inside.has(result))) return () => this.#at(result);
    const outside = new Set([...nodes.flatMap((node) => node.operands)].filter((value) => value !== varying && !inside.has(value)));
    const part: Func = {
      parameters: [varying, ...outside].map((value, index) => ({ name: `value ${index}`, value })),
      nodes,
      results: [{ name: 'result', value: result }],
    };
    const fixed = [...outside].map((value) => this.#at(value));
    return (operand) => {
      const [changed] = evaluateFunction(part, [operand, ...fixed]);
      if (changed === undefined) throw new InternalError('the function gave no result');
      return changed;
    };
  }

  #at(value: Value): HostArray {
    const known = this.#base.get(value);
    if (known === undefined) throw new InternalError('a value was not evaluated');
    return known;
  }
}

/** Nodes that use the value, directly or through others, in their order. */
function dependents(f: Func, value: Value): AnyNode[] {
  const reached = new Set([value]);
  return f.nodes.filter((node) => {
    if (!node.operands.some((operand) => reached.has(operand))) return false;
    for (const result of node.results) reached.add(result);
    return true;
  });
}
