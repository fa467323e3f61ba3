/** @file Distances and similarities between two values, or between all rows of two sets. */

import { wrongArgument } from '../../diagnostics/catalogue/arguments.ts';
import { shapesMustAgree, weightsDiffer } from '../../diagnostics/catalogue/shapes.ts';
import { DiagnosticError } from '../../diagnostics/diagnostic.ts';
import type { FunctionBuilder } from '../../ir/build.ts';
import type { Value } from '../../ir/ir.ts';
import { sameShape } from '../../ir/tensor-type.ts';
import type { Arguments, Builtin, ParameterSpec } from '../builtin.ts';
import { describe } from '../describe.ts';
import type { Context, Dim, Meaning, TensorMeaning } from '../meaning.ts';
import { isTensorLike } from './accepts.ts';
import { requireEqualShapes, requireRank, shapeAt } from './checks.ts';
import { productDim, shapeOf } from './dimensions.ts';
import { asFloat, axesOf, restoreAxes, safeSqrt } from './numeric.ts';
import { anyParameter, tensorParameter } from './parameters.ts';

const setParameters: readonly ParameterSpec[] = [
  tensorParameter('a', '[n, ...]'),
  tensorParameter('b', '[m, ...], with the same trailing sizes'),
];

interface Rows {
  readonly left: Value;
  readonly right: Value;
  readonly dims: readonly [Dim, Dim];
}

/** Both arguments as rows [n, d] and [m, d]. Throws E0403 and E0404. */
function readRows(context: Context, callee: string, values: Arguments): Rows {
  for (const name of ['a', 'b']) requireRank(callee, values, name, 2, 'a set of vectors: [n, d]');
  const [a, b] = [values.tensor('a'), values.tensor('b')];
  if (!sameShape(shapeOf(a.dims.slice(1)), shapeOf(b.dims.slice(1))))
    throw new DiagnosticError(
      shapesMustAgree(
        callee,
        '[n, ...] and [m, ...] with equal trailing sizes',
        shapeAt(a, values.rangeOf('a')),
        shapeAt(b, values.rangeOf('b')),
        'all sizes but the leading ones must agree; embed both sets with one model',
      ),
    );
  const rows = ({ value, dims }: TensorMeaning): Value =>
    context.builder.reshape(asFloat(context.builder, value), [dims[0]?.size ?? 1, productDim(dims.slice(1)).size]);
  return { left: rows(a), right: rows(b), dims: [a.dims[0] as Dim, b.dims[0] as Dim] };
}

/** [n, d] and [m, d] -> [n, m] of inner products. */
function innerProducts(builder: FunctionBuilder, left: Value, right: Value): Value {
  return builder.emit('dot_general', [left, right], { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [1] });
}

function squaredLengths(builder: FunctionBuilder, rows: Value): Value {
  return builder.sum(builder.binary('multiply', rows, rows), [1]);
}

const squaredDistances: Builtin = {
  name: 'squared_distances',
  category: 'mathematics',
  summary: 'Squared Euclidean distances between all pairs: [n, ...] and [m, ...] -> [n, m], as |a|^2 - 2*a.b + |b|^2 (one matrix product).',
  parameters: setParameters,
  apply(context, values) {
    const { builder } = context;
    const { left, right, dims } = readRows(context, 'squared_distances', values);
    const products = innerProducts(builder, left, right);
    const shape = products.type.shape;
    const lengths = builder.binary(
      'add',
      restoreAxes(builder, squaredLengths(builder, left), shape, [1]),
      restoreAxes(builder, squaredLengths(builder, right), shape, [0]),
    );
    const value = builder.binary('subtract', lengths, builder.scale('multiply', products, 2));
    return context.wrap(value, dims, [values.tensor('a'), values.tensor('b')]);
  },
};

/** Rows of length 1; rows shorter than 1e-8 are divided by 1e-8, so that zero has a similarity of 0 and a finite derivative. */
function unitRows(builder: FunctionBuilder, rows: Value): Value {
  const factor = builder.unary('rsqrt', builder.scale('maximum', squaredLengths(builder, rows), 1e-16));
  return builder.binary('multiply', rows, restoreAxes(builder, factor, rows.type.shape, [1]));
}

