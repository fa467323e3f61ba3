/** @file Adam, with its weight decay as a penalty or decoupled. */
import type { FunctionBuilder } from '../../ir/build.ts';
import type { Value } from '../../ir/ir.ts';
import type { Arguments, Builtin, ParameterSpec } from '../builtin.ts';
import type { OptimiserMeaning } from '../meaning.ts';
import { clipParameters } from './gradient-clipping.ts';
import { alignRight } from './numeric.ts';
import {
  average,
  decayParameter,
  descend,
  isZero,
  makeOptimiser,
  type Rule,
  rateParameter,
  rootOfMoment,
  withPenalty,
} from './optimiser-rule.ts';
import { numberParameter } from './parameters.ts';

/** 1/(1 - beta^step), a scalar. */
function correction(builder: FunctionBuilder, beta: number, step: Value): Value {
  const power = builder.binary('power', builder.constant(beta), step);
  const one = builder.constant(1);
  return builder.binary('divide', one, builder.binary('subtract', one, power));
}

const adamParameters: readonly ParameterSpec[] = [
  rateParameter(1e-3),
  numberParameter('beta1', 'share of the old first moment that is kept', { least: 0, most: 0.999999, default: 0.9 }),
  numberParameter('beta2', 'share of the old second moment that is kept', { least: 0, most: 0.9999999, default: 0.999 }),
  numberParameter('epsilon', 'added to the root of the second moment, outside it', { above: 0, default: 1e-8 }),
];

/** Adam with the penalty in the gradient, or decoupled from it. */
function adamLike(name: string, decoupled: boolean, values: Arguments): OptimiserMeaning {
  const [beta1, beta2, epsilon] = [values.number('beta1'), values.number('beta2'), values.number('epsilon')];
  const decays = !isZero(values.hyperparameter('weight_decay'));
  const rule: Rule = {
    name,
    hyperparameters: ['rate', 'weight_decay'],
    slots: ['first_moment', 'second_moment'],
    update(one) {
      const { builder, weight, step } = one;
      const gradient = withPenalty(one, decays && !decoupled);
      const first = average(builder, beta1, one.slots[0] as Value, gradient);
      const second = average(builder, beta2, one.slots[1] as Value, builder.binary('multiply', gradient, gradient));
      const spread = (scalar: Value): Value => alignRight(builder, scalar, weight.type.shape);
      const mean = builder.binary('multiply', first, spread(correction(builder, beta1, step)));
      const square = builder.binary('multiply', second, spread(correction(builder, beta2, step)));
      const direction = builder.binary('divide', mean, builder.scale('add', rootOfMoment(builder, square), epsilon));
      const shrunk =
        decays && decoupled
          ? builder.binary(
              'subtract',
              weight,
              builder.binary('multiply', builder.binary('multiply', one.hyper('rate'), one.hyper('weight_decay')), weight),
            )
          : weight;
      return { weight: descend(one, shrunk, direction), slots: [first, second] };
    },
  };
  return makeOptimiser(rule, values, [
    ['beta1', String(beta1)],
    ['beta2', String(beta2)],
    ['epsilon', String(epsilon)],
  ]);
}

export const adam: Builtin = {
  name: 'adam',
  category: 'optimiser',
  summary:
    'Adam (Kingma and Ba 2015, algorithm 1): w -= rate*mean/(sqrt(square) + epsilon) with bias-corrected moments; weight_decay is an L2 penalty added to the gradient.',
  parameters: [...adamParameters, decayParameter('L2 penalty, added to the gradient', 0), ...clipParameters],
  apply: (_context, values) => adamLike('adam', false, values),
};

export const adamw: Builtin = {
  name: 'adamw',
  category: 'optimiser',
  summary: 'Adam with decoupled weight decay (Loshchilov and Hutter 2019): w -= rate*weight_decay*w, then the step of Adam.',
  parameters: [...adamParameters, decayParameter('share of the weight removed per step, times the rate', 0.01), ...clipParameters],
  apply: (_context, values) => adamLike('adamw', true, values),
};
