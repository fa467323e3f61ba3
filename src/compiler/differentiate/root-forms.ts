/** @file What is left of roots of equations when no derivative is to come. */
import { FunctionBuilder, lookUp } from '../ir/build.ts';
import type { AnyNode, Func, Node, Value } from '../ir/ir.ts';
import type { LinearSolver } from '../ir/primitives.ts';
import { hasRegion, mapRegions, withRegion } from '../ir/region.ts';
import { sizeOf } from '../ir/tensor-type.ts';
import { productWith } from './implicit-root.ts';
import { solveLinear } from './linear-solvers.ts';
import { reverse } from './reverse.ts';
import type { VjpRules } from './vjp-rules.ts';

/** `value`, itself; `path`, a function that moves as its derivative says. */
export type RootForm = 'value' | 'path';

/** `f`, free of `gradient` nodes, without `implicit_root`, at any depth. */
export function withoutRoots(f: Func, form: RootForm, rules: VjpRules): Func {
  if (!holdsRoot(f)) return f;
  const builder = new FunctionBuilder();
  const known = new Map<Value, Value>();
  for (const { name, value } of f.parameters) known.set(value, builder.parameter(name, value.type));
  for (const node of f.nodes) {
    if (node.op !== 'implicit_root') {
      builder.copy(hasRegion(node) ? withRegion(node, withoutRoots(node.attributes.body, form, rules)) : node, known);
      continue;
    }
    builder.source = node.source;
    const operands = node.operands.map((operand) => lookUp(known, operand));
    const root = form === 'path' ? pathOf(builder, node, operands, rules) : operands;
    node.results.forEach((result, index) => void known.set(result, root[index] as Value));
  }
  return builder.finish(f.results.map(({ name, value }) => ({ name, value: lookUp(known, value) })));
}

/**
 * One step of Newton's method from the root x*, taken as a constant, back to where F was: x* - (dF/dx)^-1 (F - stop(F)). It is x* itself,
 * and its derivative that of the path along which F stays what it is: for finite differences, which see values only.
 */
function pathOf(
  builder: FunctionBuilder,
  { attributes }: Node<'implicit_root'>,
  operands: readonly Value[],
  rules: VjpRules,
): readonly Value[] {
  const { body, unknowns, solver } = attributes;
  const fixed = operands.slice(0, unknowns).map((value) => builder.unary('stop_gradient', value));
  const args = [...fixed, ...operands.slice(unknowns)];
  const moved = builder.inline(body, args).map((value) => builder.binary('subtract', value, builder.unary('stop_gradient', value)));
  const back = solveLinear(builder, solver, moved, productWith(body, unknowns, args, reverse, rules));
  return fixed.map((value, index) => builder.binary('subtract', value, back[index] as Value));
}

/** Enough steps of conjugate gradients for the equations of well regularised problems, to the precision of finite differences. */
const EXACT_STEPS = 50;

/** The solver with as many steps as make its solution exact, where that is known: conjugate gradients need one for each unknown at most. */
function exact(solver: LinearSolver, unknowns: readonly Value[]): LinearSolver {
  if (solver.method === 'neumann') return solver;
  const size = unknowns.reduce((total, { type }) => total + sizeOf(type.shape), 0);
  return { ...solver, steps: Math.max(solver.steps, Math.min(size, EXACT_STEPS)) };
}

/** `f` with solvers of roots that go on until they are exact, at any depth. */
export function withExactRoots(f: Func): Func {
  const nodes = mapRegions(f, withExactRoots).nodes.map((node): AnyNode => {
    if (node.op !== 'implicit_root') return node;
    const { attributes, results } = node;
    return { ...node, attributes: { ...attributes, solver: exact(attributes.solver, results) } };
  });
  return holdsRoot(f) ? { ...f, nodes } : f;
}

/** At any depth. */
function holdsRoot(f: Func): boolean {
  return f.nodes.some((node) => node.op === 'implicit_root' || (hasRegion(node) && holdsRoot(node.attributes.body)));
}
