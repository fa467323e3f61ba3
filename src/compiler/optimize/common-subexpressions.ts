/** @file Computes equal things once: nodes with the same primitive, operands and attributes. */
import type { AnyNode, Value } from '../ir/ir.ts';
import { hasRegion, withRegion } from '../ir/region.ts';
import { withOperands } from '../ir/with-operands.ts';
import { removeDeadNodes } from './dead-code.ts';
import { type Change, recursivePass } from './pass.ts';

const commutative: ReadonlySet<string> = new Set(['add', 'multiply', 'and', 'or']);

const change: Change = (f, inside, memory) => {
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
    const moved = replaced.size > 0 && node.operands.some((operand) => replaced.has(operand));
    const operands = moved ? node.operands.map((operand) => replaced.get(operand) ?? operand) : node.operands;
    if (hasRegion(node)) {
      const smaller = withRegion(node, inside(node.attributes.body));
      if (smaller !== node) changed = true;
      nodes.push(moved ? withOperands(smaller, operands) : smaller);
      continue;
    }
    const inputs = operands.map(numberOf);
    if (commutative.has(node.op)) inputs.sort((a, b) => a - b);
    const attributes = memory === undefined ? JSON.stringify(node.attributes) : memory.textOf(node.attributes);
    const key = `${node.op}(${inputs.join(',')})${attributes}`;
    const earlier = seen.get(key);
    if (earlier !== undefined) {
      node.results.forEach((result, index) => {
        replaced.set(result, earlier.results[index] as Value);
      });
      changed = true;
      continue;
    }
    const kept = moved ? withOperands(node, operands) : node;
    seen.set(key, kept);
    nodes.push(kept);
  }
  if (!changed) return f;
  const results = f.results.map(({ name, value }) => ({ name, value: replaced.get(value) ?? value }));
  return removeDeadNodes({ parameters: f.parameters, nodes, results });
};

export const commonSubexpressions = recursivePass(
  'common-subexpressions',
  'computes nodes with the same primitive, operands and attributes once',
  change,
);
