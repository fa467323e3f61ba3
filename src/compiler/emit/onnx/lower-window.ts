/**
 * @file Windows. ONNX's MaxPool gives winners as flat positions in the operand; the IR counts within the window. A choice is
 * kept in the first form as long as only `window_take` and `window_put` use it.
 */
import type { Node, Value } from '../../ir/ir.ts';
import { sizeOf, stridesOf } from '../../ir/tensor-type.ts';
import type { OnnxTensor } from './graph.ts';
import { slice } from './lower-shape.ts';
import type { FlatChoice, LoweringContext } from './lowering-context.ts';

type WindowNode = Node<'window_argmax'> | Node<'window_take'> | Node<'window_put'>;

/** First axis with a window; MaxPool takes at most 3 spatial axes. */
function spatialStart(window: readonly number[], strides: readonly number[]): number {
  const first = window.findIndex((width, axis) => width > 1 || (strides[axis] as number) > 1);
  return first === -1 ? window.length - 1 : first;
}

export function windowArgmax(context: LoweringContext, node: Node<'window_argmax'>): void {
  const { window, strides } = node.attributes;
  const { graph } = context;
  const result = node.results[0] as Value;
  const shape = result.type.shape;
  const operand = context.full(node.operands[0] as Value);
  const start = spatialStart(window, strides);
  if (window.length === 0 || sizeOf(window) === 1) {
    context.define(result, graph.scalar(0, 'int32'));
    return;
  }
  if (window.length - start > 3) {
    context.define(result, winnerOfSlices(context, operand, shape, window, strides));
    return;
  }
  const lead = sizeOf(shape.slice(0, start));
  const image = graph.reshape(operand, [1, lead, ...operand.shape.slice(start)]);
  const pooled = [1, lead, ...shape.slice(start)];
  const [, indices] = graph.nodes(
    'MaxPool',
    [image],
    [
      { element: 'float32', shape: pooled },
      { element: 'int64', shape: pooled },
    ],
    { kernel_shape: window.slice(start), strides: strides.slice(start) },
  );
  const positions = graph.reshape(indices as OnnxTensor, shape);
  const choice = { positions, operandShape: operand.shape, window, strides };
  context.defineChoice(result, choice);
  context.defineLazily(result, () => withinWindow(context, choice));
}

/** For more windowed axes than MaxPool takes: the windows' elements side by side, and ArgMax over them. */
function winnerOfSlices(
  context: LoweringContext,
  operand: OnnxTensor,
  shape: readonly number[],
  window: readonly number[],
  strides: readonly number[],
): OnnxTensor {
  const { graph } = context;
  const elements = Array.from({ length: sizeOf(window) }, (_, element) => {
    const offset = digits(element, window);
    const limit = offset.map((from, axis) => from + ((shape[axis] as number) - 1) * (strides[axis] as number) + 1);
    return graph.reshape(slice(context, operand, offset, limit, strides), [1, ...shape]);
  });
  const stacked = graph.node('Concat', elements, { element: 'float32', shape: [elements.length, ...shape] }, { axis: 0 });
  return graph.cast(graph.node('ArgMax', [stacked], { element: 'int64', shape }, { axis: 0, keepdims: 0 }), 'int32');
}

function digits(element: number, window: readonly number[]): number[] {
  const steps = stridesOf(window);
  return window.map((width, axis) => Math.floor(element / (steps[axis] as number)) % width);
}

/** Positions in the operand -> which element of the window (int32). */
function withinWindow(context: LoweringContext, choice: FlatChoice): OnnxTensor {
  const { graph } = context;
  const { positions, operandShape, window, strides } = choice;
  const steps = stridesOf(operandShape);
  const windowSteps = stridesOf(window);
  let sum: OnnxTensor | undefined;
  window.forEach((width, axis) => {
    if (width === 1) return;
    const row = context.elementwise('Div', [positions, graph.scalar(steps[axis] as number, 'int64')]);
    const place = context.elementwise('Mod', [row, graph.scalar(operandShape[axis] as number, 'int64')]);
    const offset = context.elementwise('Sub', [place, along(context, positions.shape, axis, strides[axis] as number)]);
    const term = context.elementwise('Mul', [offset, graph.scalar(windowSteps[axis] as number, 'int64')]);
    sum = sum === undefined ? term : context.elementwise('Add', [sum, term]);
  });
  return graph.cast(sum ?? graph.scalar(0, 'int64'), 'int32');
}

/** 0, step, 2 * step, … along one axis of `shape`, size 1 along the others (int64). */
function along(context: LoweringContext, shape: readonly number[], axis: number, step: number): OnnxTensor {
  const count = shape[axis] as number;
  return context.graph.constant(
    'int64',
    shape.map((_, other) => (other === axis ? count : 1)),
    Array.from({ length: count }, (_, index) => index * step),
  );
}

/** The choice as flat positions (int64) in a tensor of `operandShape`. */
function positionsOf(context: LoweringContext, value: Value, node: WindowNode, operandShape: readonly number[]): OnnxTensor {
  const { window, strides } = node.attributes;
  const known = context.choiceOf(value);
  const equal = (a: readonly number[], b: readonly number[]) => a.every((size, axis) => size === b[axis]);
  if (known !== undefined && equal(known.operandShape, operandShape) && equal(known.window, window) && equal(known.strides, strides)) {
    return known.positions;
  }
  const { graph } = context;
  const choice = graph.cast(context.full(value), 'int64');
  const steps = stridesOf(operandShape);
  const windowSteps = stridesOf(window);
  let sum: OnnxTensor | undefined;
  const add = (term: OnnxTensor) => {
    sum = sum === undefined ? term : context.elementwise('Add', [sum, term]);
  };
  operandShape.forEach((_, axis) => {
    const step = steps[axis] as number;
    add(along(context, choice.shape, axis, (strides[axis] as number) * step));
    if (window[axis] === 1) return;
    const digit = context.elementwise('Div', [choice, graph.scalar(windowSteps[axis] as number, 'int64')]);
    const offset = context.elementwise('Mod', [digit, graph.scalar(window[axis] as number, 'int64')]);
    add(context.elementwise('Mul', [offset, graph.scalar(step, 'int64')]));
  });
  return sum ?? graph.scalar(0, 'int64');
}

export function windowTake(context: LoweringContext, node: Node<'window_take'>): OnnxTensor {
  const { graph } = context;
  const operand = context.full(node.operands[0] as Value);
  const positions = positionsOf(context, node.operands[1] as Value, node, operand.shape);
  const flat = graph.reshape(operand, [sizeOf(operand.shape)]);
  const shape = (node.results[0] as Value).type.shape;
  return graph.node('Gather', [flat, context.expand(positions, shape)], { element: operand.element, shape }, { axis: 0 });
}

export function windowPut(context: LoweringContext, node: Node<'window_put'>): OnnxTensor {
  const { graph } = context;
  const { window, strides, shape } = node.attributes;
  const updates = context.full(node.operands[0] as Value);
  const count = sizeOf(updates.shape);
  const positions = context.expand(positionsOf(context, node.operands[1] as Value, node, shape), updates.shape);
  const zeros = context.expand(graph.scalar(0, updates.element), [sizeOf(shape)]);
  const overlap = window.some((width, axis) => width > (strides[axis] as number));
  const put = graph.node(
    'ScatterElements',
    [zeros, graph.reshape(positions, [count]), graph.reshape(updates, [count])],
    { element: updates.element, shape: zeros.shape },
    overlap ? { axis: 0, reduction: 'add' } : { axis: 0 },
  );
  return graph.reshape(put, shape);
}
