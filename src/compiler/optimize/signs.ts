/** @file What can be known of the sign of a value without running anything. */
import type { Value } from '../ir/ir.ts';
import { splatOf } from './operands.ts';
import type { Rewriter } from './rewriter.ts';

/** Whether no element is negative, as far as a few steps back show. */
export function isNonNegative(graph: Rewriter, value: Value, depth = 8): boolean {
  const splat = splatOf(graph, value);
  if (splat !== undefined) return splat >= 0;
  const node = graph.definition(value);
  if (node === undefined || depth === 0) return false;
  const all = (): boolean => node.operands.every((operand) => isNonNegative(graph, operand, depth - 1));
  switch (node.op) {
    case 'abs':
    case 'exponential':
    case 'logistic':
    case 'sqrt':
    case 'rsqrt':
      return true;
    case 'multiply':
      return node.operands[0] === node.operands[1] || all();
    case 'add':
    case 'divide':
    case 'minimum':
    case 'broadcast_in_dim':
    case 'reshape':
    case 'transpose':
    case 'slice':
    case 'pad':
    case 'reduce_sum':
    case 'reduce_max':
      return all();
    case 'maximum':
      return node.operands.some((operand) => isNonNegative(graph, operand, depth - 1));
    default:
      return false;
  }
}
