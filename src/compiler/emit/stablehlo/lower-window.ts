/**
 * @file Windows as strided slices: the tensor of each window's first elements, of its second ones, and so on. Winners are found by a tree of
 * comparisons and selects, never by `x == maximum(x)`: a fused kernel that computes x again may round it differently, and then nothing is equal.
 */
import type { Node, Value } from '../../ir/ir.ts';
import { sameShape, sizeOf, stridesOf } from '../../ir/tensor-type.ts';
import type { StableBuilder } from './builder.ts';
import type { LoweringContext } from './lowering-context.ts';
import type { StableTensor } from './tensor.ts';

interface Window {
  readonly window: readonly number[];
  readonly strides: readonly number[];
}

interface Winner {
  readonly value: StableTensor;
  /** Its row-major place within the window, i32. */
  readonly place: StableTensor;
}

/** Row-major place of an element within the window. */
function digits(element: number, window: readonly number[]): number[] {
  const steps = stridesOf(window);
  return window.map((width, axis) => Math.floor(element / (steps[axis] as number)) % width);
}

/** One tensor of the shape of the windows' result for each element of the window. */
function elementsOf(builder: StableBuilder, operand: StableTensor, shape: readonly number[], { window, strides }: Window): StableTensor[] {
  return Array.from({ length: sizeOf(window) }, (_, element) => {
    const start = digits(element, window);
    const limit = start.map((from, axis) => from + Math.max(((shape[axis] as number) - 1) * (strides[axis] as number) + 1, 0));
    return builder.slice(operand, start, limit, strides);
  });
}

/** The first operand stays unless the second is greater, or is the first NaN. */
function better(builder: StableBuilder, first: Winner, second: Winner): Winner {
  const stays = builder.elementwise(
    'stablehlo.or',
    builder.compare('GE', first.value, second.value),
    builder.compare('NE', first.value, first.value),
  );
  return {
    value: builder.select(stays, first.value, second.value),
    place: builder.select(stays, first.place, second.place),
  };
}

export function windowArgmax(context: LoweringContext, node: Node<'window_argmax'>): StableTensor {
  const { builder } = context;
  const { shape } = (node.results[0] as Value).type;
  const elements = elementsOf(builder, context.of(node.operands[0] as Value), shape, node.attributes);
  const winner = (from: number, to: number): Winner => {
    if (to - from === 1) return { value: elements[from] as StableTensor, place: builder.splat(from, { element: 'i32', shape }) };
    const middle = (from + to) >> 1;
    return better(builder, winner(from, middle), winner(middle, to));
  };
  return winner(0, elements.length).place;
}

/** Of a choice that is a valid place, only the bits that tell the two halves apart need be looked at: selects by `choice < middle`. */
export function windowTake(context: LoweringContext, node: Node<'window_take'>): StableTensor {
  const { builder } = context;
  const [operand, choice] = context.operands(node) as readonly [StableTensor, StableTensor];
  const elements = elementsOf(builder, operand, choice.shape, node.attributes);
  const chosen = (from: number, to: number): StableTensor => {
    if (to - from === 1) return elements[from] as StableTensor;
    const middle = (from + to) >> 1;
    return builder.select(builder.compare('LT', choice, builder.splat(middle, choice)), chosen(from, middle), chosen(middle, to));
  };
  return chosen(0, elements.length);
}

export function windowPut(context: LoweringContext, node: Node<'window_put'>): StableTensor {
  const [updates, choice] = context.operands(node) as readonly [StableTensor, StableTensor];
  const { window, strides } = node.attributes;
  return sameShape(window, strides)
    ? putApart(context.builder, updates, choice, node)
    : putOverlapping(context.builder, updates, choice, node);
}

/** Windows that touch without overlapping: every element belongs to one window, so it is one comparison and no sum. */
function putApart(builder: StableBuilder, updates: StableTensor, choice: StableTensor, node: Node<'window_put'>): StableTensor {
  const { window, shape } = node.attributes;
  const steps = stridesOf(window);
  const spread: number[] = [];
  const dimensions: number[] = [];
  const within: { readonly axis: number; readonly step: number }[] = [];
  window.forEach((width, axis) => {
    dimensions.push(spread.length);
    spread.push(updates.shape[axis] as number);
    if (width === 1) return;
    within.push({ axis: spread.length, step: steps[axis] as number });
    spread.push(width);
  });
  const place = within
    .map(({ axis, step }) => {
      const along = builder.iota('i32', spread, axis);
      return step === 1 ? along : builder.elementwise('stablehlo.multiply', along, builder.splat(step, along));
    })
    .reduce<StableTensor>((sum, part) => builder.add(sum, part), builder.splat(0, { element: 'i32', shape: spread }));
  const values = builder.broadcast(updates, spread, dimensions);
  const here = builder.compare('EQ', builder.broadcast(choice, spread, dimensions), place);
  const put = builder.select(here, values, builder.splat(0, values));
  const covered = updates.shape.map((count, axis) => count * (window[axis] as number));
  const none = shape.map(() => 0);
  const rest = shape.map((size, axis) => size - (covered[axis] as number));
  return builder.pad(builder.reshape(put, covered), none, rest, none);
}

/** For each element of the window: the updates that chose it, spread by the strides. */
function putOverlapping(builder: StableBuilder, updates: StableTensor, choice: StableTensor, node: Node<'window_put'>): StableTensor {
  const { window, strides, shape } = node.attributes;
  if (sizeOf(updates.shape) === 0) return builder.splat(0, { element: updates.element, shape });
  const interior = strides.map((stride) => stride - 1);
  const parts = Array.from({ length: sizeOf(window) }, (_, element) => {
    const low = digits(element, window);
    const high = shape.map(
      (size, axis) => size - (low[axis] as number) - (((updates.shape[axis] as number) - 1) * (strides[axis] as number) + 1),
    );
    const here = builder.compare('EQ', choice, builder.splat(element, choice));
    return builder.pad(builder.select(here, updates, builder.splat(0, updates)), low, high, interior);
  });
  return parts.reduce((sum, part) => builder.add(sum, part));
}
