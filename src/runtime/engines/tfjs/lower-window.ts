/**
 * @file Windows. Those that do not overlap are put in rows by a transpose. Of others it is known beforehand which elements they have: a pool
 * is a gather by element numbers, and its transpose a scatter.
 */
import type { Node } from '../../../compiler/ir/ir.ts';
import { sizeOf, stridesOf } from '../../../compiler/ir/tensor-type.ts';
import { argMaxOfRows } from './lower-reduce.ts';
import { operandOf, resultShape } from './lower-shape.ts';
import type { LoweringContext } from './lowering-context.ts';
import type { Ref } from './plan.ts';

interface Windows {
  /** Number of the first element of each window. */
  readonly starts: readonly number[];
  /** What is added to it for each element of a window. */
  readonly offsets: readonly number[];
}

function windowsOf(shape: readonly number[], result: readonly number[], window: readonly number[], strides: readonly number[]): Windows {
  const own = stridesOf(shape);
  const numbers = (sizes: readonly number[], steps: readonly number[]) => {
    const within = stridesOf(sizes);
    return Array.from({ length: sizeOf(sizes) }, (_, element) =>
      steps.reduce((sum, step, axis) => sum + step * (Math.floor(element / (within[axis] as number)) % (sizes[axis] as number)), 0),
    );
  };
  return {
    starts: numbers(
      result,
      own.map((stride, axis) => stride * (strides[axis] as number)),
    ),
    offsets: numbers(window, own),
  };
}

/** Windows that do not overlap, as rows: sizes of the counts of windows and of the windows, alternating, and back. */
interface Rows {
  readonly split: readonly number[];
  readonly order: readonly number[];
  readonly size: number;
}

/** Undefined where windows overlap or leave gaps, or where the backend is better at picking elements. */
function rowsOf(
  context: LoweringContext,
  result: readonly number[],
  window: readonly number[],
  strides: readonly number[],
): Rows | undefined {
  const transposed = context.operations.capabilities.windows.value === 'transposed';
  if (!transposed || window.some((width, axis) => width !== strides[axis] && result[axis] !== 1)) return undefined;
  const axes = result.map((_, axis) => axis);
  return {
    split: axes.flatMap((axis) => [result[axis] as number, window[axis] as number]),
    order: [...axes.map((axis) => 2 * axis), ...axes.map((axis) => 2 * axis + 1)],
    size: sizeOf(window),
  };
}

/** [windows, elements of a window]. */
function inRows({ operations }: LoweringContext, operand: Ref, rows: Rows): Ref {
  const covered = operand.shape.reduce(
    (tensor: Ref, _, axis) => operations.slice(tensor, axis, 0, (rows.split[2 * axis] as number) * (rows.split[2 * axis + 1] as number), 1),
    operand,
  );
  const turned = operations.transpose(operations.reshape(covered, rows.split), rows.order);
  return operations.reshape(turned, [sizeOf(rows.split) / rows.size, rows.size]);
}

/** The transpose of `inRows`: zeros where no window is. */
function outOfRows({ operations }: LoweringContext, tensor: Ref, rows: Rows, shape: readonly number[]): Ref {
  const turned = operations.reshape(
    tensor,
    rows.order.map((axis) => rows.split[axis] as number),
  );
  const back = rows.order.map((_, axis) => rows.order.indexOf(axis));
  const covered = shape.map((_, axis) => (rows.split[2 * axis] as number) * (rows.split[2 * axis + 1] as number));
  const whole = operations.reshape(operations.transpose(turned, back), covered);
  return covered.reduce((padded, size, axis) => operations.padAround(padded, axis, 0, (shape[axis] as number) - size), whole);
}

