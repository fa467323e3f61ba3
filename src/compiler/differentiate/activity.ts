/** @file Which values change with what a function is differentiated by. */
import type { AnyNode, Func, Node, Value } from '../ir/ir.ts';
import type { PrimitiveName } from '../ir/primitives.ts';
import { operandRule, type VjpRule } from './rule.ts';
import type { VjpRules } from './vjp-rules.ts';

/** Values that change with the parameters `wrt` in a way that has a derivative. */
export function activeValues(f: Func, wrt: readonly number[], rules: VjpRules): ReadonlySet<Value> {
  const active = new Set<Value>(wrt.map((index) => (f.parameters[index] as { value: Value }).value));
  for (const node of f.nodes) for (const result of activeResults(node, active, rules)) active.add(result);
  return active;
}

function activeResults(node: AnyNode, active: ReadonlySet<Value>, rules: VjpRules): readonly Value[] {
  if (!node.operands.some((operand) => active.has(operand))) return [];
  if (node.op === 'scan') {
    const inside = activeInScan(
      node,
      node.operands.map((operand) => active.has(operand)),
      rules,
    );
    return node.results.filter((_, index) => inside.has((node.attributes.body.results[index] as { value: Value }).value));
  }
  if (node.op === 'implicit_root') {
    const { unknowns } = node.attributes;
    return node.operands.some((operand, index) => index >= unknowns && active.has(operand)) ? node.results : [];
  }
  const rule = rules[node.op] as VjpRule<PrimitiveName>;
  const passes = node.operands.some((operand, index) => active.has(operand) && (rule.kind === 'region' || operandRule(rule, index)));
  return passes ? node.results.filter((result) => result.type.dtype === 'float') : [];
}

/** Active values of a scan's body when these of its operands are: a carry that becomes active at one step is active at the next. */
export function activeInScan(node: Node<'scan'>, operands: readonly boolean[], rules: VjpRules): ReadonlySet<Value> {
  const { body, carries } = node.attributes;
  const wrt = new Set(operands.flatMap((isActive, index) => (isActive ? [index] : [])));
  for (;;) {
    const active = activeValues(body, [...wrt], rules);
    const size = wrt.size;
    for (let carry = 0; carry < carries; carry++) if (active.has((body.results[carry] as { value: Value }).value)) wrt.add(carry);
    if (wrt.size === size) return active;
  }
}
