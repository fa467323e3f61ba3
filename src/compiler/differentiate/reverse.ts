/** @file Reverse mode: one walk backwards over the nodes that lie between what is differentiated and what it is differentiated by. */
import { InternalError } from '../diagnostics/internal-error.ts';
import { type FunctionBuilder, lookUp } from '../ir/build.ts';
import type { AnyNode, Func, Value } from '../ir/ir.ts';
import type { PrimitiveName } from '../ir/primitives.ts';
import { activeValues } from './activity.ts';
import { GradientBuilder } from './gradient-builder.ts';
import { transposeImplicitRoot } from './implicit-root.ts';
import { type Cotangents, copyRecordingCarries, type Passage, transposeMapTasks, transposeScan } from './regions.ts';
import { operandRule, type VjpRule } from './rule.ts';
import type { VjpRules } from './vjp-rules.ts';

export interface ReverseResult {
  /** Results of the function on its arguments. */
  readonly results: readonly Value[];
  /** One per parameter that was asked for; undefined where the derivative is zero. */
  readonly gradients: Cotangents;
}

/**
 * Adds the nodes of `f` on `args` to `builder`, and then those of the vector-Jacobian product: `seed` gives a cotangent for each result
 * of `f` (undefined for zero), and the gradients are sum_i seed_i d result_i / d parameter, in the shapes of the parameters `wrt`.
 * `f` must be free of `gradient` nodes.
 */
export function reverse(
  builder: FunctionBuilder,
  f: Func,
  args: readonly Value[],
  seed: (gradient: GradientBuilder) => Cotangents,
  wrt: readonly number[],
  rules: VjpRules,
): ReverseResult {
  const gradient = new GradientBuilder(builder);
  const known = new Map<Value, Value>();
  f.parameters.forEach(({ value }, index) => {
    known.set(value, builder.use(args[index] as Value));
  });
  const active = activeValues(f, wrt, rules);
  /** Of scans that may have to be gone through backwards: the carries that enter each step. */
  const entering = new Map<AnyNode, readonly Value[]>();
  for (const node of f.nodes) {
    if (node.op === 'scan' && node.results.some((result) => active.has(result)))
      entering.set(node, copyRecordingCarries(builder, node, known));
    else builder.copy(node, known);
    gradient.observe(
      node,
      node.results.map((result) => lookUp(known, result)),
    );
  }
  const cotangents = new Map<Value, Value>();
  const accumulate = (value: Value, cotangent: Value | undefined): void => {
    if (cotangent === undefined || !active.has(value)) return;
    const sum = cotangents.get(value);
    cotangents.set(value, sum === undefined ? cotangent : gradient.add(sum, cotangent));
  };
  const seeds = seed(gradient);
  f.results.forEach(({ value }, index) => {
    accumulate(value, seeds[index]);
  });
  const outerSource = builder.source;
  for (const node of f.nodes.toReversed()) {
    const incoming = node.results.map((result) => cotangents.get(result));
    if (incoming.every((cotangent) => cotangent === undefined)) continue;
    builder.source = node.source ?? outerSource;
    const needed = node.operands.map((operand) => active.has(operand));
    const operands = node.operands.map((operand) => lookUp(known, operand));
    const passage = { gradient, operands, cotangents: incoming, needed, rules, reverse };
    const outgoing =
      node.op === 'scan'
        ? transposeScan({ ...passage, node }, entering.get(node) ?? [])
        : node.op === 'map_tasks'
          ? transposeMapTasks({ ...passage, node })
          : node.op === 'implicit_root'
            ? transposeImplicitRoot(
                { ...passage, node },
                node.results.map((result) => lookUp(known, result)),
              )
            : transpose({ ...passage, node }, lookUp(known, node.results[0] as Value));
    node.operands.forEach((operand, index) => {
      accumulate(operand, outgoing[index]);
    });
  }
  builder.source = outerSource;
  return {
    results: f.results.map(({ value }) => lookUp(known, value)),
    gradients: wrt.map((index) => cotangents.get((f.parameters[index] as { value: Value }).value)),
  };
}

/** Cotangents of the operands of one node that are needed, from that of its only result. */
function transpose({ gradient, node, operands, cotangents, needed, rules }: Passage<AnyNode>, result: Value): Cotangents {
  // The table entry belongs to the node's own primitive; the type system cannot follow the correlation.
  const rule = rules[node.op] as VjpRule<PrimitiveName>;
  if (rule.kind === 'region') throw new InternalError(`reverse mode meets ${node.op}`);
  const [cotangent] = cotangents;
  if (cotangent === undefined) return [];
  const application = { operands, result, attributes: node.attributes };
  return operands.map((_, index) => (needed[index] ? operandRule(rule, index)?.(gradient, application, cotangent, index) : undefined));
}
