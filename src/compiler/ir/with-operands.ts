/** @file A node with other operands. */
import type { AnyNode, Value } from './ir.ts';

/** Written out, since engines of JavaScript give a copy by `...` another hidden class: all that reads nodes would then meet two kinds. */
export function withOperands(node: AnyNode, operands: readonly Value[]): AnyNode {
  const { op, attributes, results, source } = node;
  return { op, operands, attributes, results, source } as AnyNode;
}
