/** @file Primitives that move elements: slices, pads, gathers and their transposes. */
import { rankedShape } from '../../ir/broadcast-shapes.ts';
import type { Node } from '../../ir/ir.ts';
import { afterGather, invertPermutation, moveAxis } from '../../ir/permutations.ts';
import { sizeOf } from '../../ir/tensor-type.ts';
import { beforeFirst, type GraphBuilder, type OnnxTensor } from './graph.ts';
import type { LoweringContext } from './lowering-context.ts';

export function broadcastInDim(context: LoweringContext, node: Node<'broadcast_in_dim'>): OnnxTensor {
  const { shape, dimensions } = node.attributes;
  const operand = context.ranked(node.operands[0] as Node['operands'][0]);
  const sizes = new Array<number>(shape.length).fill(1);
  dimensions.forEach((target, axis) => {
    sizes[target] = operand.shape[axis] as number;
  });
  // Dimensions of 1 in front need not be there at all.
  const first = sizes.findIndex((size) => size !== 1);
  const needed = first === -1 ? [] : sizes.slice(first);
  const current = context.small(node.operands[0] as Node['operands'][0]);
  const same = current.shape.length <= shape.length && rankedShape(current.shape, shape.length).every((size, axis) => size === sizes[axis]);
  return same ? current : context.graph.reshape(operand, needed);
}

/** ONNX Slice over all axes. Of a tensor that was reversed it takes its part before that, from the end. */
export function slice(
  context: LoweringContext,
  tensor: OnnxTensor,
  start: readonly number[],
  limit: readonly number[],
  strides: readonly number[],
): OnnxTensor {
  const { graph } = context;
  const parts = tensor.shape.map((size, axis): Part => {
    const [first, end, step] = [start[axis] as number, limit[axis] as number, strides[axis] as number];
    return { axis, size, first, end, step, count: Math.ceil((end - first) / step) };
  });
  const taken = parts.filter(({ size, first, end, step }) => !(first === 0 && end === size && (step === 1 || size === 1)));
  if (taken.length === 0) return tensor;
  const shape = parts.map(({ count }) => count);
  const reversal = graph.reversalOf(tensor);
  const rank = reversal?.input.shape.length ?? 0;
  if (reversal === undefined || taken.some(({ axis, count }) => axis >= rank || count === 0)) return sliced(graph, tensor, taken, shape);
  const { input, axes } = reversal;
  const fromEnd = parts
    .filter((part) => axes.includes(part.axis) || taken.includes(part))
    .map((part) => (axes.includes(part.axis) ? turned(part) : part));
  return graph.reshape(sliced(graph, input, fromEnd, shape.slice(0, rank)), shape);
}

/** What a slice takes along one axis. */
interface Part {
  readonly axis: number;
  readonly size: number;
  readonly first: number;
  readonly end: number;
  readonly step: number;
  readonly count: number;
}

/** The same elements where the axis has the opposite order. */
function turned({ axis, size, first, step, count }: Part): Part {
  const start = size - 1 - first;
  if (count === 1) return { axis, size, first: start, end: start + 1, step: 1, count };
  const end = start - (count - 1) * step - 1;
  return { axis, size, first: start, end: end < 0 ? beforeFirst(size) : end, step: -step, count };
}

function sliced(graph: GraphBuilder, tensor: OnnxTensor, parts: readonly Part[], shape: readonly number[]): OnnxTensor {
  const list = (of: (part: Part) => number) => graph.integers(parts.map(of));
  const inputs = [tensor, list(({ first }) => first), list(({ end }) => end), list(({ axis }) => axis), list(({ step }) => step)];
  return graph.node('Slice', inputs, { element: tensor.element, shape });
}

export function reverse(context: LoweringContext, tensor: OnnxTensor, dimensions: readonly number[]): OnnxTensor {
  const axes = dimensions.filter((axis) => tensor.shape[axis] !== 1);
  return axes.length === 0 ? tensor : context.graph.reverse(tensor, axes);
}

/** Zeros around, and `interior` zeros between the elements of, every dimension. */
export function pad(
  context: LoweringContext,
  operand: OnnxTensor,
  low: readonly number[],
  high: readonly number[],
  interior: readonly number[],
): OnnxTensor {
  const { graph } = context;
  let tensor = operand;
  const after = [...high];
  if (interior.some((amount, axis) => amount > 0 && (operand.shape[axis] as number) > 1)) {
    // [.., n, ..] -> [.., n, 1, ..], pad the 1 to 1 + interior, join: n * (1 + interior), whose tail is cut off below.
    const split = operand.shape.flatMap((size) => [size, 1]);
    const highs = interior.flatMap((amount) => [0, amount]);
    const spread = zeroPad(context, graph.reshape(operand, split), new Array<number>(split.length).fill(0), highs);
    tensor = graph.reshape(
      spread,
      operand.shape.map((size, axis) => size * (1 + (interior[axis] as number))),
    );
    interior.forEach((amount, axis) => {
      after[axis] = (after[axis] as number) - ((operand.shape[axis] as number) > 0 ? amount : 0);
    });
  }
  const cut = after.map((amount) => Math.min(amount, 0));
  tensor = slice(
    context,
    tensor,
    tensor.shape.map(() => 0),
    tensor.shape.map((size, axis) => size + (cut[axis] as number)),
    tensor.shape.map(() => 1),
  );
  return zeroPad(
    context,
    tensor,
    low,
    after.map((amount) => Math.max(amount, 0)),
  );
}

