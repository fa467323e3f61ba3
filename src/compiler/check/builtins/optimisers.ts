/**
 * @file Optimisers as pure updates of tensors, for inner and outer loops alike. Conventions are PyTorch's (torch.optim), stated per
 * optimiser. All have derivatives everywhere, also where a second moment is 0 (`rootOfMoment`).
 */
import type { Value } from '../../ir/ir.ts';
import type { Builtin } from '../builtin.ts';
import { adam, adamw } from './adam.ts';
import { clipParameters } from './gradient-clipping.ts';
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
import { booleanParameter, hyperparameter, numberParameter } from './parameters.ts';

const sgd: Builtin = {
  name: 'sgd',
  category: 'optimiser',
  summary:
    'Gradient descent: g += weight_decay*w; m = momentum*m + g; w -= rate*m, or with `nesterov` w -= rate*(g + momentum*m) (Sutskever et al. 2013, as in PyTorch, without dampening).',
  parameters: [
    rateParameter(),
    hyperparameter('momentum', 'share of the old direction that is kept', 0),
    booleanParameter('nesterov', 'look ahead along the momentum', false),
    decayParameter('L2 penalty, added to the gradient', 0),
    ...clipParameters,
  ],
  apply(_context, values) {
    const penalised = !isZero(values.hyperparameter('weight_decay'));
    const momentum = !isZero(values.hyperparameter('momentum'));
    const nesterov = values.boolean('nesterov');
    const rule: Rule = {
      name: 'sgd',
      hyperparameters: ['rate', 'momentum', 'weight_decay'],
      slots: momentum ? ['momentum'] : [],
      update(one) {
        const { builder, weight } = one;
        const gradient = withPenalty(one, penalised);
        if (!momentum) return { weight: descend(one, weight, gradient), slots: [] };
        const keep = one.hyper('momentum');
        const moving = builder.binary('add', builder.binary('multiply', keep, one.slots[0] as Value), gradient);
        const direction = nesterov ? builder.binary('add', gradient, builder.binary('multiply', keep, moving)) : moving;
        return { weight: descend(one, weight, direction), slots: [moving] };
      },
    };
    return makeOptimiser(rule, values, [['nesterov', String(nesterov)]]);
  },
};

const rmsprop: Builtin = {
  name: 'rmsprop',
  category: 'optimiser',
  summary:
    'RMSprop (Tieleman and Hinton 2012, as in PyTorch): s = decay*s + (1 - decay)*g^2; b = momentum*b + g/(sqrt(s) + epsilon); w -= rate*b.',
  parameters: [
    rateParameter(1e-2),
    numberParameter('decay', 'share of the old mean square that is kept', { least: 0, most: 0.9999999, default: 0.99 }),
    hyperparameter('momentum', 'share of the old direction that is kept', 0),
    numberParameter('epsilon', 'added to the root of the mean square, outside it', { above: 0, default: 1e-8 }),
    decayParameter('L2 penalty, added to the gradient', 0),
    ...clipParameters,
  ],
  apply(_context, values) {
    const [decay, epsilon] = [values.number('decay'), values.number('epsilon')];
    const penalised = !isZero(values.hyperparameter('weight_decay'));
    const momentum = !isZero(values.hyperparameter('momentum'));
    const rule: Rule = {
      name: 'rmsprop',
      hyperparameters: ['rate', 'momentum', 'weight_decay'],
      slots: momentum ? ['mean_square', 'momentum'] : ['mean_square'],
      update(one) {
        const { builder, weight } = one;
        const gradient = withPenalty(one, penalised);
        const square = average(builder, decay, one.slots[0] as Value, builder.binary('multiply', gradient, gradient));
        const scaled = builder.binary('divide', gradient, builder.scale('add', rootOfMoment(builder, square), epsilon));
        if (!momentum) return { weight: descend(one, weight, scaled), slots: [square] };
        const moving = builder.binary('add', builder.binary('multiply', one.hyper('momentum'), one.slots[1] as Value), scaled);
        return { weight: descend(one, weight, moving), slots: [square, moving] };
      },
    };
    return makeOptimiser(rule, values, [
      ['decay', String(decay)],
      ['epsilon', String(epsilon)],
    ]);
  },
};

export const optimiserBuiltins: readonly Builtin[] = [sgd, adam, adamw, rmsprop];
