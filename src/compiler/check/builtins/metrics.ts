/** @file Metrics of classification: means over the examples of a set. Those that choose a class have zero derivatives. */
import type { FunctionBuilder } from '../../ir/build.ts';
import type { Value } from '../../ir/ir.ts';
import type { Arguments, Builtin, ParameterSpec } from '../builtin.ts';
import type { Context, TensorMeaning } from '../meaning.ts';
import { fromParameter, labelNumbers, labelProbabilities, predictedProbabilities } from './labels.ts';
import { asFloat, lastSize, meanOfAll, oneHot, oneMinus, rankOf, restoreAxes, safeDivide, truthAsFloat } from './numeric.ts';
import { countParameter, tensorParameter } from './parameters.ts';

const pair: readonly ParameterSpec[] = [
  tensorParameter('predictions', 'logits or probabilities [n, classes]'),
  tensorParameter('labels', 'class numbers [n], or probabilities [n, classes]'),
];

function bothOf(values: Arguments): readonly TensorMeaning[] {
  return [values.tensor('predictions'), values.tensor('labels')];
}

/** 1 where the class with the largest prediction is the label: float [...]. */
function hits(context: Context, callee: string, values: Arguments): Value {
  const { builder } = context;
  const labels = labelNumbers(context, callee, values, 'predictions', 'labels');
  const predictions = asFloat(builder, values.tensor('predictions').value);
  const chosen = builder.emit('arg_max', [predictions], { dimension: rankOf(predictions) - 1 });
  return truthAsFloat(builder, builder.compare('EQ', chosen, labels));
}

const accuracy: Builtin = {
  name: 'accuracy',
  category: 'metric',
  summary: 'Share of examples whose largest prediction is at the label (the first one at ties).',
  parameters: pair,
  apply: (context, values) => context.wrap(meanOfAll(context.builder, hits(context, 'accuracy', values)), [], bothOf(values)),
};

const error: Builtin = {
  name: 'error',
  category: 'metric',
  summary: '1 - accuracy.',
  parameters: pair,
  apply: (context, values) =>
    context.wrap(oneMinus(context.builder, meanOfAll(context.builder, hits(context, 'error', values))), [], bothOf(values)),
};

/** Mean over classes of 2*both/(predicted + actual), where a class that occurs in neither counts 0. Shapes [n, classes]. */
function macroF1(builder: FunctionBuilder, predicted: Value, actual: Value): Value {
  const axes = predicted.type.shape.map((_, axis) => axis).slice(0, -1);
  const count = (value: Value): Value => builder.sum(value, axes);
  const both = builder.scale('multiply', count(builder.binary('multiply', predicted, actual)), 2);
  return meanOfAll(builder, safeDivide(builder, both, builder.binary('add', count(predicted), count(actual))));
}

const f1: Builtin = {
  name: 'f1',
  category: 'metric',
  summary:
    'Macro F1: mean over classes of 2*TP/(2*TP + FP + FN), each example counted for its largest prediction; an absent class counts 0.',
  parameters: pair,
  apply(context, values) {
    const { builder } = context;
    const predictions = asFloat(builder, values.tensor('predictions').value);
    const labels = labelNumbers(context, 'f1', values, 'predictions', 'labels');
    const chosen = builder.emit('arg_max', [predictions], { dimension: rankOf(predictions) - 1 });
    const classes = lastSize(predictions);
    return context.wrap(macroF1(builder, oneHot(builder, chosen, classes), oneHot(builder, labels, classes)), [], bothOf(values));
  },
};

const softF1: Builtin = {
  name: 'soft_f1',
  category: 'metric',
  summary: 'Macro F1 with probabilities in place of counts, which has derivatives: minimise `1 - soft_f1(…)`.',
  parameters: [...pair, fromParameter],
  apply(context, values) {
    const actual = labelProbabilities(context, 'soft_f1', values, 'predictions', 'labels');
    return context.wrap(macroF1(context.builder, predictedProbabilities(context, values, 'predictions'), actual), [], bothOf(values));
  },
};

const softError: Builtin = {
  name: 'soft_error',
  category: 'metric',
  summary: '1 - mean probability of the label, which has derivatives: the expected error when the class is drawn.',
  parameters: [...pair, fromParameter],
  apply(context, values) {
    const { builder } = context;
    const actual = labelProbabilities(context, 'soft_error', values, 'predictions', 'labels');
    const probabilities = predictedProbabilities(context, values, 'predictions');
    const right = builder.sum(builder.binary('multiply', probabilities, actual), [rankOf(actual) - 1]);
    return context.wrap(oneMinus(builder, meanOfAll(builder, right)), [], bothOf(values));
  },
};

const calibrationError: Builtin = {
  name: 'calibration_error',
  category: 'metric',
  summary:
    'Expected calibration error (Guo et al. 2017): sum over equal bins [i/bins, (i + 1)/bins) of confidence, the last one closed, of |hits - confidence|/n; its derivative is 0.',
  parameters: [...pair, countParameter('bins', 'number of bins', 15), fromParameter],
  apply(context, values) {
    const { builder } = context;
    const right = hits(context, 'calibration_error', values);
    const probabilities = predictedProbabilities(context, values, 'predictions');
    const constant = builder.unary('stop_gradient', probabilities);
    const confidence = builder.emit('reduce_max', [constant], { dimensions: [rankOf(constant) - 1] });
    const bins = values.number('bins');
    const bin = builder.scale('minimum', builder.unary('floor', builder.scale('multiply', confidence, bins)), bins - 1);
    const member = oneHot(builder, bin, bins);
    const gap = builder.binary('subtract', right, confidence);
    const spread = restoreAxes(builder, gap, member.type.shape, [rankOf(member) - 1]);
    const examples = member.type.shape.slice(0, -1);
    const axes = examples.map((_, axis) => axis);
    const perBin = builder.unary('abs', builder.sum(builder.binary('multiply', member, spread), axes));
    const count = examples.reduce((product, size) => product * size, 1);
    const value = builder.scale('multiply', builder.sum(perBin, [0]), 1 / count);
    return context.wrap(value, [], bothOf(values));
  },
};

export const metricBuiltins: readonly Builtin[] = [accuracy, error, f1, softF1, softError, calibrationError];
