/** @file Reductions. Along a dimension that is only broadcast, a sum is a product with its size. */
import type { Node } from '../../../compiler/ir/ir.ts';
import { sizeOf } from '../../../compiler/ir/tensor-type.ts';
import { operandOf } from './lower-shape.ts';
import type { LoweringContext } from './lowering-context.ts';
import { mergeUnmarked } from './merge-dimensions.ts';
import type { Ref } from './plan.ts';

export function reduceSum(context: LoweringContext, node: Node<'reduce_sum'>): Ref {
  const value = operandOf(node, 0);
  const { dimensions } = node.attributes;
  const tensor = context.ranked(value);
  const copies = sizeOf(dimensions.filter((axis) => tensor.shape[axis] === 1).map((axis) => value.type.shape[axis] as number));
  const sum = reduced(context, 'Sum', tensor, dimensions);
  return copies === 1 ? sum : context.operations.binary('Multiply', sum, context.plan.scalar(tensor.dtype, copies));
}

export function reduceMax(context: LoweringContext, node: Node<'reduce_max'>): Ref {
  return reduced(context, 'Max', context.ranked(operandOf(node, 0)), node.attributes.dimensions);
}

/** A stretch of neighbouring dimensions that are all kept or all reduced. */
interface Group {
  readonly size: number;
  readonly kept: boolean;
}

/** Neighbouring dimensions of one fate are one; a reduction of nothing is no kernel at all (WASM is wrong there). */
function reduced(context: LoweringContext, kernel: 'Sum' | 'Max', tensor: Ref, dimensions: readonly number[]): Ref {
  const { operations } = context;
  const shape = tensor.shape.filter((_, axis) => !dimensions.includes(axis));
  if (sizeOf(tensor.shape) === 0) return operations.zeros(tensor.dtype, shape);
  const groups: Group[] = [];
  tensor.shape.forEach((size, axis) => {
    const kept = !dimensions.includes(axis);
    const last = groups.at(-1);
    if (size === 1) return;
    if (last !== undefined && last.kept === kept) groups[groups.length - 1] = { size: last.size * size, kept };
    else groups.push({ size, kept });
  });
  const flat = operations.reshape(
    tensor,
    groups.map(({ size }) => size),
  );
  return operations.reshape(reduceGroups(context, kernel, flat, groups), shape);
}

function reduceGroups(context: LoweringContext, kernel: 'Sum' | 'Max', tensor: Ref, groups: readonly Group[]): Ref {
  const axes = groups.flatMap(({ kept }, axis) => (kept ? [] : [axis]));
  const last = axes.at(-1);
  if (last === undefined) return tensor;
  if (axes.length === 1 || context.operations.capabilities.reductions.value === 'at once') return reduceAxes(context, kernel, tensor, axes);
  const rest = groups.filter((_, axis) => axis !== last);
  return reduceGroups(context, kernel, reduceAxes(context, kernel, tensor, [last]), rest);
}

function reduceAxes({ operations, plan }: LoweringContext, kernel: 'Sum' | 'Max', tensor: Ref, axes: readonly number[]): Ref {
  const left = tensor.shape.filter((_, axis) => !axes.includes(axis));
  const [axis] = axes as readonly [number];
  const byProduct = kernel === 'Sum' && tensor.dtype === 'float' && operations.capabilities.sumsByProducts.value;
  if (byProduct && axes.length === 1 && axis < tensor.shape.length - 1) {
    const [before, along, after] = [sizeOf(left.slice(0, axis)), tensor.shape[axis] as number, sizeOf(left.slice(axis))];
    const inputs = { a: plan.constant('float', [1, 1, along], [1]), b: operations.reshape(tensor, [before, along, after]) };
    return operations.reshape(
      plan.kernel('BatchMatMul', inputs, { transposeA: false, transposeB: false }, 'float', [before, 1, after]),
      left,
    );
  }
  const attribute = kernel === 'Sum' ? 'axis' : 'reductionIndices';
  return plan.kernel(kernel, { x: tensor }, { [attribute]: axes, keepDims: false }, tensor.dtype, left);
}

export function argMax(context: LoweringContext, node: Node<'arg_max'>): Ref {
  const { operations } = context;
  const tensor = context.ranked(operandOf(node, 0));
  const { dimension } = node.attributes;
  const shape = tensor.shape.filter((_, axis) => axis !== dimension);
  const size = tensor.shape[dimension] as number;
  if (size === 1 || sizeOf(tensor.shape) === 0) return operations.zeros('int', shape);
  const last = [...tensor.shape.keys()].filter((axis) => axis !== dimension).concat(dimension);
  return operations.reshape(argMaxOfRows(context, operations.reshape(operations.transpose(tensor, last), [sizeOf(shape), size])), shape);
}

/** Index of the first maximum of each row: [rows, size] -> int [rows]. */
export function argMaxOfRows({ plan }: LoweringContext, rows: Ref): Ref {
  return plan.kernel('ArgMax', { x: rows }, { axis: 1 }, 'int', rows.shape.slice(0, 1));
}

export function cumulativeSum(context: LoweringContext, node: Node<'cumulative_sum'>): Ref {
  const { dimension, exclusive, reverse } = node.attributes;
  const { operations, plan } = context;
  const tensor = context.full(operandOf(node, 0));
  if (sizeOf(tensor.shape) === 0) return tensor;
  const { shape, groups } = mergeUnmarked(tensor.shape, (axis) => axis === dimension);
  const axis = groups.findIndex((group) => group.includes(dimension));
  const flat = operations.reshape(tensor, shape);
  return operations.reshape(plan.kernel('Cumsum', { x: flat }, { axis, exclusive, reverse }, tensor.dtype, shape), tensor.shape);
}
