/** @file A recurrence as a plan that runs once per step. */
import type { Node, Value } from '../../../compiler/ir/ir.ts';
import type { LoweringContext } from './lowering-context.ts';

export function scan(context: LoweringContext, node: Node<'scan'>): void {
  const { body, length, carries, sequences, reverse } = node.attributes;
  const results = node.results.map(({ type }) => ({ dtype: type.dtype, shape: type.shape }));
  context.plan.loop({
    body: context.inner(body),
    length,
    carries,
    sequences,
    reverse,
    operands: node.operands.map((operand: Value) => context.shared(operand)),
    results,
  });
  node.results.forEach((result, index) => {
    context.received(result, results[index] as (typeof results)[number]);
  });
}
