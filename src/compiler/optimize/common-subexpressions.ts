/** @file Computes equal things once: nodes with the same primitive, operands and attributes. */
import type { AnyNode, Func, Value } from '../ir/ir.ts';
import { hasRegion, withRegion } from '../ir/region.ts';
import { removeDeadNodes } from './dead-code.ts';
import type { Pass } from './pass.ts';

/** Long lists of numbers (constants, index tables) are compared, but only short ones make part of the key's text. */
function attributesKey(node: AnyNode): string {
  return JSON.stringify(node.attributes);
}

const commutative: ReadonlySet<string> = new Set(['add', 'multiply', 'and', 'or']);

function run(f: Func): Func {
  const numbers = new Map<Value, number>();
  const numberOf = (value: Value): number => {
    const known = numbers.get(value);
    if (known !== undefined) return known;
    numbers.set(value, numbers.size);
    return numbers.size - 1;
  };
  const seen = new Map<string, AnyNode>();
  const replaced = new Map<Value, Value>();
  const nodes: AnyNode[] = [];
  let changed = false;
  for (const node of f.nodes) {
    const moved = node.operands.some((operand) => replaced.has(operand));
    const operands = moved ? node.operands.map((operand) => replaced.get(operand) ?? operand) : node.operands;
    if (hasRegion(node)) {
      const inside = withRegion(node, run(node.attributes.body));
      if (inside !== node) changed = true;
      nodes.push(moved ? ({ ...inside, operands } as AnyNode) : inside);
      continue;
    }
    const inputs = operands.map(numberOf);
    if (commutative.has(node.op)) inputs.sort((a, b) => a - b);
    const key = `${node.op}(${inputs.join(',')})${attributesKey(node)}`;
    const earlier = seen.get(key);
    if (earlier !== undefined) {
      node.results.forEach((result, index) => {
        replaced.set(result, earlier.results[index] as Value);
      });
      changed = true;
      continue;
    }
    const kept = moved ? ({ ...node, operands } as AnyNode) : node;
    seen.set(key, kept);
    nodes.push(kept);
  }
  if (!changed) return f;
  const results = f.results.map(({ name, value }) => ({ name, value: replaced.get(value) ?? value }));
  return removeDeadNodes({ parameters: f.parameters, nodes, results });
}

export const commonSubexpressions: Pass = {
  name: 'common-subexpressions',
  summary: 'computes nodes with the same primitive, operands and attributes once',
  run,
};
