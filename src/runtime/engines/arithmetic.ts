/** @file How much work a function is, to choose threads and how many calls are handed over at once. */
import type { Func } from '../../compiler/ir/ir.ts';
import { sizeOf } from '../../compiler/ir/tensor-type.ts';

/** Multiply-adds and element visits of one call of `body`, roughly. */
export function arithmeticOf(body: Func): number {
  let work = 0;
  for (const node of body.nodes) {
    const size = node.results.reduce((sum, result) => sum + sizeOf(result.type.shape), 0);
    if (node.op === 'dot_general') {
      const lhs = node.operands[0]?.type.shape ?? [];
      work += size * sizeOf(node.attributes.lhsContract.map((axis) => lhs[axis] ?? 1));
    } else if (node.op === 'convolution') {
      work += size * sizeOf((node.operands[1]?.type.shape ?? []).slice(1));
    } else work += size;
  }
  return work;
}
