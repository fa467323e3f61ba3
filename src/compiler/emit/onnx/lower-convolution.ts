/** @file convolution as Conv. Dilation of lhs is zeros put between its elements; negative padding is a slice. */
import type { Node, Value } from '../../ir/ir.ts';
import type { OnnxTensor } from './graph.ts';
import { pad, slice } from './lower-shape.ts';
import type { LoweringContext } from './lowering-context.ts';

export function convolution(context: LoweringContext, node: Node<'convolution'>): OnnxTensor {
  const { strides, padding, lhsDilation, rhsDilation, groups } = node.attributes;
  const { graph } = context;
  let lhs = context.full(node.operands[0] as Value);
  const rhs = context.full(node.operands[1] as Value);
  if (lhsDilation.some((step) => step > 1)) {
    const none = lhs.shape.map(() => 0);
    lhs = pad(context, lhs, none, none, [0, 0, ...lhsDilation.map((step) => step - 1)]);
  }
  if (padding.some(([low, high]) => low < 0 || high < 0)) {
    const start = [0, 0, ...padding.map(([low]) => Math.max(-low, 0))];
    const limit = lhs.shape.map((size, axis) => size - Math.max(-(padding[axis - 2]?.[1] ?? 0), 0));
    lhs = slice(
      context,
      lhs,
      start,
      limit,
      start.map(() => 1),
    );
  }
  const shape = (node.results[0] as Value).type.shape;
  const pads = [...padding.map(([low]) => Math.max(low, 0)), ...padding.map(([, high]) => Math.max(high, 0))];
  return graph.node(
    'Conv',
    [lhs, rhs],
    { element: 'float32', shape },
    {
      kernel_shape: rhs.shape.slice(2),
      strides,
      dilations: rhsDilation,
      pads,
      group: groups,
    },
  );
}
