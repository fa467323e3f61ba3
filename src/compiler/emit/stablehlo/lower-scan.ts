/** @file scan: its body is written into the region of a `while`. */
import type { Node } from '../../ir/ir.ts';
import type { LoweringContext } from './lowering-context.ts';
import { type StableTensor, stableType } from './tensor.ts';
import { writeLoop } from './while-loop.ts';

export function scan(context: LoweringContext, node: Node<'scan'>): readonly StableTensor[] {
  const { body, length, carries, sequences, reverse } = node.attributes;
  const operands = context.operands(node);
  const loop = {
    steps: length,
    count: 'all',
    reverse,
    carried: operands.slice(0, carries),
    sequences: operands.slice(carries, carries + sequences),
    fixed: operands.slice(carries + sequences),
    outputs: body.results.slice(carries).map(({ value }) => stableType(value.type)),
  } as const;
  const last = writeLoop(context.builder, loop, (region, carried, rows, fixed) => {
    const values = context.lowerRegion(region, body, [...carried, ...rows, ...fixed]);
    return { carried: values.slice(0, carries), outputs: values.slice(carries) };
  });
  return [...last.carried, ...last.outputs];
}
