/** @file Expands `gradient` nodes into primitives, innermost first: differentiating twice is nesting, not a second mechanism. */
import { FunctionBuilder, lookUp } from '../ir/build.ts';
import type { Func, Node, Value } from '../ir/ir.ts';
import { hasRegion, withRegion } from '../ir/region.ts';
import { cleanUp } from './cleanup.ts';
import { reverse } from './reverse.ts';
import { type RootForm, withoutRoots } from './root-forms.ts';
import { type VjpRules, vjpRules } from './vjp-rules.ts';

/** Makes a function smaller without changing what it computes; runs on every expanded region. */
export type Cleanup = (f: Func) => Func;

/**
 * The same function without `gradient` and `implicit_root` nodes, at any depth: no derivative is to come.
 * @param form of the roots of equations; for finite differences, `path`.
 */
export function differentiate(f: Func, cleanup: Cleanup = cleanUp, rules: VjpRules = vjpRules, form: RootForm = 'value'): Func {
  const expanded = expandGradients(f, cleanup, rules);
  const plain = withoutRoots(expanded, form, rules);
  return plain === expanded ? expanded : cleanup(plain);
}

/**
 * The same function without `gradient` nodes, at any depth and inside `map_tasks` and `scan`. A gradient node's results are those of its body, then
 * d(first result)/d(parameter) for each parameter in `wrt`, in the parameter's shape; zeros where the first result does not depend on it.
 */
export function expandGradients(f: Func, cleanup: Cleanup = cleanUp, rules: VjpRules = vjpRules): Func {
  if (!holdsGradient(f)) return cleanup(f);
  const builder = new FunctionBuilder();
  const known = new Map<Value, Value>();
  for (const { name, value } of f.parameters) known.set(value, builder.parameter(name, value.type));
  for (const node of f.nodes) {
    if (node.op === 'gradient') {
      const results = expand(builder, node, known, cleanup, rules);
      node.results.forEach((result, index) => {
        known.set(result, results[index] as Value);
      });
    } else if (hasRegion(node)) {
      builder.copy(withRegion(node, expandGradients(node.attributes.body, cleanup, rules)), known);
    } else builder.copy(node, known);
  }
  return cleanup(builder.finish(f.results.map(({ name, value }) => ({ name, value: lookUp(known, value) }))));
}

/** At any depth. */
function holdsGradient(f: Func): boolean {
  return f.nodes.some((node) => node.op === 'gradient' || (hasRegion(node) && holdsGradient(node.attributes.body)));
}

function expand(
  builder: FunctionBuilder,
  node: Node<'gradient'>,
  known: ReadonlyMap<Value, Value>,
  cleanup: Cleanup,
  rules: VjpRules,
): readonly Value[] {
  const { body, wrt } = node.attributes;
  const args = node.operands.map((operand) => lookUp(known, operand));
  const outerSource = builder.source;
  builder.source = node.source ?? outerSource;
  const expanded = expandGradients(body, cleanup, rules);
  const { results, gradients } = reverse(builder, expanded, args, (gradient) => [gradient.constant(1, [])], wrt, rules);
  const filled = gradients.map((gradient, index) => gradient ?? builder.zerosLike(args[wrt[index] as number] as Value));
  builder.source = outerSource;
  return [...results, ...filled];
}
