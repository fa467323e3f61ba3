/** @file Removes nodes that no result depends on. No primitive has effects, so unused means useless. */
import type { AnyNode, Func, Value } from '../ir/ir.ts';
import type { Pass } from './pass.ts';

/** `f` without the nodes that no result depends on; `f` itself when there are none. */
export function removeDeadNodes(f: Func): Func {
  const live = new Set<Value>(f.results.map((result) => result.value));
  const kept: AnyNode[] = [];
  for (let index = f.nodes.length - 1; index >= 0; index--) {
    const node = f.nodes[index] as AnyNode;
    if (!node.results.some((result) => live.has(result))) continue;
    kept.push(node);
    for (const operand of node.operands) live.add(operand);
  }
  return kept.length === f.nodes.length ? f : { parameters: f.parameters, nodes: kept.reverse(), results: f.results };
}

/** Drops the unused results of a `map_tasks` together with what computes them. */
function shrinkMapTasks(node: AnyNode, live: ReadonlySet<Value>): AnyNode {
  if (node.op !== 'map_tasks') return node;
  const { body } = node.attributes;
  const used = node.results.map((result) => live.has(result));
  const smaller = removeAll(used.every(Boolean) ? body : { ...body, results: body.results.filter((_, index) => used[index]) });
  const touched = new Set<Value>(smaller.results.map((result) => result.value));
  for (const inner of smaller.nodes) for (const operand of inner.operands) touched.add(operand);
  const needed = smaller.parameters.map((parameter) => touched.has(parameter.value));
  if (smaller === body && needed.every(Boolean)) return node;
  return {
    ...node,
    operands: node.operands.filter((_, index) => needed[index]),
    results: node.results.filter((_, index) => used[index]),
    attributes: {
      ...node.attributes,
      body: { ...smaller, parameters: smaller.parameters.filter((_, index) => needed[index]) },
      mapped: node.attributes.mapped.filter((_, index) => needed[index]),
    },
  };
}

/** A gradient's results are tied to its body's parameters, so only the inside of the body shrinks. */
function shrinkGradient(node: AnyNode): AnyNode {
  if (node.op !== 'gradient') return node;
  const body = removeAll(node.attributes.body);
  return body === node.attributes.body ? node : { ...node, attributes: { ...node.attributes, body } };
}

function removeAll(f: Func): Func {
  const live = new Set<Value>(f.results.map((result) => result.value));
  const kept: AnyNode[] = [];
  let changed = false;
  for (let index = f.nodes.length - 1; index >= 0; index--) {
    const node = f.nodes[index] as AnyNode;
    if (!node.results.some((result) => live.has(result))) {
      changed = true;
      continue;
    }
    const smaller = shrinkGradient(shrinkMapTasks(node, live));
    if (smaller !== node) changed = true;
    kept.push(smaller);
    for (const operand of smaller.operands) live.add(operand);
  }
  return changed ? { parameters: f.parameters, nodes: kept.reverse(), results: f.results } : f;
}

export const deadCode: Pass = {
  name: 'dead-code',
  summary: 'removes nodes that no result depends on, and unused results of map_tasks with all that only they need',
  run: removeAll,
};
