/** @file The Kullback-Leibler divergence, of probabilities or of normal distributions. */
import { wrongArgument } from '../../diagnostics/catalogue/arguments.ts';
import { DiagnosticError } from '../../diagnostics/diagnostic.ts';
import type { Value } from '../../ir/ir.ts';
import type { Arguments, Builtin } from '../builtin.ts';
import { describe } from '../describe.ts';
import type { Context, DistributionMeaning, Meaning, TensorMeaning } from '../meaning.ts';
import { isTensorLike } from './accepts.ts';
import { requireEqualShapes } from './checks.ts';
import { broadcastDims, expandTo } from './elementwise.ts';
import { asFloat, axesOf, lastSize, meanOfAll, safeLog } from './numeric.ts';
import { overWeights } from './over-weights.ts';
import { anyParameter } from './parameters.ts';

/** Mean over examples of sum(p*log(p/q)); q is kept at least 1e-12, and 0*log(0) is 0. */
function ofProbabilities(context: Context, values: Arguments): TensorMeaning {
  const { builder } = context;
  requireEqualShapes('kl', values, 'p', 'q', 'both are probabilities [n, classes]');
  const [p, q] = [values.tensor('p'), values.tensor('q')];
  const probabilities = asFloat(builder, p.value);
  const floor = builder.scale('maximum', asFloat(builder, q.value), 1e-12);
  const ratio = builder.binary('subtract', safeLog(builder, probabilities), builder.unary('log', floor));
  // The last axis is summed, all others are averaged.
  const mean = meanOfAll(builder, builder.binary('multiply', probabilities, ratio));
  return context.wrap(builder.scale('multiply', mean, lastSize(probabilities)), [], [p, q]);
}

/** Of two normal distributions, also of all weights of two learners: then summed over the weights. */
function ofNormals(context: Context, p: DistributionMeaning, q: DistributionMeaning, values: Arguments): TensorMeaning {
  const sides = [
    [p, values.rangeOf('p')],
    [q, values.rangeOf('q')],
  ] as const;
  const operands = sides.flatMap(([{ parameters }, range]) =>
    ['mean', 'deviation'].map((name) => ({ meaning: parameters.get(name) as Meaning, range })),
  );
  const ofTensors = (parts: readonly Meaning[]): TensorMeaning =>
    ofParameters(
      context,
      parts.map((meaning, index) => context.tensor(meaning, operands[index]?.range ?? values.range)),
      values,
    );
  const found = overWeights(context, 'kl', operands, values.range, (_path, parts) => ofTensors(parts));
  if (found === undefined) return ofTensors(operands.map(({ meaning }) => meaning));
  const terms = [...found.results.values()];
  const zero = context.builder.constant(0);
  const sum = terms.reduce((total, { value }) => context.builder.binary('add', total, value), zero);
  return context.wrap(sum, [], terms);
}

/** Sum over elements of log(s_q/s_p) + (s_p^2 + (m_p - m_q)^2)/(2*s_q^2) - 1/2, for the parameters [m_p, s_p, m_q, s_q]. */
function ofParameters(context: Context, parameters: readonly TensorMeaning[], values: Arguments): TensorMeaning {
  const { builder } = context;
  const [pRange, qRange] = [values.rangeOf('p'), values.rangeOf('q')];
  const dims = parameters
    .slice(1)
    .reduce((common, parameter) => broadcastDims('kl', common, parameter.dims, pRange, qRange), parameters[0]?.dims ?? []);
  const [meanP, deviationP, meanQ, deviationQ] = parameters.map((parameter) => expandTo(context, parameter, dims)) as [
    Value,
    Value,
    Value,
    Value,
  ];
  const square = (value: Value): Value => builder.binary('multiply', value, value);
  const logs = builder.binary('subtract', builder.unary('log', deviationQ), builder.unary('log', deviationP));
  const spread = builder.binary('add', square(deviationP), square(builder.binary('subtract', meanP, meanQ)));
  const scaled = builder.binary('divide', spread, builder.scale('multiply', square(deviationQ), 2));
  const terms = builder.scale('subtract', builder.binary('add', logs, scaled), 0.5);
  return context.wrap(builder.sum(terms, axesOf(terms)), [], parameters);
}

function isNormal(meaning: Meaning): meaning is DistributionMeaning {
  return meaning.kind === 'distribution' && meaning.name === 'normal';
}

export const kl: Builtin = {
  name: 'kl',
  category: 'loss',
  summary:
    'Kullback-Leibler divergence KL(p || q) in nats: of probabilities [n, classes], mean over examples; of two normal distributions, sum over their elements, and over all weights where they are of learners.',
  parameters: [anyParameter('p', 'probabilities or a normal distribution'), anyParameter('q', 'likewise')],
  apply(context, values) {
    const [p, q] = [values.any('p'), values.any('q')];
    if (isTensorLike(p) && isTensorLike(q)) return ofProbabilities(context, values);
    if (isNormal(p) && isNormal(q)) return ofNormals(context, p, q, values);
    const wrong = isTensorLike(p) || isNormal(p) ? 'q' : 'p';
    throw new DiagnosticError(
      wrongArgument(
        'kl',
        wrong,
        'two tensors of probabilities, or two normal distributions',
        describe(values.any(wrong)),
        values.rangeOf(wrong),
      ),
    );
  },
};
