/** @file From a function of the IR to a plan. */
import { InternalError, LimitationError } from '../../../compiler/diagnostics/internal-error.ts';
import type { AnyNode, EntryFunction, Func, Node, Value } from '../../../compiler/ir/ir.ts';
import type { RuntimePrimitiveName } from '../../../compiler/ir/primitives.ts';
import { isStructural } from '../../../compiler/ir/region.ts';
import type { Capabilities } from './capabilities.ts';
import { LoweringContext } from './lowering-context.ts';
import { tfjsLowerings } from './lowerings.ts';
import { type Plan, PlanBuilder } from './plan.ts';

/** `resident` are the names of weights and states; whatever else the entry takes comes with a call, or is a data set. */
export function makePlan(entry: EntryFunction, resident: ReadonlySet<string>, capabilities: Capabilities): Plan {
  const data = new Set(entry.inputs.flatMap(({ kind, name }) => (kind === 'data' ? [name] : [])));
  return lowered(
    entry.body,
    capabilities,
    (name) => name,
    (context, name, value) => {
      if (resident.has(name)) return;
      context.defineHost(value, { name, kind: data.has(name) ? 'data' : 'input' });
    },
  );
}

/** A function within another; its parameters are named by their positions. */
function innerPlan(body: Func, capabilities: Capabilities): Plan {
  return lowered(
    body,
    capabilities,
    (_, index) => String(index),
    () => undefined,
  );
}

function lowered(
  body: Func,
  capabilities: Capabilities,
  nameOf: (name: string, index: number) => string,
  announce: (context: LoweringContext, name: string, value: Value) => void,
): Plan {
  const plan = new PlanBuilder();
  const context = new LoweringContext(plan, capabilities, (inner) => innerPlan(inner, capabilities));
  body.parameters.forEach(({ name, value }, index) => {
    context.parameter(nameOf(name, index), value);
    announce(context, name, value);
  });
  for (const node of body.nodes) lowerNode(context, node);
  return plan.finish(body.results.map(({ name, value }) => ({ name, ref: context.shared(value) })));
}

function lowerNode(context: LoweringContext, node: AnyNode): void {
  if (isStructural(node)) throw new LimitationError(`TensorFlow.js has no '${node.op}'`);
  // The table entry belongs to the node's own primitive; the type system cannot follow the correlation.
  const lowering = tfjsLowerings[node.op] as (
    context: LoweringContext,
    node: Node<RuntimePrimitiveName>,
  ) => ReturnType<typeof tfjsLowerings.add>;
  const result = lowering(context, node);
  const [value, ...others] = node.results;
  if (result === undefined) return;
  if (value === undefined || others.length > 0) throw new InternalError(`${node.op} was lowered to one result of ${node.results.length}`);
  context.define(value, result);
}
