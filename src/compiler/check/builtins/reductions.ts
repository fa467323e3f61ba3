/** @file Reductions over everything or over one axis, and running sums. */

import { wrongRank } from '../../diagnostics/catalogue/shapes.ts';
import { DiagnosticError } from '../../diagnostics/diagnostic.ts';
import type { FunctionBuilder } from '../../ir/build.ts';
import type { Value } from '../../ir/ir.ts';
import { sizeOf } from '../../ir/tensor-type.ts';
import type { Arguments, Builtin, ParameterSpec } from '../builtin.ts';
import type { TensorMeaning } from '../meaning.ts';
import { resolveAxis, shapeAt } from './checks.ts';
import { withoutAxes } from './dimensions.ts';
import { asFloat, axesOf, logSumExp, meanOver, momentsOver, restoreAxes, safeDivide, safeSqrt } from './numeric.ts';
import { axisParameter, tensorParameter } from './parameters.ts';

const overAxis: ParameterSpec = axisParameter('axis that goes; everything by default; -1 is the last', 'none');

function axesArgument(callee: string, values: Arguments, x: TensorMeaning): readonly number[] {
  return values.has('axis') ? [resolveAxis(callee, values.number('axis'), x, values.rangeOf('x'))] : axesOf(x.value);
}

function reduction(
  name: string,
  summary: string,
  compute: (builder: FunctionBuilder, x: Value, axes: readonly number[]) => Value,
): Builtin {
  return {
    name,
    category: 'tensor',
    summary,
    parameters: [tensorParameter('x', 'any shape'), overAxis],
    apply(context, values) {
      const x = values.tensor('x');
      const axes = axesArgument(name, values, x);
      return context.wrap(compute(context.builder, asFloat(context.builder, x.value), axes), withoutAxes(x.dims, axes), [x]);
    },
  };
}

function largest(builder: FunctionBuilder, x: Value, axes: readonly number[]): Value {
  return axes.length === 0 ? x : builder.emit('reduce_max', [x], { dimensions: axes });
}

/** The place of the extreme element along one axis. */
function place(name: string, word: string, prepare: (builder: FunctionBuilder, x: Value) => Value): Builtin {
  return {
    name,
    category: 'tensor',
    summary: `Index of the ${word} element along an axis, the first one at ties; class numbers for \`accuracy\` or \`one_hot\`.`,
    parameters: [tensorParameter('x', 'at least one axis'), axisParameter('axis that is searched; -1 is the last', -1)],
    apply(context, values) {
      const x = values.tensor('x');
      const axis = resolveAxis(name, values.number('axis'), x, values.rangeOf('x'));
      const value = context.builder.emit('arg_max', [prepare(context.builder, asFloat(context.builder, x.value))], { dimension: axis });
      const classes = x.dims[axis];
      return { ...context.wrap(value, withoutAxes(x.dims, [axis]), [x]), ...(classes === undefined ? {} : { classes }) };
    },
  };
}

function runningSum(name: string, summary: string, reverse: boolean): Builtin {
  return {
    name,
    category: 'tensor',
    summary,
    parameters: [tensorParameter('x', 'at least one axis'), axisParameter('axis along which it runs', 0)],
    apply(context, values) {
      const x = values.tensor('x');
      if (x.dims.length === 0)
        throw new DiagnosticError(
          wrongRank(name, 'at least one axis', shapeAt(x, values.rangeOf('x')), 'a single number has nothing to run over'),
        );
      const dimension = resolveAxis(name, values.number('axis'), x, values.rangeOf('x'));
      const value = context.builder.emit('cumulative_sum', [asFloat(context.builder, x.value)], { dimension, reverse, exclusive: false });
      return context.wrap(value, x.dims, [x]);
    },
  };
}

const normalise: Builtin = {
  name: 'normalise',
  category: 'tensor',
  summary: '(x - mean)/std over everything, or over one axis; 0 where all elements are equal.',
  parameters: [tensorParameter('x', 'any shape'), axisParameter('axis over which; everything by default', 'none')],
  apply(context, values) {
    const x = values.tensor('x');
    const { builder } = context;
    const axes = axesArgument('normalise', values, x);
    const input = asFloat(builder, x.value);
    const spread = (value: Value): Value => restoreAxes(builder, value, input.type.shape, axes);
    const { mean, variance } = momentsOver(builder, input, axes);
    const centred = builder.binary('subtract', input, spread(mean));
    return context.wrap(safeDivide(builder, centred, spread(safeSqrt(builder, variance))), x.dims, [x]);
  },
};

export const reductionBuiltins: readonly Builtin[] = [
  reduction('sum', 'Sum of all elements, or along one axis.', (builder, x, axes) => builder.sum(x, axes)),
  reduction('mean', 'Mean of all elements, or along one axis.', meanOver),
  reduction('maximum', 'Largest element of all, or along one axis; the first of equal ones takes the gradient.', largest),
  reduction('minimum', 'Smallest element of all, or along one axis; the first of equal ones takes the gradient.', (builder, x, axes) =>
    builder.unary('negate', largest(builder, builder.unary('negate', x), axes)),
  ),
  reduction(
    'variance',
    'Biased variance mean((x - mean)^2) of all elements, or along one axis.',
    (builder, x, axes) => momentsOver(builder, x, axes).variance,
  ),
  reduction('std', 'Square root of the biased variance; its derivative is 0 where the variance is 0.', (builder, x, axes) =>
    safeSqrt(builder, momentsOver(builder, x, axes).variance),
  ),
  reduction('norm', 'Euclidean norm sqrt(sum(x^2)) of all elements, or along one axis; its derivative at 0 is 0.', (builder, x, axes) =>
    safeSqrt(builder, builder.sum(builder.binary('multiply', x, x), axes)),
  ),
  reduction('log_sum_exp', 'log(sum(exp(x))) of all elements, or along one axis, without overflow.', logSumExp),
  reduction(
    'log_mean_exp',
    'log(mean(exp(x))) of all elements, or along one axis, without overflow: of log-likelihoods, that of their mixture in equal shares.',
    (builder, x, axes) =>
      builder.scale('subtract', logSumExp(builder, x, axes), Math.log(sizeOf(axes.map((axis) => x.type.shape[axis] ?? 1)))),
  ),
  place('argmax', 'largest', (_builder, x) => x),
  place('argmin', 'smallest', (builder, x) => builder.unary('negate', x)),
  runningSum('cumulative_sum', 'Sum of each element and all before it along an axis.', false),
  runningSum('to_go', 'Sum of each element and all after it along an axis: returns to go, without discount.', true),
  normalise,
];
