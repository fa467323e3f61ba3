/** @file Reductions. Along a dimension that is only broadcast, a sum is a product with its size. */
import type { Node, Value } from '../../ir/ir.ts';
import { sizeOf } from '../../ir/tensor-type.ts';
import type { OnnxTensor } from './graph.ts';
import type { LoweringContext } from './lowering-context.ts';

export function reduceSum(context: LoweringContext, node: Node<'reduce_sum'>): OnnxTensor {
  const { graph } = context;
  const value = node.operands[0] as Value;
  const { dimensions } = node.attributes;
  const tensor = context.ranked(value);
  const summed = dimensions.filter((axis) => tensor.shape[axis] !== 1);
  const copies = sizeOf(dimensions.filter((axis) => tensor.shape[axis] === 1).map((axis) => value.type.shape[axis] as number));
  const sum = reduced(context, 'ReduceSum', tensor, dimensions, summed);
  if (copies === 1) return sum;
  return context.elementwise('Mul', [sum, graph.scalar(copies, tensor.element)]);
}

export function reduceMax(context: LoweringContext, node: Node<'reduce_max'>): OnnxTensor {
  const tensor = context.ranked(node.operands[0] as Value);
  const { dimensions } = node.attributes;
  return reduced(
    context,
    'ReduceMax',
    tensor,
    dimensions,
    dimensions.filter((axis) => tensor.shape[axis] !== 1),
  );
}

function reduced(
  context: LoweringContext,
  op: string,
  tensor: OnnxTensor,
  dimensions: readonly number[],
  needed: readonly number[],
): OnnxTensor {
  const { graph } = context;
  const shape = tensor.shape.filter((_, axis) => !dimensions.includes(axis));
  if (needed.length === 0) return graph.reshape(tensor, shape);
  return graph.reduce(op, tensor, dimensions);
}

export function argMax(context: LoweringContext, node: Node<'arg_max'>): OnnxTensor {
  const { graph } = context;
  const tensor = context.ranked(node.operands[0] as Value);
  const { dimension } = node.attributes;
  const shape = tensor.shape.filter((_, axis) => axis !== dimension);
  const index = graph.node('ArgMax', [tensor], { element: 'int64', shape }, { axis: dimension, keepdims: 0 });
  return graph.cast(index, 'int32');
}

export function cumulativeSum(context: LoweringContext, node: Node<'cumulative_sum'>): OnnxTensor {
  const { dimension, exclusive, reverse } = node.attributes;
  const { graph } = context;
  const tensor = context.full(node.operands[0] as Value);
  return graph.node('CumSum', [tensor, graph.scalar(dimension, 'int64')], tensor, {
    exclusive: exclusive ? 1 : 0,
    reverse: reverse ? 1 : 0,
  });
}
