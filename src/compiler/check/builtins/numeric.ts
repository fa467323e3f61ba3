/** @file Small computations on IR values that several builtins share. All are safe to differentiate twice, also at the edges named. */
import type { FunctionBuilder } from '../../ir/build.ts';
import type { Value } from '../../ir/ir.ts';

/** As floats; ints, bools and bytes are converted. */
export function asFloat(builder: FunctionBuilder, value: Value): Value {
  return value.type.dtype === 'float' ? value : builder.emit('convert', [value], { dtype: 'float' });
}

/** A bool value as the floats 0 and 1. */
export function truthAsFloat(builder: FunctionBuilder, value: Value): Value {
  return builder.emit('convert', [value], { dtype: 'float' });
}

export function rankOf(value: Value): number {
  return value.type.shape.length;
}

export function axesOf(value: Value): number[] {
  return value.type.shape.map((_, axis) => axis);
}

export function lastSize(value: Value): number {
  return value.type.shape.at(-1) ?? 1;
}

/** Expands to `shape` with axes aligned from the right; sizes are equal or 1. */
export function alignRight(builder: FunctionBuilder, value: Value, shape: readonly number[]): Value {
  const offset = shape.length - rankOf(value);
  return builder.broadcast(
    value,
    shape,
    axesOf(value).map((axis) => axis + offset),
  );
}

/** Brings a value whose `axes` were reduced away back to `shape`. */
export function restoreAxes(builder: FunctionBuilder, value: Value, shape: readonly number[], axes: readonly number[]): Value {
  const kept = shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  return builder.broadcast(value, shape, kept);
}

/** Mean over `axes`, which are removed. */
export function meanOver(builder: FunctionBuilder, value: Value, axes: readonly number[]): Value {
  const count = axes.reduce((product, axis) => product * (value.type.shape[axis] as number), 1);
  const sum = builder.sum(value, axes);
  return count === 1 ? sum : builder.scale('multiply', sum, 1 / count);
}

/** Mean of all elements: float[]. */
export function meanOfAll(builder: FunctionBuilder, value: Value): Value {
  return meanOver(builder, value, axesOf(value));
}

/** Mean and biased variance over `axes`. */
export function momentsOver(
  builder: FunctionBuilder,
  value: Value,
  axes: readonly number[],
): { readonly mean: Value; readonly variance: Value } {
  const mean = meanOver(builder, value, axes);
  const centred = builder.binary('subtract', value, restoreAxes(builder, mean, value.type.shape, axes));
  return { mean, variance: meanOver(builder, builder.binary('multiply', centred, centred), axes) };
}

/**
 * sqrt(x) for x >= 0 whose derivative at 0 is 0. The plain one is infinite there, which an unrolled optimiser would multiply
 * by the zero derivative of a square and get NaN.
 */
export function safeSqrt(builder: FunctionBuilder, value: Value): Value {
  const positive = builder.compare('GT', value, builder.zerosLike(value));
  const inside = builder.select(positive, value, builder.constant(1, value.type.shape));
  return builder.select(positive, builder.unary('sqrt', inside), builder.zerosLike(value));
}

/** log(x) for x > 0, and 0 with derivative 0 elsewhere: what x*log(x) needs at 0. */
export function safeLog(builder: FunctionBuilder, value: Value): Value {
  const positive = builder.compare('GT', value, builder.zerosLike(value));
  return builder.unary('log', builder.select(positive, value, builder.constant(1, value.type.shape)));
}

/** left / right, and 0 with derivative 0 where `right` is 0. */
export function safeDivide(builder: FunctionBuilder, left: Value, right: Value): Value {
  const nonzero = builder.compare('NE', right, builder.zerosLike(right));
  const quotient = builder.binary('divide', left, builder.select(nonzero, right, builder.constant(1, right.type.shape)));
  return builder.select(nonzero, quotient, builder.zerosLike(quotient));
}

/**
 * `value` shifted so that its maximum over `axes` is 0, that maximum, and log(sum(exp(.))) of what was shifted; the last two without the
 * axes. The maximum is a constant to the derivative, which is exact: softmax and its logarithm are invariant to shifts.
 */
export function shiftedLogSumExp(
  builder: FunctionBuilder,
  value: Value,
  axes: readonly number[],
): { readonly shifted: Value; readonly largest: Value; readonly logSum: Value } {
  const { shape } = value.type;
  const largest = builder.emit('reduce_max', [builder.unary('stop_gradient', value)], { dimensions: axes });
  const shifted = builder.binary('subtract', value, restoreAxes(builder, largest, shape, axes));
  return { shifted, largest, logSum: builder.unary('log', builder.sum(builder.unary('exponential', shifted), axes)) };
}

/** log(sum(exp(value))) over `axes`, which are removed, without overflow. */
export function logSumExp(builder: FunctionBuilder, value: Value, axes: readonly number[]): Value {
  if (axes.length === 0) return value;
  const { largest, logSum } = shiftedLogSumExp(builder, value, axes);
  return builder.binary('add', largest, logSum);
}

/** Logarithm of softmax over the last axis. */
export function logSoftmax(builder: FunctionBuilder, logits: Value): Value {
  const last = rankOf(logits) - 1;
  const { shifted, logSum } = shiftedLogSumExp(builder, logits, [last]);
  return builder.binary('subtract', shifted, restoreAxes(builder, logSum, logits.type.shape, [last]));
}

/** Softmax over the last axis. */
export function softmax(builder: FunctionBuilder, logits: Value): Value {
  const shape = logits.type.shape;
  const last = shape.length - 1;
  const largest = builder.emit('reduce_max', [builder.unary('stop_gradient', logits)], { dimensions: [last] });
  const powers = builder.unary('exponential', builder.binary('subtract', logits, restoreAxes(builder, largest, shape, [last])));
  return builder.binary('divide', powers, restoreAxes(builder, builder.sum(powers, [last]), shape, [last]));
}

/** int or float labels of any shape -> floats 0 and 1 with a last axis of `classes`. */
export function oneHot(builder: FunctionBuilder, labels: Value, classes: number): Value {
  const shape = [...labels.type.shape, classes];
  const { dtype } = labels.type;
  const spread = builder.broadcast(labels, shape, axesOf(labels));
  const counts = builder.emit('iota', [], { dtype, shape, dimension: shape.length - 1 });
  return builder.emit('convert', [builder.compare('EQ', spread, counts)], { dtype: 'float' });
}

/** 1 - x. */
export function oneMinus(builder: FunctionBuilder, value: Value): Value {
  return builder.binary('subtract', builder.constant(1, value.type.shape), value);
}

/**
 * log(1 + exp(x)) without overflow: max(x, 0) + log(1 + exp(-|x|)). Both parts are chosen by one comparison, so that their
 * derivatives add up to sigmoid(x) everywhere, 1/2 at 0 included; `abs` and `maximum` would give 1 there.
 */
export function softplus(builder: FunctionBuilder, value: Value): Value {
  const positive = builder.compare('GT', value, builder.zerosLike(value));
  const negative = builder.select(positive, builder.unary('negate', value), value);
  const tail = builder.unary('log_plus_one', builder.unary('exponential', negative));
  return builder.binary('add', builder.select(positive, value, builder.zerosLike(value)), tail);
}
