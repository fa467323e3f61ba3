/** @file Reverse mode through roots of equations, by the implicit function theorem: what made a root is not looked at. */
import type { Func, Node, Value } from '../ir/ir.ts';
import { type Product, solveLinear } from './linear-solvers.ts';
import type { Cotangents, Passage, Reverse } from './regions.ts';
import type { VjpRules } from './vjp-rules.ts';

/**
 * For cotangents c of the root: u with (dF/dx) u = c, then -u through F to the equations' other values (Rajeswaran et al. 2019, equation 6).
 * F is taken at the root itself, so that derivatives of this derivative are implicit again.
 * @param root the results of the node.
 */
export function transposeImplicitRoot(passage: Passage<Node<'implicit_root'>>, root: readonly Value[]): Cotangents {
  const { gradient, node, operands, cotangents, needed, rules, reverse } = passage;
  const { unknowns, body, solver } = node.attributes;
  const wrt = operands.flatMap((_, index) => (index >= unknowns && needed[index] ? [index] : []));
  const outgoing: (Value | undefined)[] = operands.map(() => undefined);
  if (wrt.length === 0) return outgoing;
  const args = [...root, ...operands.slice(unknowns)];
  const right = root.map((value, index) => cotangents[index] ?? gradient.builder.zerosLike(value));
  const solution = solveLinear(gradient.builder, solver, right, productWith(body, unknowns, args, reverse, rules));
  const { gradients } = reverse(gradient.builder, body, args, (inside) => solution.map((value) => inside.negate(value)), wrt, rules);
  wrt.forEach((operand, index) => {
    outgoing[operand] = gradients[index];
  });
  return outgoing;
}

/** Products with dF/dx, which is symmetric: with its transpose, by reverse mode. `body` must be free of `gradient` nodes. */
export function productWith(body: Func, unknowns: number, args: readonly Value[], reverse: Reverse, rules: VjpRules): Product {
  const wrt = args.slice(0, unknowns).map((_, index) => index);
  return (region, direction) =>
    reverse(region, body, args, () => direction, wrt, rules).gradients.map(
      (product, index) => product ?? region.zerosLike(direction[index] as Value),
    );
}
