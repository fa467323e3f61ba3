/** @file Removes nodes that no result depends on. No primitive has effects, so unused means useless. */
import type { AnyNode, Func, Value } from '../ir/ir.ts';
import { withRegion } from '../ir/region.ts';
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
  const touched = usedValues(smaller);
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

/** Drops the unused outputs of a scan, carries that nothing but themselves is computed from, and what only these need. */
function shrinkScan(node: AnyNode, live: ReadonlySet<Value>): AnyNode {
  if (node.op !== 'scan') return node;
  const { body, carries, sequences } = node.attributes;
  const wanted = node.results.map((result) => live.has(result));
  let smaller = withResults(body, wanted);
  for (;;) {
    const used = usedValues(smaller);
    const late = body.parameters.findIndex(({ value }, index) => index < carries && !wanted[index] && used.has(value));
    if (late < 0) break;
    wanted[late] = true;
    smaller = withResults(body, wanted);
  }
  const used = usedValues(smaller);
  const needed = body.parameters.map(({ value }, index) => (index < carries ? wanted[index] === true : used.has(value)));
  if (smaller === body && needed.every(Boolean)) return node;
  const kept = (from: number, to: number): number => needed.slice(from, to).filter(Boolean).length;
  return {
    ...node,
    operands: node.operands.filter((_, index) => needed[index]),
    results: node.results.filter((_, index) => wanted[index]),
    attributes: {
      ...node.attributes,
      body: { ...smaller, parameters: body.parameters.filter((_, index) => needed[index]) },
      carries: kept(0, carries),
      sequences: kept(carries, carries + sequences),
    },
  };
}

function withResults(body: Func, wanted: readonly boolean[]): Func {
  return removeAll(wanted.every(Boolean) ? body : { ...body, results: body.results.filter((_, index) => wanted[index]) });
}

/** Values that nodes or results use. */
function usedValues(f: Func): ReadonlySet<Value> {
  const used = new Set<Value>(f.results.map((result) => result.value));
  for (const node of f.nodes) for (const operand of node.operands) used.add(operand);
  return used;
}

/** A gradient's results are tied to its body's parameters, and a root's to its equations, so only the inside of the body shrinks. */
function shrinkInside(node: AnyNode): AnyNode {
  if (node.op !== 'gradient' && node.op !== 'implicit_root') return node;
  const body = removeAll(node.attributes.body);
  return withRegion(node, body);
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
    const smaller = shrinkInside(shrinkScan(shrinkMapTasks(node, live), live));
    if (smaller !== node) changed = true;
    kept.push(smaller);
    for (const operand of smaller.operands) live.add(operand);
  }
  return changed ? { parameters: f.parameters, nodes: kept.reverse(), results: f.results } : f;
}

export const deadCode: Pass = {
  name: 'dead-code',
  summary: 'removes nodes that no result depends on, and unused results of map_tasks and scan with all that only they need',
  run: removeAll,
};
