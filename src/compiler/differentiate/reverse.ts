/** @file Reverse mode: one walk backwards over the nodes that lie between what is differentiated and what it is differentiated by. */
import { InternalError } from '../diagnostics/internal-error.ts';
import { FunctionBuilder, lookUp } from '../ir/build.ts';
import type { AnyNode, Func, Node, Value } from '../ir/ir.ts';
import type { PrimitiveName } from '../ir/primitives.ts';
import { GradientBuilder } from './gradient-builder.ts';
import { operandRule, type VjpRule } from './rule.ts';
import type { VjpRules } from './vjp-rules.ts';

export type Cotangents = readonly (Value | undefined)[];

export interface ReverseResult {
  /** Results of the function on its arguments. */
  readonly results: readonly Value[];
  /** One per parameter that was asked for; undefined where the derivative is zero. */
  readonly gradients: Cotangents;
}

/** Values that change with the parameters `wrt` in a way that has a derivative. */
export function activeValues(f: Func, wrt: readonly number[], rules: VjpRules): ReadonlySet<Value> {
  const active = new Set<Value>(wrt.map((index) => (f.parameters[index] as { value: Value }).value));
  for (const node of f.nodes) {
    const rule = rules[node.op] as VjpRule<PrimitiveName>;
    const passes = node.operands.some((operand, index) => active.has(operand) && (rule.kind === 'region' || operandRule(rule, index)));
    if (passes) for (const result of node.results) if (result.type.dtype === 'float') active.add(result);
  }
  return active;
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
  for (const node of f.nodes) {
    builder.copy(node, known);
    gradient.observe(
      node,
      node.results.map((result) => lookUp(known, result)),
    );
  }
  const active = activeValues(f, wrt, rules);
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
    const outgoing = transpose(gradient, node, known, incoming, needed, rules);
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

/** Cotangents of the operands of one node that are needed, from those of its results. */
function transpose(
  gradient: GradientBuilder,
  node: AnyNode,
  known: ReadonlyMap<Value, Value>,
  cotangents: Cotangents,
  needed: readonly boolean[],
  rules: VjpRules,
): Cotangents {
  const operands = node.operands.map((operand) => lookUp(known, operand));
  if (node.op === 'map_tasks') return transposeMapTasks(gradient, node, operands, cotangents, needed, rules);
  // The table entry belongs to the node's own primitive; the type system cannot follow the correlation.
  const rule = rules[node.op] as VjpRule<PrimitiveName>;
  if (rule.kind === 'region') throw new InternalError(`reverse mode meets ${node.op}`);
  const [cotangent] = cotangents;
  if (cotangent === undefined) return [];
  const application = { operands, result: lookUp(known, node.results[0] as Value), attributes: node.attributes };
  return operands.map((_, index) => (needed[index] ? operandRule(rule, index)?.(gradient, application, cotangent, index) : undefined));
}

/**
 * Per task, forward and backward through the body; operands that all tasks share get the sum over tasks. The forward part is a copy of
 * the original's: once the tasks are batched, both are plain nodes and common subexpressions are found.
 */
function transposeMapTasks(
  gradient: GradientBuilder,
  node: Node<'map_tasks'>,
  operands: readonly Value[],
  cotangents: Cotangents,
  needed: readonly boolean[],
  rules: VjpRules,
): Cotangents {
  const { body, mapped, tasks } = node.attributes;
  const wrt = needed.flatMap((isNeeded, index) => (isNeeded ? [index] : []));
  const inner = new FunctionBuilder();
  inner.source = gradient.builder.source;
  const args = body.parameters.map(({ name, value }) => inner.parameter(name, value.type));
  const given = cotangents.flatMap((cotangent) => (cotangent === undefined ? [] : [cotangent]));
  const fresh = freshName('cotangent', body);
  const seeds = cotangents.map((cotangent, index) =>
    cotangent === undefined ? undefined : inner.parameter(`${fresh}${index}`, (body.results[index] as { value: Value }).value.type),
  );
  const { gradients } = reverse(inner, body, args, () => seeds, wrt, rules);
  const reached = wrt.flatMap((operand, index) => {
    const value = gradients[index];
    return value === undefined ? [] : [{ operand, value }];
  });
  if (reached.length === 0) return [];
  const region = inner.finish(reached.map(({ operand, value }) => ({ name: `gradient${operand}`, value })));
  const results = gradient.builder.apply('map_tasks', [...operands, ...given], {
    body: region,
    mapped: [...mapped, ...given.map(() => true)],
    tasks,
  });
  const outgoing: (Value | undefined)[] = operands.map(() => undefined);
  reached.forEach(({ operand }, index) => {
    const result = results[index] as Value;
    outgoing[operand] = mapped[operand] ? result : gradient.sum(result, [0]);
  });
  return outgoing;
}

/** A prefix that no parameter has: a body that came out of reverse mode already has parameters for cotangents. */
function freshName(prefix: string, f: Func): string {
  return f.parameters.some(({ name }) => name.startsWith(prefix)) ? freshName(`${prefix}_`, f) : prefix;
}
