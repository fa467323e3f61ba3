/** @file Cuts the part of a traced function that leads from some values to a scalar out into a `gradient` node. */
import type { AnyNode, Value } from '../ir/ir.ts';
import type { TracingBuilder } from './tracing-builder.ts';

/** Those of `sources` that the value depends on; only nodes that come after the first of them are looked at. */
export function sourcesOf(builder: TracingBuilder, value: Value, sources: readonly Value[]): readonly Value[] {
  const needed = neededBy(builder.nodes, value, builder.firstUse(sources));
  return sources.filter((source) => needed.has(source));
}

/**
 * Adds a `gradient` node for d`loss`/d`wrt` (all values of `builder`'s own function; `loss` is float[]) and returns the gradients.
 * Returns undefined when the loss depends on none of them.
 */
export function gradientOf(builder: TracingBuilder, loss: Value, wrt: readonly Value[]): readonly Value[] | undefined {
  const { nodes } = builder;
  const first = builder.firstUse(wrt);
  const reached = reachedFrom(nodes, wrt, first);
  if (!reached.has(loss)) return undefined;
  const needed = neededBy(nodes, loss, first);
  const region = builder.region();
  const known = new Map<Value, Value>();
  const operands: Value[] = [];
  wrt.forEach((value, index) => {
    known.set(value, region.parameter(`at${index}`, value.type));
    operands.push(value);
  });
  for (const node of nodes.slice(first)) {
    // A node that makes one of the `wrt` values is not on the way from them.
    if (!node.results.some((result) => reached.has(result) && needed.has(result) && !known.has(result))) continue;
    for (const operand of node.operands) if (!known.has(operand)) known.set(operand, region.use(operand));
    region.copy(node, known);
  }
  const body = region.finish([{ name: 'loss', value: known.get(loss) as Value }]);
  const results = builder.apply('gradient', [...operands, ...region.captures], { body, wrt: wrt.map((_, index) => index) });
  return results.slice(1);
}

function reachedFrom(nodes: readonly AnyNode[], sources: readonly Value[], first: number): ReadonlySet<Value> {
  const reached = new Set<Value>(sources);
  for (let index = first; index < nodes.length; index++) {
    const node = nodes[index] as AnyNode;
    if (node.operands.some((operand) => reached.has(operand))) for (const result of node.results) reached.add(result);
  }
  return reached;
}

function neededBy(nodes: readonly AnyNode[], target: Value, first: number): ReadonlySet<Value> {
  const needed = new Set<Value>([target]);
  for (let index = nodes.length - 1; index >= first; index--) {
    const node = nodes[index] as AnyNode;
    if (node.results.some((result) => needed.has(result))) for (const operand of node.operands) needed.add(operand);
  }
  return needed;
}
