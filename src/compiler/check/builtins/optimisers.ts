/**
 * @file Optimisers as pure updates of tensors, for inner and outer loops alike. Conventions are PyTorch's (torch.optim), stated per
 * optimiser. All have derivatives everywhere, also where a second moment is 0 (`rootOfMoment`).
 */
import { argumentsExclude } from '../../diagnostics/catalogue/arguments.ts';
import { DiagnosticError } from '../../diagnostics/diagnostic.ts';
import type { FunctionBuilder } from '../../ir/build.ts';
import type { Value } from '../../ir/ir.ts';
import type { Arguments, Builtin, ParameterSpec } from '../builtin.ts';
import { describe } from '../describe.ts';
import type { Hyperparameter, OptimiserInput, OptimiserMeaning } from '../meaning.ts';
import { clipGradients, clipParameters } from './gradient-clipping.ts';
import { alignRight } from './numeric.ts';
import { booleanParameter, hyperparameter, numberParameter } from './parameters.ts';

const rateParameter = (fallback?: number): ParameterSpec => hyperparameter('rate', 'learning rate', fallback);
const decayParameter = (about: string, fallback: number): ParameterSpec => hyperparameter('weight_decay', about, fallback);

function isZero(value: Hyperparameter): boolean {
  return value.kind === 'number' && value.value === 0;
}

/** What one weight needs for its update. */
interface OneWeight {
  readonly builder: FunctionBuilder;
  readonly weight: Value;
  readonly gradient: Value;
  readonly slots: readonly Value[];
  /** float[], from 1 on. */
  readonly step: Value;
  hyper(name: string): Value;
}

interface Updated {
  readonly weight: Value;
  readonly slots: readonly Value[];
}

interface Rule {
  readonly name: string;
  readonly hyperparameters: readonly string[];
  readonly slots: readonly string[];
  update(one: OneWeight): Updated;
}

/** Clips all gradients together, then applies the rule weight by weight. */
function makeOptimiser(rule: Rule, values: Arguments, settings: readonly (readonly [string, string])[]): OptimiserMeaning {
  const hyperparameters = new Map(rule.hyperparameters.map((name) => [name, values.hyperparameter(name)]));
  if (values.has('clip') && values.has('clip_value'))
    throw new DiagnosticError(
      argumentsExclude(
        rule.name,
        'clip',
        'clip_value',
        'by the norm of all gradients, or each element alone',
        values.rangeOf('clip_value'),
      ),
    );
  const clipping = {
    norm: values.has('clip') ? values.number('clip') : undefined,
    value: values.has('clip_value') ? values.number('clip_value') : undefined,
  };
  const printed = [...hyperparameters].map(([name, value]) => [name, printHyperparameter(value)] as const);
  return {
    kind: 'optimiser',
    name: rule.name,
    settings: new Map([
      ...printed,
      ...settings,
      ['clip', clipping.norm === undefined ? 'none' : `norm of all gradients at most ${clipping.norm}`],
      ['clip_value', clipping.value === undefined ? 'none' : `each element within ±${clipping.value}`],
    ]),
    hyperparameters,
    slots: rule.slots,
    update(input: OptimiserInput) {
      const { builder, weights, slots, step } = input;
      const gradients = clipGradients(builder, input.gradients, clipping);
      const updated = weights.map((weight, index) =>
        rule.update({
          builder,
          weight,
          gradient: gradients[index] as Value,
          slots: slots.map((slot) => slot[index] as Value),
          step,
          hyper: (name) => input.hyper(name, index),
        }),
      );
      return {
        weights: updated.map((one) => one.weight),
        slots: rule.slots.map((_, slot) => updated.map((one) => one.slots[slot] as Value)),
      };
    },
  };
}

function printHyperparameter(value: Hyperparameter): string {
  if (value.kind === 'number') return String(value.value);
  if (value.kind === 'schedule') return value.description;
  if (value.kind === 'learned') return `learned, from ${value.initial}, per ${value.per}`;
  return describe(value);
}

/** g + decay*w, PyTorch's L2 penalty. */
function withPenalty(one: OneWeight, penalised: boolean): Value {
  if (!penalised) return one.gradient;
  return one.builder.binary('add', one.gradient, one.builder.binary('multiply', one.hyper('weight_decay'), one.weight));
}

/** w - rate*direction. */
function descend({ builder, hyper }: OneWeight, weight: Value, direction: Value): Value {
  return builder.binary('subtract', weight, builder.binary('multiply', hyper('rate'), direction));
}

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

/** rate*old + (1 - rate)*now. */
function average(builder: FunctionBuilder, rate: number, old: Value, now: Value): Value {
  return builder.binary('add', builder.scale('multiply', old, rate), builder.scale('multiply', now, 1 - rate));
}

/**
 * sqrt(max(s, 1e-24)). The plain root has an infinite derivative at s = 0, which an unrolled step would multiply by the zero
 * derivative of g^2 and get NaN; below the floor the derivative is 0, so that of g/(root + epsilon) at g = 0 is 1/(epsilon + 1e-12),
 * the true 1/epsilon to 4 digits for epsilon = 1e-8. The floor also keeps s^(-3/2) of second derivatives within float32.
 */
function rootOfMoment(builder: FunctionBuilder, moment: Value): Value {
  return builder.unary('sqrt', builder.scale('maximum', moment, 1e-24));
}

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

const adam: Builtin = {
  name: 'adam',
  category: 'optimiser',
  summary:
    'Adam (Kingma and Ba 2015, algorithm 1): w -= rate*mean/(sqrt(square) + epsilon) with bias-corrected moments; weight_decay is an L2 penalty added to the gradient.',
  parameters: [...adamParameters, decayParameter('L2 penalty, added to the gradient', 0), ...clipParameters],
  apply: (_context, values) => adamLike('adam', false, values),
};

const adamw: Builtin = {
  name: 'adamw',
  category: 'optimiser',
  summary: 'Adam with decoupled weight decay (Loshchilov and Hutter 2019): w -= rate*weight_decay*w, then the step of Adam.',
  parameters: [...adamParameters, decayParameter('share of the weight removed per step, times the rate', 0.01), ...clipParameters],
  apply: (_context, values) => adamLike('adamw', true, values),
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
