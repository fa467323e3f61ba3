/** @file How much work a function is, to choose threads and how many calls are handed over at once. */
import type { AnyNode, Func } from '../../compiler/ir/ir.ts';
import { sizeOf } from '../../compiler/ir/tensor-type.ts';

/** Multiply-adds and element visits of one call of `body`, roughly; only those of nodes that make at least `least` of them. */
export function arithmeticOf(body: Func, least = 0): number {
  let total = 0;
  for (const node of body.nodes) {
    const work = workOf(node, least);
    if (work >= least) total += work;
  }
  return total;
}

function workOf(node: AnyNode, least: number): number {
  const size = node.results.reduce((sum, result) => sum + sizeOf(result.type.shape), 0);
  if (node.op === 'dot_general') {
    const lhs = node.operands[0]?.type.shape ?? [];
    return size * sizeOf(node.attributes.lhsContract.map((axis) => lhs[axis] ?? 1));
  }
  if (node.op === 'convolution') return size * sizeOf((node.operands[1]?.type.shape ?? []).slice(1));
  return node.op === 'scan' ? node.attributes.length * arithmeticOf(node.attributes.body, least) : size;
}
