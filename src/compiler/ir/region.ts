/** @file Regions: the functions that some primitives hold, which see nothing of what surrounds them but their arguments. */
import type { AnyNode, Func, Node } from './ir.ts';
import type { StructuralName } from './primitives.ts';

/** Primitives with a region. Their operands are the arguments of `body`, one for one. */
export type RegionName = StructuralName | 'scan';

export type RegionNode = { [P in RegionName]: Node<P> }[RegionName];

export function hasRegion(node: AnyNode): node is RegionNode {
  return node.op === 'scan' || isStructural(node);
}

/** Whether the node exists only before `differentiate` and `batch`. */
export function isStructural(node: AnyNode): node is { [P in StructuralName]: Node<P> }[StructuralName] {
  return node.op === 'gradient' || node.op === 'map_tasks' || node.op === 'implicit_root';
}

/** The region of a node; undefined for most. */
export function regionOf(node: AnyNode): Func | undefined {
  return hasRegion(node) ? node.attributes.body : undefined;
}

/** The node with another body; the node itself when the body is the same. */
export function withRegion(node: RegionNode, body: Func): RegionNode {
  return body === node.attributes.body ? node : ({ ...node, attributes: { ...node.attributes, body } } as RegionNode);
}

/** The function with every region replaced by what `change` makes of it; the function itself when nothing changes. */
export function mapRegions(f: Func, change: (body: Func) => Func): Func {
  const nodes = f.nodes.map((node) => (hasRegion(node) ? withRegion(node, change(node.attributes.body)) : node));
  return nodes.some((node, index) => node !== f.nodes[index]) ? { ...f, nodes } : f;
}
