/** @file Losses of predictions against targets: means over examples (classification) or over all elements (regression). */
import type { FunctionBuilder } from '../../ir/build.ts';
import type { Value } from '../../ir/ir.ts';
import type { Arguments, Builtin } from '../builtin.ts';
import { requireEqualShapes } from './checks.ts';
import { fromParameter, labelProbabilities } from './labels.ts';
import { asFloat, lastSize, meanOfAll, rankOf, safeLog, shiftedLogSumExp, softplus } from './numeric.ts';
import { numberParameter, optionParameter, tensorParameter } from './parameters.ts';

function sumOfLast(builder: FunctionBuilder, value: Value): Value {
  return builder.sum(value, [rankOf(value) - 1]);
}

const crossEntropy: Builtin = {
  name: 'cross_entropy',
  category: 'loss',
  summary: 'Softmax cross-entropy, mean over examples: logits [n, classes] with labels [n], or with target probabilities [n, classes].',
  parameters: [
    tensorParameter('predictions', 'logits [n, classes]'),
    tensorParameter('labels', 'class numbers [n], or probabilities'),
    fromParameter,
  ],
  apply(context, values) {
    const { builder } = context;
    const target = labelProbabilities(context, 'cross_entropy', values, 'predictions', 'labels');
    const [predictions, labels] = [values.tensor('predictions'), values.tensor('labels')];
    const value = asFloat(builder, predictions.value);
    if (values.option('from') === 'probabilities') {
      const picked = sumOfLast(builder, builder.binary('multiply', target, builder.unary('log', probabilityFloor(builder, value))));
      return context.wrap(builder.unary('negate', meanOfAll(builder, picked)), [], [predictions, labels]);
    }
    const { shifted, logSum } = shiftedLogSumExp(builder, value, [rankOf(value) - 1]);
    const chosen = sumOfLast(builder, builder.binary('multiply', target, shifted));
    // Class numbers have one class each; given probabilities may sum to something else, which weighs the logarithm.
    const whole = labels.dims.length < predictions.dims.length ? logSum : builder.binary('multiply', logSum, sumOfLast(builder, target));
    return context.wrap(meanOfAll(builder, builder.binary('subtract', whole, chosen)), [], [predictions, labels]);
  },
};

/** Keeps logarithms of probabilities finite: 1e-12 at least. */
function probabilityFloor(builder: FunctionBuilder, value: Value): Value {
  return builder.scale('maximum', value, 1e-12);
}

const nll: Builtin = {
  name: 'nll',
  category: 'loss',
  summary: 'Negative log-likelihood, mean over examples: log-probabilities [n, classes] with labels [n]; the partner of `log_softmax`.',
  parameters: [
    tensorParameter('predictions', 'log-probabilities [n, classes]'),
    tensorParameter('labels', 'class numbers [n], or probabilities'),
  ],
  apply(context, values) {
    const { builder } = context;
    const target = labelProbabilities(context, 'nll', values, 'predictions', 'labels');
    const [predictions, labels] = [values.tensor('predictions'), values.tensor('labels')];
    const picked = sumOfLast(builder, builder.binary('multiply', target, asFloat(builder, predictions.value)));
    return context.wrap(builder.unary('negate', meanOfAll(builder, picked)), [], [predictions, labels]);
  },
};

/** What to do when the targets have another shape: class labels want another loss, or one output per class. */
function hintForTargets(values: Arguments): string {
  return values.tensor('targets').value.type.dtype === 'float'
    ? 'give predictions the shape of the targets, for instance `dense(1)` for targets [n, 1]'
    : 'these targets are class labels: use `cross_entropy`, or compare with `one_hot(labels, ways)`';
}

/** A mean over all elements of a function of the difference. */
function regression(name: string, summary: string, compute: (builder: FunctionBuilder, difference: Value) => Value): Builtin {
  return {
    name,
    category: 'loss',
    summary,
    parameters: [tensorParameter('predictions', 'any shape'), tensorParameter('targets', 'the same shape')],
    apply(context, values) {
      requireEqualShapes(name, values, 'predictions', 'targets', hintForTargets(values));
      const [predictions, targets] = [values.tensor('predictions'), values.tensor('targets')];
      const { builder } = context;
      const difference = builder.binary('subtract', asFloat(builder, predictions.value), asFloat(builder, targets.value));
      return context.wrap(meanOfAll(builder, compute(builder, difference)), [], [predictions, targets]);
    },
  };
}