const cosine: Builtin = {
  name: 'cosine',
  category: 'mathematics',
  summary: 'Cosine similarities a.b/(|a|*|b|): of all pairs of rows [n, d] and [m, d] -> [n, m]; a single vector [d] loses its axis.',
  parameters: [tensorParameter('a', '[n, d] or [d]'), tensorParameter('b', '[m, d] or [d]')],
  apply(context, values) {
    const { builder } = context;
    for (const name of ['a', 'b']) requireRank('cosine', values, name, 1, 'vectors [n, d], or one vector [d]', 2);
    const [a, b] = [values.tensor('a'), values.tensor('b')];
    if (a.dims.at(-1)?.size !== b.dims.at(-1)?.size)
      throw new DiagnosticError(
        shapesMustAgree(
          'cosine',
          'equal last sizes',
          shapeAt(a, values.rangeOf('a')),
          shapeAt(b, values.rangeOf('b')),
          'the vectors must have one length',
        ),
      );
    const rows = ({ value }: TensorMeaning): Value =>
      builder.reshape(asFloat(builder, value), value.type.shape.length === 2 ? value.type.shape : [1, ...value.type.shape]);
    const products = innerProducts(builder, unitRows(builder, rows(a)), unitRows(builder, rows(b)));
    const dims = [...a.dims.slice(0, -1), ...b.dims.slice(0, -1)];
    return context.wrap(builder.reshape(products, shapeOf(dims)), dims, [a, b]);
  },
};

/** Sum of squared differences of two equal shapes: float[]. */
function squaredDifference(builder: FunctionBuilder, left: Value, right: Value): Value {
  const difference = builder.binary('subtract', asFloat(builder, left), asFloat(builder, right));
  return builder.sum(builder.binary('multiply', difference, difference), axesOf(difference));
}

function ofTwo(name: string, summary: string, finish: (builder: FunctionBuilder, sum: Value) => Value): Builtin {
  return {
    name,
    category: 'mathematics',
    summary,
    parameters: [tensorParameter('a', 'any shape'), tensorParameter('b', 'the same shape')],
    apply(context, values) {
      requireEqualShapes(name, values, 'a', 'b', 'for all pairs of two sets use `squared_distances`');
      const [a, b] = [values.tensor('a'), values.tensor('b')];
      return context.wrap(finish(context.builder, squaredDifference(context.builder, a.value, b.value)), [], [a, b]);
    },
  };
}

function weightsOf(context: Context, meaning: Meaning, values: Arguments, name: string): ReadonlyMap<string, TensorMeaning> {
  const weights = meaning.kind === 'callable' ? meaning.weights?.(context, values.rangeOf(name)) : undefined;
  if (weights === undefined)
    throw new DiagnosticError(
      wrongArgument(
        'half_squared_distance',
        name,
        'two tensors, or two models or adapted learners',
        describe(meaning),
        values.rangeOf(name),
      ),
    );
  return weights;
}

const halfSquaredDistance: Builtin = {
  name: 'half_squared_distance',
  category: 'loss',
  summary:
    "Half the sum of squared differences, of two equal shapes or over all weights of two learners: the gradient with respect to the first is the difference (Reptile, iMAML's proximal term).",
  parameters: [anyParameter('a', 'a tensor, a model or an adapted learner'), anyParameter('b', 'likewise')],
  apply(context, values) {
    const { builder } = context;
    const [a, b] = [values.any('a'), values.any('b')];
    if (isTensorLike(a) && isTensorLike(b)) {
      requireEqualShapes('half_squared_distance', values, 'a', 'b', 'both sides need one shape');
      const [left, right] = [values.tensor('a'), values.tensor('b')];
      return context.wrap(builder.scale('multiply', squaredDifference(builder, left.value, right.value), 0.5), [], [left, right]);
    }
    const [left, right] = [weightsOf(context, a, values, 'a'), weightsOf(context, b, values, 'b')];
    const stray = [...left.keys()].find((path) => !right.has(path)) ?? [...right.keys()].find((path) => !left.has(path));
    if (stray !== undefined) throw new DiagnosticError(weightsDiffer(describe(a), describe(b), 'two different models', values.range));
    const from: TensorMeaning[] = [];
    let sum: Value | undefined;
    for (const [path, weight] of left) {
      const other = right.get(path) as TensorMeaning;
      if (!sameShape(shapeOf(weight.dims), shapeOf(other.dims)))
        throw new DiagnosticError(weightsDiffer(describe(a), describe(b), `\`${path}\` has two shapes`, values.range));
      const part = squaredDifference(builder, weight.value, other.value);
      sum = sum === undefined ? part : builder.binary('add', sum, part);
      from.push(weight, other);
    }
    return context.wrap(builder.scale('multiply', sum ?? builder.constant(0), 0.5), [], from);
  },
};

export const distanceBuiltins: readonly Builtin[] = [
  squaredDistances,
  ofTwo('squared_distance', 'Sum of squared differences of two equal shapes: a scalar.', (_builder, sum) => sum),
  ofTwo('distance', 'Euclidean distance of two equal shapes: a scalar; its derivative at 0 is 0.', safeSqrt),
  cosine,
  halfSquaredDistance,
];
