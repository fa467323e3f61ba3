/**
 * @file `transpose(a' + b)` with a' the inverse transpose of `a` is `a + transpose(b)`: one transpose instead of two. Accumulators look like this when
 * gradients are stored in another order than weights.
 */
import type { Value } from '../ir/ir.ts';
import { usedOnce } from './operands.ts';
import { type Rule, rewritePass } from './rewriter.ts';

const transpose: Rule<'transpose'> = (operands, { permutation }, graph) => {
  const value = operands[0] as Value;
  const sum = graph.match(value, 'add') ?? graph.match(value, 'subtract');
  if (sum === undefined || !usedOnce(graph, value)) return undefined;
  for (const side of [0, 1] as const) {
    const inner = graph.match(sum.operands[side], 'transpose');
    const undone = inner !== undefined && permutation.every((axis, index) => inner.attributes.permutation[axis] === index);
    if (inner === undefined || !undone) continue;
    const straight = inner.operands[0] as Value;
    const other = graph.transpose(sum.operands[1 - side] as Value, permutation);
    return graph.emit(sum.op, side === 0 ? [straight, other] : [other, straight], {});
  }
  return undefined;
};

export const transposedSums = rewritePass('transposed-sums', 'transposes one operand of a sum instead of the other and the sum', {
  transpose,
});
