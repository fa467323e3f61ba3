/** @file Activation functions. Their derivatives at a kink follow the branch that is taken there. */
import type { FunctionBuilder } from '../../ir/build.ts';
import type { Value } from '../../ir/ir.ts';
import type { Builtin } from '../builtin.ts';
import { requireRank } from './checks.ts';
import { mapElements } from './elementwise.ts';
import { logSoftmax, softmax, softplus } from './numeric.ts';
import { numberParameter, tensorParameter } from './parameters.ts';

/** value where x > 0, other elsewhere. */
function wherePositive(builder: FunctionBuilder, x: Value, value: Value, other: Value): Value {
  return builder.select(builder.compare('GT', x, builder.zerosLike(x)), value, other);
}

/** alpha*(exp(x) - 1) for x <= 0; the argument is cut at 0 so that the untaken branch never overflows. */
function exponentialTail(builder: FunctionBuilder, x: Value, alpha: number): Value {
  const negative = wherePositive(builder, x, builder.zerosLike(x), x);
  return builder.scale('multiply', builder.unary('exponential_minus_one', negative), alpha);
}

function activation(name: string, summary: string, compute: (builder: FunctionBuilder, x: Value) => Value): Builtin {
  return {
    name,
    category: 'activation',
    elementwise: true,
    summary,
    parameters: [tensorParameter('x', 'input of any shape')],
    apply: (context, values) => mapElements(context, values.tensor('x'), compute),
  };
}

function withNumber(
  name: string,
  summary: string,
  parameter: string,
  about: string,
  fallback: number,
  compute: (builder: FunctionBuilder, x: Value, value: number) => Value,
): Builtin {
  return {
    name,
    category: 'activation',
    elementwise: true,
    summary,
    parameters: [tensorParameter('x', 'input of any shape'), numberParameter(parameter, about, { default: fallback })],
    apply: (context, values) => mapElements(context, values.tensor('x'), (builder, x) => compute(builder, x, values.number(parameter))),
  };
}

function overLastAxis(name: string, summary: string, compute: (builder: FunctionBuilder, x: Value) => Value): Builtin {
  return {
    name,
    category: 'activation',
    summary,
    parameters: [tensorParameter('x', 'logits [..., classes]')],
    apply(context, values) {
      requireRank(name, values, 'x', 1, 'at least one axis: [..., classes]');
      return mapElements(context, values.tensor('x'), compute);
    },
  };
}

/** Klambauer et al. 2017, section 2. */
const seluScale = 1.0507009873554805;
const seluAlpha = 1.6732632423543772;

const silu = (builder: FunctionBuilder, x: Value): Value => builder.binary('multiply', x, builder.unary('logistic', x));

export const activationBuiltins: readonly Builtin[] = [
  activation('relu', 'max(x, 0); the derivative at 0 is 0.', (builder, x) => builder.binary('maximum', builder.zerosLike(x), x)),
  withNumber('leaky_relu', 'x for x > 0, slope*x elsewhere.', 'slope', 'factor of negative inputs', 0.01, (builder, x, slope) =>
    wherePositive(builder, x, x, builder.scale('multiply', x, slope)),
  ),
  withNumber(
    'elu',
    'x for x > 0, alpha*(exp(x) - 1) elsewhere (Clevert et al. 2016).',
    'alpha',
    'limit for very negative inputs is -alpha',
    1,
    (builder, x, alpha) => wherePositive(builder, x, x, exponentialTail(builder, x, alpha)),
  ),
  activation('selu', 'Self-normalising elu (Klambauer et al. 2017).', (builder, x) =>
    builder.scale('multiply', wherePositive(builder, x, x, exponentialTail(builder, x, seluAlpha)), seluScale),
  ),
  activation('gelu', 'x times the normal distribution function of x, exactly (Hendrycks and Gimpel 2016).', (builder, x) => {
    const error = builder.unary('erf', builder.scale('multiply', x, Math.SQRT1_2));
    return builder.binary('multiply', builder.scale('multiply', x, 0.5), builder.scale('add', error, 1));
  }),
  activation('silu', 'x*sigmoid(x), also known as swish.', silu),
  activation('swish', 'x*sigmoid(x), also known as silu.', silu),
  activation('sigmoid', '1/(1 + exp(-x)).', (builder, x) => builder.unary('logistic', x)),
  activation('tanh', 'Hyperbolic tangent.', (builder, x) => builder.unary('tanh', x)),
  activation('softplus', 'log(1 + exp(x)), without overflow.', softplus),
  overLastAxis('softmax', 'exp(x)/sum(exp(x)) over the last axis, without overflow.', softmax),
  overLastAxis('log_softmax', 'Logarithm of softmax over the last axis, without overflow.', logSoftmax),
];
