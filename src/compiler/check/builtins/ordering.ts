/** @file Builtins of order along an axis: sorting, ranks, and running products. */
import { wrongRank } from '../../diagnostics/catalogue/shapes.ts';
import { DiagnosticError } from '../../diagnostics/diagnostic.ts';
import type { FunctionBuilder } from '../../ir/build.ts';
import type { Value } from '../../ir/ir.ts';
import type { Arguments, Builtin } from '../builtin.ts';
import type { Dim, TensorMeaning } from '../meaning.ts';
import { resolveAxis, shapeAt } from './checks.ts';
import { asFloat } from './numeric.ts';
import { axisParameter, booleanParameter, tensorParameter } from './parameters.ts';

/**
 * The place of each element in increasing (or decreasing) order along the last axis, of equal ones the first one first: int, as `x`.
 * All pairs are compared: n^2 comparisons for n elements.
 */
export function placesOf(builder: FunctionBuilder, x: Value, decreasing: boolean): Value {
  const { shape } = x.type;
  const last = shape.length - 1;
  const pairs = [...shape, shape[last] as number];
  const axes = shape.map((_, axis) => axis);
  const index = (dimension: number): Value => builder.emit('iota', [], { dtype: 'int', shape: pairs, dimension });
  const own = builder.broadcast(x, pairs, axes);
  const other = builder.broadcast(x, pairs, [...axes.slice(0, -1), last + 1]);
  const tied = builder.binary('and', builder.compare('EQ', other, own), builder.compare('LT', index(last + 1), index(last)));
  const earlier = builder.binary('or', builder.compare(decreasing ? 'GT' : 'LT', other, own), tied);
  return builder.sum(builder.emit('convert', [earlier], { dtype: 'int' }), [last + 1]);
}

/** The inverse of an order along the last axis: which element is at each place. */
export function orderOf(builder: FunctionBuilder, places: Value): Value {
  const { shape } = places.type;
  const last = shape.length - 1;
  const pairs = [...shape.slice(0, -1), shape[last] as number, shape[last] as number];
  const leading = shape.slice(0, -1).map((_, axis) => axis);
  const place = builder.broadcast(places, pairs, [...leading, last + 1]);
  const isHere = builder.compare('EQ', place, builder.emit('iota', [], { dtype: 'int', shape: pairs, dimension: last }));
  return builder.emit('arg_max', [builder.emit('convert', [isHere], { dtype: 'int' })], { dimension: last + 1 });
}

/** Applies `f`, which works along the last axis, along another. */
function along(builder: FunctionBuilder, x: Value, axis: number, f: (value: Value) => Value): Value {
  const axes = x.type.shape.map((_, dimension) => dimension);
  const there = [...axes.filter((dimension) => dimension !== axis), axis];
  const back = axes.map((dimension) => there.indexOf(dimension));
  return builder.transpose(f(builder.transpose(x, there)), back);
}

/** The argument `x` and its axis. Throws E0403 and E0406. */
function read(name: string, values: Arguments): { readonly x: TensorMeaning; readonly axis: number } {
  const x = values.tensor('x');
  if (x.dims.length === 0)
    throw new DiagnosticError(wrongRank(name, 'at least one axis', shapeAt(x, values.rangeOf('x')), 'a single number has no order'));
  return { x, axis: resolveAxis(name, values.number('axis'), x, values.rangeOf('x')) };
}

/** `numbers`: the result is numbers of elements, not elements. */
function ordered(
  name: string,
  summary: string,
  numbers: boolean,
  f: (builder: FunctionBuilder, x: Value, places: Value) => Value,
): Builtin {
  return {
    name,
    category: 'tensor',
    summary,
    parameters: [
      tensorParameter('x', 'at least one axis'),
      axisParameter('axis along which it runs', 0),
      booleanParameter('decreasing', 'the largest first', false),
    ],
    apply(context, values) {
      const { builder } = context;
      const { x, axis } = read(name, values);
      const decreasing = values.boolean('decreasing');
      const value = along(builder, x.value, axis, (last) => f(builder, last, placesOf(builder, last, decreasing)));
      const made = context.wrap(value, x.dims, [x]);
      // Numbers below the length of the axis, as `one_hot` wants to know.
      return numbers ? { ...made, classes: x.dims[axis] as Dim } : made;
    },
  };
}

/** Products of each element along the last axis and all before it, by doubling: exact also where elements are 0 or negative. */
function runningProduct(builder: FunctionBuilder, x: Value, exclusive: boolean): Value {
  const { shape } = x.type;
  const last = shape.length - 1;
  const size = shape[last] as number;
  const moved = (value: Value, by: number): Value => {
    const ones = builder.constant(1, [...shape.slice(0, -1), by]);
    const kept = builder.emit('slice', [value], {
      start: shape.map(() => 0),
      limit: shape.map((length, axis) => (axis === last ? length - by : length)),
      strides: shape.map(() => 1),
    });
    return builder.emit('concatenate', [ones, kept], { dimension: last });
  };
  if (exclusive && size === 1) return builder.constant(1, shape);
  let product = exclusive ? moved(x, 1) : x;
  for (let by = 1; by < size; by *= 2) product = builder.binary('multiply', product, moved(product, by));
  return product;
}

const cumulativeProduct: Builtin = {
  name: 'cumulative_product',
  category: 'tensor',
  summary: 'Product of each element and all before it along an axis; with `exclusive`, of those before it alone, which is 1 for the first.',
  parameters: [
    tensorParameter('x', 'at least one axis'),
    axisParameter('axis along which it runs', 0),
    booleanParameter('exclusive', 'without the element itself', false),
  ],
  apply(context, values) {
    const { builder } = context;
    const { x, axis } = read('cumulative_product', values);
    const exclusive = values.boolean('exclusive');
    const value = along(builder, asFloat(builder, x.value), axis, (last) => runningProduct(builder, last, exclusive));
    return context.wrap(value, x.dims, [x]);
  },
};

export const orderingBuiltins: readonly Builtin[] = [
  ordered(
    'sort',
    'Elements in increasing order along an axis, of equal ones the first one first. All pairs are compared: for hundreds of elements, not for thousands.',
    false,
    (builder, x, places) => {
      const batchDims = x.type.shape.length - 1;
      return builder.emit('gather', [x, orderOf(builder, places)], { axis: batchDims, batchDims });
    },
  ),
  ordered(
    'argsort',
    'Which element is at each place of the order that `sort` makes: `x[argsort(x)]` is sorted.',
    true,
    (builder, _x, places) => orderOf(builder, places),
  ),
  ordered(
    'rank',
    'The place of each element in the order that `sort` makes, from 0: `sort(x)[rank(x)]` is x.',
    true,
    (_builder, _x, places) => places,
  ),
  cumulativeProduct,
];