const square = (builder: FunctionBuilder, value: Value): Value => builder.binary('multiply', value, value);

const huber: Builtin = {
  name: 'huber',
  category: 'loss',
  summary: 'Huber loss, mean over all elements: d^2/2 for |d| <= delta, delta*(|d| - delta/2) beyond (Huber 1964).',
  parameters: [
    tensorParameter('predictions', 'any shape'),
    tensorParameter('targets', 'the same shape'),
    numberParameter('delta', 'where the parabola ends', { above: 0, default: 1 }),
  ],
  apply(context, values) {
    requireEqualShapes('huber', values, 'predictions', 'targets', hintForTargets(values));
    const [predictions, targets] = [values.tensor('predictions'), values.tensor('targets')];
    const { builder } = context;
    const delta = values.number('delta');
    const difference = builder.binary('subtract', asFloat(builder, predictions.value), asFloat(builder, targets.value));
    const distance = builder.unary('abs', difference);
    const inside = builder.compare('LE', distance, builder.constant(delta, distance.type.shape));
    const parabola = builder.scale('multiply', square(builder, difference), 0.5);
    const line = builder.scale('multiply', builder.scale('subtract', distance, delta / 2), delta);
    return context.wrap(meanOfAll(builder, builder.select(inside, parabola, line)), [], [predictions, targets]);
  },
};

const binaryCrossEntropy: Builtin = {
  name: 'binary_cross_entropy',
  category: 'loss',
  summary: 'Cross-entropy of independent yes-no predictions, mean over all elements; targets in [0, 1] of the same shape.',
  parameters: [
    tensorParameter('predictions', 'logits of any shape'),
    tensorParameter('targets', 'the same shape, from 0 to 1'),
    optionParameter('from', ['logits', 'probabilities'], 'what the predictions are', 'logits'),
  ],
  apply(context, values) {
    requireEqualShapes(
      'binary_cross_entropy',
      values,
      'predictions',
      'targets',
      'reshape predictions or targets, for instance with `column`',
    );
    const [predictions, targets] = [values.tensor('predictions'), values.tensor('targets')];
    const { builder } = context;
    const value = asFloat(builder, predictions.value);
    const target = asFloat(builder, targets.value);
    if (values.option('from') === 'logits') {
      const losses = builder.binary('subtract', softplus(builder, value), builder.binary('multiply', value, target));
      return context.wrap(meanOfAll(builder, losses), [], [predictions, targets]);
    }
    const log = (probability: Value): Value => builder.unary('log', probabilityFloor(builder, probability));
    const one = builder.constant(1, value.type.shape);
    const yes = builder.binary('multiply', target, log(value));
    const no = builder.binary('multiply', builder.binary('subtract', one, target), log(builder.binary('subtract', one, value)));
    return context.wrap(builder.unary('negate', meanOfAll(builder, builder.binary('add', yes, no))), [], [predictions, targets]);
  },
};

const entropy: Builtin = {
  name: 'entropy',
  category: 'loss',
  summary: 'Entropy -sum(p*log(p)) of probabilities [n, classes], in nats, mean over examples; 0*log(0) is 0.',
  parameters: [tensorParameter('probabilities', '[n, classes], each row sums to 1')],
  apply(context, values) {
    const p = values.tensor('probabilities');
    const { builder } = context;
    const value = asFloat(builder, p.value);
    const terms = builder.binary('multiply', value, safeLog(builder, value));
    // The last axis is summed, all others are averaged.
    const total = builder.scale('multiply', meanOfAll(builder, terms), -lastSize(value));
    return context.wrap(total, [], [p]);
  },
};

export const lossBuiltins: readonly Builtin[] = [
  crossEntropy,
  regression('mse', 'Mean squared error over all elements of two equal shapes.', square),
  regression('squared_error', 'Mean squared error over all elements of two equal shapes; another name of `mse`.', square),
  regression('mae', 'Mean absolute error over all elements of two equal shapes.', (builder, value) => builder.unary('abs', value)),
  huber,
  binaryCrossEntropy,
  nll,
  entropy,
];