export function windowArgmax(context: LoweringContext, node: Node<'window_argmax'>): Ref {
  const { operations } = context;
  const operand = context.full(operandOf(node, 0));
  const result = resultShape(node);
  const { window, strides } = node.attributes;
  if (sizeOf(result) === 0 || sizeOf(window) === 1) return operations.zeros('int', result);
  const rows = rowsOf(context, result, window, strides);
  if (rows !== undefined) return operations.reshape(argMaxOfRows(context, inRows(context, operand, rows)), result);
  const { starts, offsets } = windowsOf(operand.shape, result, window, strides);
  const elements = starts.flatMap((start) => offsets.map((offset) => start + offset));
  const picked = operations.take(operations.reshape(operand, [sizeOf(operand.shape)]), 0, elements);
  return operations.reshape(argMaxOfRows(context, operations.reshape(picked, [starts.length, offsets.length])), result);
}

/** Numbers of the chosen elements, int [windows]. */
function chosen({ operations, plan }: LoweringContext, choice: Ref, { starts, offsets }: Windows): Ref {
  const offset = operations.gather(plan.constant('int', [offsets.length], offsets), 0, operations.reshape(choice, [starts.length]));
  return operations.binary('Add', offset, plan.constant('int', [starts.length], starts));
}

export function windowTake(context: LoweringContext, node: Node<'window_take'>): Ref {
  const { operations } = context;
  const operand = context.full(operandOf(node, 0));
  const result = resultShape(node);
  if (sizeOf(result) === 0) return operations.zeros(operand.dtype, result);
  const { window, strides } = node.attributes;
  const rows = rowsOf(context, result, window, strides);
  if (rows !== undefined) return takeFromRows(context, inRows(context, operand, rows), context.full(operandOf(node, 1)), result);
  const windows = windowsOf(operand.shape, result, window, strides);
  const places = chosen(context, context.full(operandOf(node, 1)), windows);
  return operations.reshape(operations.gather(operations.reshape(operand, [sizeOf(operand.shape)]), 0, places), result);
}

/** One element of each row. What is not chosen is masked rather than multiplied away: it may be infinite. */
function takeFromRows({ operations, plan }: LoweringContext, rows: Ref, choice: Ref, result: readonly number[]): Ref {
  const [count, size] = rows.shape as [number, number];
  const indices = operations.reshape(choice, [count]);
  // OneHot of WASM writes four bytes for a bool, beyond the end of the tensor. Zeros and ones are cast well everywhere.
  const ones = plan.kernel('OneHot', { indices }, { depth: size, onValue: 1, offValue: 0, dtype: 'int32' }, 'int', [count, size]);
  const mask = plan.kernel('Cast', { x: ones }, { dtype: 'bool' }, 'bool', ones.shape);
  const kept = operations.select(mask, rows, plan.scalar(rows.dtype, 0));
  return operations.reshape(plan.kernel('Sum', { x: kept }, { axis: [1], keepDims: false }, rows.dtype, [count]), result);
}

export function windowPut(context: LoweringContext, node: Node<'window_put'>): Ref {
  const { operations } = context;
  const updates = context.full(operandOf(node, 0));
  const { shape, window, strides } = node.attributes;
  if (sizeOf(updates.shape) === 0) return operations.zeros(updates.dtype, shape);
  const rows = rowsOf(context, updates.shape, window, strides);
  if (rows !== undefined) {
    const count = sizeOf(updates.shape);
    const starts = context.plan.constant(
      'int',
      [count],
      Array.from({ length: count }, (_, index) => index * rows.size),
    );
    const spots = operations.binary('Add', operations.reshape(context.full(operandOf(node, 1)), [count]), starts);
    return outOfRows(context, operations.scatterRows(operations.reshape(updates, [count, 1]), spots, count * rows.size), rows, shape);
  }
  const windows = windowsOf(shape, updates.shape, window, strides);
  const places = chosen(context, context.full(operandOf(node, 1)), windows);
  return operations.reshape(operations.scatterRows(operations.reshape(updates, [sizeOf(updates.shape), 1]), places, sizeOf(shape)), shape);
}
