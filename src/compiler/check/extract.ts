/** @file Cuts the part of a traced function that leads from some values to a scalar out into a `gradient` node. */
import { FunctionBuilder } from '../ir/build.ts';
import type { AnyNode, Value } from '../ir/ir.ts';

/** Which of `sources` the value depends on through the nodes. */
export function dependsOn(nodes: readonly AnyNode[], value: Value, sources: readonly Value[]): boolean {
  return path(nodes, value, sources).reached.has(value);
}

/**
 * Adds a `gradient` node for d`loss`/d`wrt` (all values of `builder`'s own function; `loss` is float[]) and returns the gradients.
 * Returns undefined when the loss depends on none of them.
 */
export function gradientOf(builder: FunctionBuilder, loss: Value, wrt: readonly Value[]): readonly Value[] | undefined {
  const nodes = builder.nodes;
  const { reached, needed } = path(nodes, loss, wrt);
  if (!reached.has(loss)) return undefined;
  const region = new FunctionBuilder(builder);
  const known = new Map<Value, Value>();
  const operands: Value[] = [];
  wrt.forEach((value, index) => {
    known.set(value, region.parameter(`at${index}`, value.type));
    operands.push(value);
  });
  for (const node of nodes) {
    // A node that makes one of the `wrt` values is not on the way from them.
    if (!node.results.some((result) => reached.has(result) && needed.has(result) && !known.has(result))) continue;
    for (const operand of node.operands) if (!known.has(operand)) known.set(operand, region.use(operand));
    region.copy(node, known);
  }
  const body = region.finish([{ name: 'loss', value: known.get(loss) as Value }]);
  const results = builder.apply('gradient', [...operands, ...region.captures], { body, wrt: wrt.map((_, index) => index) });
  return results.slice(1);
}

function path(nodes: readonly AnyNode[], target: Value, sources: readonly Value[]): { reached: Set<Value>; needed: Set<Value> } {
  const reached = new Set<Value>(sources);
  for (const node of nodes) {
    if (node.operands.some((operand) => reached.has(operand))) for (const result of node.results) reached.add(result);
  }
  const needed = new Set<Value>([target]);
  for (let index = nodes.length - 1; index >= 0; index--) {
    const node = nodes[index] as AnyNode;
    if (node.results.some((result) => needed.has(result))) for (const operand of node.operands) needed.add(operand);
  }
  return { reached, needed };
}