function zeroPad(context: LoweringContext, tensor: OnnxTensor, low: readonly number[], high: readonly number[]): OnnxTensor {
  if (low.every((amount) => amount === 0) && high.every((amount) => amount === 0)) return tensor;
  const { graph } = context;
  const shape = tensor.shape.map((size, axis) => (low[axis] as number) + size + (high[axis] as number));
  const padded = tensor.element === 'bool' ? graph.cast(tensor, 'uint8') : tensor;
  const zero = graph.scalar(0, padded.element);
  const result = graph.node('Pad', [padded, graph.integers([...low, ...high]), zero], { element: padded.element, shape });
  return graph.cast(result, tensor.element);
}

export function gather(context: LoweringContext, node: Node<'gather'>): OnnxTensor {
  const { axis, batchDims } = node.attributes;
  const { graph } = context;
  const [operandValue, indicesValue] = node.operands as [Node['operands'][0], Node['operands'][0]];
  const operand = context.full(operandValue);
  const indices = context.full(indicesValue);
  const shape = (node.results[0] as Node['results'][0]).type.shape;
  if (batchDims === 0) return graph.node('Gather', [operand, indices], { element: operand.element, shape }, { axis });
  // [B.., A.., S, R..] -> [B * S, A.. * R..]: rows are taken with the batch's offset added to the index.
  const batch = operand.shape.slice(0, batchDims);
  const between = operand.shape.slice(batchDims, axis);
  const size = operand.shape[axis] as number;
  const rest = operand.shape.slice(axis + 1);
  const rows = graph.transpose(operand, moveAxis(operand.shape.length, axis, batchDims));
  const table = graph.reshape(rows, [sizeOf(batch) * size, ...between, ...rest]);
  const taken = [...indices.shape, ...between, ...rest];
  const gathered = graph.node(
    'Gather',
    [table, batchRows(context, indices, batch, size)],
    { element: operand.element, shape: taken },
    { axis: 0 },
  );
  return graph.transpose(gathered, afterGather(indices.shape.length, batchDims, between.length, rest.length));
}

export function scatterAdd(context: LoweringContext, node: Node<'scatter_add'>): OnnxTensor {
  const { axis, batchDims, shape } = node.attributes;
  const { graph } = context;
  const [updatesValue, indicesValue] = node.operands as [Node['operands'][0], Node['operands'][0]];
  const indices = context.full(indicesValue);
  const batch = shape.slice(0, batchDims);
  const between = shape.slice(batchDims, axis);
  const size = shape[axis] as number;
  const rest = shape.slice(axis + 1);
  const order = afterGather(indices.shape.length, batchDims, between.length, rest.length);
  const updates = graph.transpose(context.full(updatesValue), invertPermutation(order));
  const flat = graph.reshape(graph.cast(batchRows(context, indices, batch, size), 'int64'), [...indices.shape, 1]);
  const table = [sizeOf(batch) * size, ...between, ...rest];
  const zeros = context.expand(graph.scalar(0, updates.element), table);
  const summed = graph.node('ScatterND', [zeros, flat, updates], { element: updates.element, shape: table }, { reduction: 'add' });
  const rows = graph.reshape(summed, [...batch, size, ...between, ...rest]);
  return graph.transpose(rows, invertPermutation(moveAxis(shape.length, axis, batchDims)));
}

/** Row numbers in a table of all batches: index + batch number * size. */
function batchRows(context: LoweringContext, indices: OnnxTensor, batch: readonly number[], size: number): OnnxTensor {
  const count = sizeOf(batch);
  if (count === 1) return indices;
  const offsets = Array.from({ length: count }, (_, index) => index * size);
  const shape = [...batch, ...indices.shape.slice(batch.length).map(() => 1)];
  return context.elementwise('Add', [indices, context.graph.constant(indices.element, shape, offsets)]);
}

/** 0, 1, … along one dimension, small along the others. */
export function iota(context: LoweringContext, node: Node<'iota'>): OnnxTensor {
  const { dtype, shape, dimension } = node.attributes;
  const count = shape[dimension] as number;
  const sizes = shape.map((size, axis) => (axis === dimension ? size : 1));
  const numbers = Array.from({ length: count }, (_, index) => index);
  return context.graph.constant(dtype === 'float' ? 'float32' : dtype === 'uint8' ? 'uint8' : 'int32', sizes, numbers);
}

/** A constant; a splat is a scalar. */
export function constant(context: LoweringContext, node: Node<'constant'>): OnnxTensor {
  const { dtype, shape, values } = node.attributes;
  const element = ({ float: 'float32', int: 'int32', bool: 'bool', uint8: 'uint8' } as const)[dtype];
  const first = values[0] as number;
  if (sizeOf(shape) === 0) return context.graph.constant(element, shape, []);
  const splat = values.every((value) => Object.is(value, first));
  return splat ? context.graph.scalar(first, element) : context.graph.constant(element, shape, values);
}
