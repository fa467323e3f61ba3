/** @file Names within nodes that hold graphs: such a graph reads names of the graph around it. */
import type { OnnxGraph, OnnxNode, OnnxTensor } from './graph.ts';

/** The graphs that a node holds. */
function graphsOf(node: OnnxNode): readonly OnnxGraph[] {
  return Object.values(node.attributes).flatMap((value) => (typeof value === 'object' && 'graph' in value ? [value.graph] : []));
}

/** All names that a node reads, itself or within; some of them may be made within. */
export function namesRead(node: OnnxNode): readonly string[] {
  const within = graphsOf(node).flatMap(({ nodes, outputs }) => [...nodes.flatMap(namesRead), ...outputs.map(({ name }) => name)]);
  return within.length === 0 ? node.inputs : [...node.inputs, ...within];
}

/** The node with other names, also within. */
export function renamedNode(node: OnnxNode, rename: (name: string) => string): OnnxNode {
  const tensor = (one: OnnxTensor): OnnxTensor => ({ ...one, name: rename(one.name) });
  const attributes = Object.entries(node.attributes).map(([name, value]) => {
    if (typeof value !== 'object' || !('graph' in value)) return [name, value] as const;
    const { graph } = value;
    const inner: OnnxGraph = {
      name: graph.name,
      inputs: graph.inputs.map(tensor),
      outputs: graph.outputs.map(tensor),
      initializers: graph.initializers.map((one) => ({ ...one, tensor: tensor(one.tensor) })),
      nodes: graph.nodes.map((one) => renamedNode(one, rename)),
    };
    return [name, { graph: inner }] as const;
  });
  return { ...node, inputs: node.inputs.map(rename), outputs: node.outputs.map(rename), attributes: Object.fromEntries(attributes) };
}
