/**
 * @file Windows as strided slices: the tensor of each window's first elements, of its second ones, and so on. A tree of comparisons finds the
 * winners; a choice is kept as one mask per element of the window as long as only `window_take` and `window_put` use it.
 *
 * ONNX's own MaxPool is six times slower when it returns indices, its indices are not numbers where a window is all NaN, and MaxUnpool and
 * ScatterElements run on one thread (bench/NOTES.md).
 */
import type { Node, Value } from '../../ir/ir.ts';
import { sizeOf, stridesOf } from '../../ir/tensor-type.ts';
import type { OnnxTensor } from './graph.ts';
import { pad, slice } from './lower-shape.ts';
import type { LoweringContext, WindowChoice } from './lowering-context.ts';

interface Window {
  readonly window: readonly number[];
  readonly strides: readonly number[];
}

/** The maximum of some elements, and for each element the mask of the places where it is the first maximum. */
interface Winners {
  readonly maximum: OnnxTensor;
  readonly masks: readonly OnnxTensor[];
}

/** Row-major place of an element within the window. */
function digits(element: number, window: readonly number[]): number[] {
  const steps = stridesOf(window);
  return window.map((width, axis) => Math.floor(element / (steps[axis] as number)) % width);
}

/** One tensor of the shape of the windows' result for each element of the window. */
function elementsOf(context: LoweringContext, operand: OnnxTensor, shape: readonly number[], { window, strides }: Window): OnnxTensor[] {
  return Array.from({ length: sizeOf(window) }, (_, element) => {
    const start = digits(element, window);
    const limit = start.map((from, axis) => from + ((shape[axis] as number) - 1) * (strides[axis] as number) + 1);
    return slice(context, operand, start, limit, strides);
  });
}

function winnersOf(context: LoweringContext, elements: readonly OnnxTensor[], masked: boolean): Winners {
  if (elements.length === 1) return { maximum: elements[0] as OnnxTensor, masks: [] };
  const half = elements.length >> 1;
  const left = winnersOf(context, elements.slice(0, half), masked);
  const right = winnersOf(context, elements.slice(half), masked);
  const maximum = context.elementwise('Max', [left.maximum, right.maximum]);
  if (!masked) return { maximum, masks: [] };
  const first = context.elementwise('GreaterOrEqual', [left.maximum, right.maximum], 'bool');
  const second = context.elementwise('Not', [first]);
  const within = (masks: readonly OnnxTensor[], side: OnnxTensor) =>
    masks.length === 0 ? [side] : masks.map((mask) => context.elementwise('And', [side, mask]));
  return { maximum, masks: [...within(left.masks, first), ...within(right.masks, second)] };
}

export function windowArgmax(context: LoweringContext, node: Node<'window_argmax'>): void {
  const { attributes } = node;
  const [operandValue, result] = [node.operands[0] as Value, node.results[0] as Value];
  const { shape } = result.type;
  let elements: readonly OnnxTensor[] | undefined;
  let masks: readonly OnnxTensor[] | undefined;
  const parts = () => {
    elements ??= elementsOf(context, context.full(operandValue), shape, attributes);
    return elements;
  };
  const choice: WindowChoice = {
    operand: operandValue,
    maximum: () => winnersOf(context, parts(), false).maximum,
    masks: () => {
      masks ??= winnersOf(context, parts(), true).masks;
      return masks;
    },
  };
  context.defineChoice(result, choice);
  context.defineLazily(result, () => indexOf(context, choice.masks()));
}

/** Masks -> the number of the mask that is set (int32). */
function indexOf(context: LoweringContext, masks: readonly OnnxTensor[]): OnnxTensor {
  const { graph } = context;
  return masks.reduce<OnnxTensor>(
    (index, mask, element) => (element === 0 ? index : context.elementwise('Where', [mask, graph.scalar(element, 'int32'), index])),
    graph.scalar(0, 'int32'),
  );
}

/** One mask per element of the window; none for windows of one element, where there is no choice. */
function masksOf(context: LoweringContext, value: Value, { window }: Window): readonly OnnxTensor[] {
  if (sizeOf(window) === 1) return [];
  const known = context.choiceOf(value);
  if (known !== undefined) return known.masks();
  const index = context.small(value);
  return Array.from({ length: sizeOf(window) }, (_, element) =>
    context.elementwise('Equal', [index, context.graph.scalar(element, 'int32')], 'bool'),
  );
}

export function windowTake(context: LoweringContext, node: Node<'window_take'>): OnnxTensor {
  const [operandValue, choiceValue] = node.operands as readonly [Value, Value];
  const choice = context.choiceOf(choiceValue);
  if (choice !== undefined && choice.operand === operandValue) return choice.maximum();
  const { shape } = (node.results[0] as Value).type;
  const elements = elementsOf(context, context.full(operandValue), shape, node.attributes);
  const masks = masksOf(context, choiceValue, node.attributes);
  return elements.reduceRight((taken, element, index) => context.elementwise('Where', [masks[index] as OnnxTensor, element, taken]));
}

export function windowPut(context: LoweringContext, node: Node<'window_put'>): OnnxTensor {
  const { graph } = context;
  const { window, strides, shape } = node.attributes;
  const updates = context.full(node.operands[0] as Value);
  const masks = masksOf(context, node.operands[1] as Value, node.attributes);
  const zero = graph.scalar(0, updates.element);
  const parts = masks.length === 0 ? [updates] : masks.map((mask) => context.elementwise('Where', [mask, updates, zero]));
  const places = parts.map((part) => context.expand(part, updates.shape));
  if (window.every((width, axis) => width === strides[axis])) return tiled(context, places, window, shape);
  const overlapping = places.map((part, element) => {
    const low = digits(element, window);
    const interior = strides.map((stride) => stride - 1);
    const high = shape.map((size, axis) => {
      const count = part.shape[axis] as number;
      return size - (low[axis] as number) - ((count - 1) * (strides[axis] as number) + 1);
    });
    return pad(context, part, low, high, interior);
  });
  return overlapping.reduce((sum, part) => context.elementwise('Add', [sum, part]));
}

/** Windows side by side: the parts are interleaved, one axis after the other from the last, and the rest of the tensor is zero. */
function tiled(context: LoweringContext, parts: readonly OnnxTensor[], window: readonly number[], shape: readonly number[]): OnnxTensor {
  const { graph } = context;
  let current = parts;
  for (let axis = window.length - 1; axis >= 0; axis--) {
    const width = window[axis] as number;
    if (width === 1) continue;
    const joined: OnnxTensor[] = [];
    for (let start = 0; start < current.length; start += width) {
      const group = current.slice(start, start + width);
      const sizes = (group[0] as OnnxTensor).shape;
      const apart = group.map((part) => graph.reshape(part, [...sizes.slice(0, axis + 1), 1, ...sizes.slice(axis + 1)]));
      const { element } = apart[0] as OnnxTensor;
      const stacked = [...sizes.slice(0, axis + 1), width, ...sizes.slice(axis + 1)];
      const interleaved = graph.node('Concat', apart, { element, shape: stacked }, { axis: axis + 1 });
      joined.push(
        graph.reshape(
          interleaved,
          sizes.map((size, other) => (other === axis ? size * width : size)),
        ),
      );
    }
    current = joined;
  }
  const whole = current[0] as OnnxTensor;
  const none = shape.map(() => 0);
  const missing = shape.map((size, axis) => size - (whole.shape[axis] as number));
  return pad(context, whole, none, missing, none);
}
