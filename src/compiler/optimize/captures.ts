/**
 * @file Moves what costs nothing into the regions that use it. A region sees values of the enclosing function as parameters, about which its
 * rules know nothing: that a captured tensor is all zeros, or a vector repeated, is worth knowing inside.
 */
import type { AnyNode, Func, Parameter, Value } from '../ir/ir.ts';
import { hasRegion, type RegionNode } from '../ir/region.ts';
import { removeDeadNodes } from './dead-code.ts';
import { type Change, recursivePass } from './pass.ts';

function isFree(node: AnyNode | undefined): node is AnyNode {
  return node?.op === 'constant' || node?.op === 'iota' || node?.op === 'broadcast_in_dim' || node?.op === 'reshape';
}

/** Whether parameter `index` of the region is an ordinary capture: neither differentiated, nor sliced by task or step, nor carried, nor solved for. */
function isCapture(node: RegionNode, index: number): boolean {
  if (node.op === 'scan') return index >= node.attributes.carries + node.attributes.sequences;
  if (node.op === 'implicit_root') return index >= node.attributes.unknowns;
  return node.op === 'gradient' ? !node.attributes.wrt.includes(index) : node.attributes.mapped[index] !== true;
}

interface Argument {
  readonly parameter: Parameter;
  readonly operand: Value;
  /** Position in the region as it was; undefined for operands of a node that moved in. */
  readonly index: number | undefined;
}

function withArguments(node: RegionNode, list: readonly Argument[], nodes: readonly AnyNode[]): AnyNode {
  const body: Func = { parameters: list.map(({ parameter }) => parameter), nodes, results: node.attributes.body.results };
  const operands = list.map(({ operand }) => operand);
  if (node.op === 'gradient') {
    const wrt = node.attributes.wrt.map((old) => list.findIndex(({ index }) => index === old));
    return { ...node, operands, attributes: { body, wrt } };
  }
  if (node.op !== 'map_tasks') return { ...node, operands, attributes: { ...node.attributes, body } } as AnyNode;
  const mapped = list.map(({ index }) => index !== undefined && node.attributes.mapped[index] === true);
  return { ...node, operands, attributes: { ...node.attributes, body, mapped } };
}

/** Enters a name that is not in use yet. */
function unusedName(names: Set<string>): string {
  let number = names.size;
  while (names.has(`capture${number}`)) number++;
  const name = `capture${number}`;
  names.add(name);
  return name;
}

function moveIn(node: RegionNode, definitions: ReadonlyMap<Value, AnyNode>): AnyNode {
  const { body } = node.attributes;
  const queue: Argument[] = body.parameters.map((parameter, index) => ({ parameter, operand: node.operands[index] as Value, index }));
  const names = new Set(body.parameters.map(({ name }) => name));
  const kept: Argument[] = [];
  const moved: AnyNode[] = [];
  /** Captures by what they capture: a value that is captured already is not captured again. */
  const captured = new Map<Value, Value>();
  for (const { parameter, operand, index } of queue)
    if (index !== undefined && isCapture(node, index)) captured.set(operand, parameter.value);
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const definition = definitions.get(next.operand);
    if (!isFree(definition) || (next.index !== undefined && !isCapture(node, next.index))) {
      kept.push(next);
      continue;
    }
    const inner = definition.operands.map((operand) => {
      const known = captured.get(operand);
      if (known !== undefined) return known;
      const value: Value = { type: operand.type };
      captured.set(operand, value);
      queue.push({ parameter: { name: unusedName(names), value }, operand, index: undefined });
      return value;
    });
    moved.push({ ...definition, operands: inner, results: [next.parameter.value] } as AnyNode);
  }
  if (moved.length === 0) return node;
  // What was moved later is what earlier ones are made of. Captures that are shared may still come too late: order by use.
  return withArguments(node, kept, [...inOrder(moved), ...body.nodes]);
}

/** Nodes sorted so that each comes after those that make its operands. */
function inOrder(nodes: readonly AnyNode[]): AnyNode[] {
  const makers = new Map<Value, AnyNode>(nodes.map((node) => [node.results[0] as Value, node]));
  const done = new Set<AnyNode>();
  const sorted: AnyNode[] = [];
  const visit = (node: AnyNode): void => {
    if (done.has(node)) return;
    done.add(node);
    for (const operand of node.operands) {
      const maker = makers.get(operand);
      if (maker !== undefined) visit(maker);
    }
    sorted.push(node);
  };
  for (const node of nodes) visit(node);
  return sorted;
}

const change: Change = (f, inside) => {
  if (!f.nodes.some(hasRegion)) return f;
  const definitions = new Map<Value, AnyNode>();
  let changed = false;
  const nodes = f.nodes.map((node): AnyNode => {
    for (const result of node.results) definitions.set(result, node);
    if (!hasRegion(node)) return node;
    const filled = moveIn(node, definitions) as RegionNode;
    const body = inside(filled.attributes.body);
    if (filled === node && body === node.attributes.body) return node;
    changed = true;
    return { ...filled, attributes: { ...filled.attributes, body } } as AnyNode;
  });
  return changed ? removeDeadNodes({ ...f, nodes }) : f;
};

export const captures = recursivePass('captures', 'moves constants, broadcasts and reshapes into the regions that use them', change);
