/** @file Distributions as values. A draw transforms standard draws, so it has derivatives with respect to the parameters where they exist. */
import { wrongArgument } from '../../diagnostics/catalogue/arguments.ts';
import { DiagnosticError } from '../../diagnostics/diagnostic.ts';
import type { FunctionBuilder } from '../../ir/build.ts';
import type { SourceRange, Value } from '../../ir/ir.ts';
import type { Arguments, Builtin } from '../builtin.ts';
import { describe } from '../describe.ts';
import type { Context, Dim, DistributionMeaning, Meaning, TensorMeaning } from '../meaning.ts';
import { dimsOf } from './dimensions.ts';
import { broadcastDims, expandTo } from './elementwise.ts';
import { oneMinus, truthAsFloat } from './numeric.ts';
import { hasWeights, overWeights } from './over-weights.ts';
import { sizesParameter, tensorParameter, weightsParameter } from './parameters.ts';

const shapeParameter = sizesParameter('shape', 'shape of one draw; `[]` is a scalar, or the shape of the parameters', 1, []);

interface Wrong {
  readonly name: string;
  readonly expected: string;
  readonly hint: string;
}

interface Family {
  readonly name: string;
  readonly summary: string;
  readonly parameters: readonly { readonly name: string; readonly about: string; readonly default?: number }[];
  /** What is wrong with parameters that are constants, if something is. */
  wrong(constant: (name: string) => number | undefined): Wrong | undefined;
  readonly standard: 'uniform' | 'normal';
  /** From a standard draw and the parameters, all of one shape. */
  transform(context: Context, draw: Value, parameters: readonly Value[]): Value;
  /** Logarithm of the density, or of the probability, at a value; all of one shape. */
  logDensity(builder: FunctionBuilder, value: Value, parameters: readonly Value[]): Value;
  /** Probability of a draw that is not above a value; all of one shape. */
  cumulative(builder: FunctionBuilder, value: Value, parameters: readonly Value[]): Value;
}

/** The shape of one draw: `shape`, expanded by the parameters' own. */
function ownDims(
  callee: string,
  shape: readonly Dim[],
  parameters: readonly TensorMeaning[],
  ranges: readonly SourceRange[],
  range: SourceRange,
): readonly Dim[] {
  return parameters.reduce<readonly Dim[]>(
    (dims, parameter, index) =>
      parameter.dims.length === 0 ? dims : broadcastDims(callee, dims, parameter.dims, range, ranges[index] ?? range),
    shape,
  );
}

function refuseWrong(family: Family, meanings: ReadonlyMap<string, Meaning>, values: Arguments): void {
  const constant = (name: string): number | undefined => {
    const meaning = meanings.get(name);
    return meaning?.kind === 'number' ? meaning.value : undefined;
  };
  const wrong = family.wrong(constant);
  if (wrong === undefined) return;
  const { name, expected, hint } = wrong;
  // A default is never wrong by itself: what was written is to blame.
  throw new DiagnosticError(wrongArgument(family.name, name, expected, String(constant(name)), values.rangeOf(name), hint));
}

function makeDistribution(family: Family, values: Arguments): DistributionMeaning {
  const meanings = new Map<string, Meaning>(family.parameters.map(({ name }) => [name, values.any(name)]));
  const ranges = family.parameters.map(({ name }) => values.rangeOf(name));
  const shape = dimsOf(values.numbers('shape'));
  refuseWrong(family, meanings, values);
  const operands = [...meanings.values()].map((meaning, index) => ({ meaning, range: ranges[index] ?? values.range }));
  // Parameters are read where they are used, not where the distribution was written: that may be another function of the program.
  const read = (context: Context, parts: readonly Meaning[]): readonly TensorMeaning[] =>
    parts.map((meaning, index) => context.tensor(meaning, ranges[index] ?? values.range));
  const at = (
    context: Context,
    value: TensorMeaning,
    range: SourceRange,
    compute: Family['logDensity'] | Family['cumulative'],
  ): TensorMeaning => {
    const parameters = read(context, [...meanings.values()]);
    const own = ownDims(family.name, shape, parameters, ranges, values.range);
    const dims = broadcastDims(family.name, value.dims, own, range, values.range);
    const [place, ...expanded] = [value, ...parameters].map((tensor) => expandTo(context, tensor, dims));
    return context.wrap(compute(context.builder, place as Value, expanded), dims, [value, ...parameters]);
  };
  return {
    kind: 'distribution',
    name: family.name,
    parameters: meanings,
    sample(context, prefix, range) {
      const draw = (parts: readonly Meaning[], part?: string): TensorMeaning => {
        const parameters = read(context, parts);
        const dims = [...prefix, ...ownDims(family.name, shape, parameters, ranges, values.range)];
        const standard = context.draw(family.standard, dims, range, part);
        const expanded = parameters.map((parameter) => expandTo(context, parameter, dims));
        return context.wrap(family.transform(context, standard.value, expanded), dims, [standard, ...parameters]);
      };
      const found = overWeights(context, family.name, operands, values.range, (path, parts) => draw(parts, path));
      if (found === undefined) return draw([...meanings.values()]);
      if (shape.length > 0) {
        const hint = 'the weights of a learner have their shapes: remove `shape`';
        throw new DiagnosticError(wrongArgument(family.name, 'shape', 'no shape', 'one', values.rangeOf('shape'), hint));
      }
      return found.like.withWeights(found.results);
    },
    // Of learners, nobody asks for the density of one number.
    ...(operands.some(({ meaning }) => hasWeights(meaning))
      ? {}
      : {
          logDensity: (context: Context, value: TensorMeaning, range: SourceRange) => at(context, value, range, family.logDensity),
          cumulative: (context: Context, value: TensorMeaning, range: SourceRange) => at(context, value, range, family.cumulative),
        }),
  };
}

function distribution(family: Family): Builtin {
  return {
    name: family.name,
    category: 'distribution',
    summary: family.summary,
    parameters: [...family.parameters.map(({ name, about, default: fallback }) => weightsParameter(name, about, fallback)), shapeParameter],
    apply: (_context, values) => makeDistribution(family, values),
  };
}

/** low + (high - low) * u. */
const uniform = distribution({
  name: 'uniform',
  summary: 'Uniform distribution on [low, high).',
  parameters: [
    { name: 'low', about: 'smallest value', default: 0 },
    { name: 'high', about: 'end of the interval, not included', default: 1 },
  ],
  wrong(constant) {
    const [low, high] = [constant('low'), constant('high')];
    if (low === undefined || high === undefined || low <= high) return undefined;
    return { name: 'high', expected: `at least ${low}, which is \`low\``, hint: 'write the smaller number first' };
  },
  standard: 'uniform',
  transform({ builder }, draw, [low, high]) {
    const width = builder.binary('subtract', high as Value, low as Value);
    return builder.binary('add', low as Value, builder.binary('multiply', width, draw));
  },
  logDensity(builder, value, [low, high]) {
    const inside = builder.binary('and', builder.compare('GE', value, low as Value), builder.compare('LT', value, high as Value));
    const density = builder.unary('negate', builder.unary('log', builder.binary('subtract', high as Value, low as Value)));
    return builder.select(inside, density, builder.constant(Number.NEGATIVE_INFINITY, value.type.shape));
  },
  cumulative(builder, value, [low, high]) {
    const width = builder.binary('subtract', high as Value, low as Value);
    const share = builder.binary('divide', builder.binary('subtract', value, low as Value), width);
    return builder.scale('minimum', builder.scale('maximum', share, 0), 1);
  },
});

const normal = distribution({
  name: 'normal',
  summary: 'Normal distribution with a mean and a standard deviation.',
  parameters: [
    { name: 'mean', about: 'its mean', default: 0 },
    { name: 'deviation', about: 'its standard deviation (not the variance)', default: 1 },
  ],
  wrong: (constant) =>
    (constant('deviation') ?? 0) >= 0
      ? undefined
      : { name: 'deviation', expected: 'a number from 0 on', hint: 'the second parameter is the standard deviation, in units of the draw' },
  standard: 'normal',
  transform: ({ builder }, draw, [mean, deviation]) =>
    builder.binary('add', mean as Value, builder.binary('multiply', deviation as Value, draw)),
  logDensity(builder, value, [mean, deviation]) {
    const standard = builder.binary('divide', builder.binary('subtract', value, mean as Value), deviation as Value);
    const exponent = builder.scale('multiply', builder.binary('multiply', standard, standard), -0.5);
    const log = builder.scale('add', builder.unary('log', deviation as Value), 0.5 * Math.log(2 * Math.PI));
    return builder.binary('subtract', exponent, log);
  },
  cumulative(builder, value, [mean, deviation]) {
    const standard = builder.binary('divide', builder.binary('subtract', value, mean as Value), deviation as Value);
    const error = builder.unary('erf', builder.scale('multiply', standard, Math.SQRT1_2));
    return builder.scale('add', builder.scale('multiply', error, 0.5), 0.5);
  },
});

const bernoulli = distribution({
  name: 'bernoulli',
  summary: '1 with probability p, else 0.',
  parameters: [{ name: 'p', about: 'probability of 1', default: 0.5 }],
  wrong(constant) {
    const p = constant('p');
    if (p === undefined || (p >= 0 && p <= 1)) return undefined;
    return { name: 'p', expected: 'a probability, from 0 to 1', hint: 'a percentage is written as its hundredth: 30% is `0.3`' };
  },
  standard: 'uniform',
  transform: ({ builder }, draw, [p]) => truthAsFloat(builder, builder.compare('LT', draw, p as Value)),
  logDensity(builder, value, [p]) {
    const yes = builder.compare('NE', value, builder.zerosLike(value));
    return builder.unary('log', builder.select(yes, p as Value, oneMinus(builder, p as Value)));
  },
  cumulative(builder, value, [p]) {
    const ones = builder.constant(1, value.type.shape);
    const below = builder.select(builder.compare('GE', value, ones), ones, oneMinus(builder, p as Value));
    return builder.select(builder.compare('GE', value, builder.zerosLike(value)), below, builder.zerosLike(value));
  },
});

/** A function of a distribution and a value. */
function atValue(name: string, summary: string, method: 'logDensity' | 'cumulative'): Builtin {
  return {
    name,
    category: 'distribution',
    summary,
    parameters: [
      { name: 'distribution', accepts: { kind: 'distribution' }, about: 'of numbers, with any parameters' },
      tensorParameter('x', 'where, of a shape that goes with the parameters'),
    ],
    apply(context, values) {
      const distribution = values.any('distribution');
      const compute = distribution.kind === 'distribution' ? distribution[method] : undefined;
      if (compute !== undefined) return compute(context, values.tensor('x'), values.rangeOf('x'));
      throw new DiagnosticError(
        wrongArgument(
          name,
          'distribution',
          'a distribution of numbers: `normal(…)`, `uniform(…)`, `bernoulli(…)`',
          describe(distribution),
          values.rangeOf('distribution'),
        ),
      );
    },
  };
}

const samples: Builtin = {
  name: 'samples',
  category: 'distribution',
  summary:
    'What comes of an expression for each of the `draws` of its block: [...] -> [draws, ...]. Everything that was drawn outside of the tasks is drawn anew.',
  parameters: [tensorParameter('of', 'a tensor that depends on draws')],
  apply: (context, values) => context.samples(values.tensor('of'), values.range),
};

export const distributionBuiltins: readonly Builtin[] = [
  uniform,
  normal,
  bernoulli,
  atValue('log_density', 'Logarithm of the density at x, element by element; of `bernoulli`, of the probability.', 'logDensity'),
  atValue('cumulative', 'Probability of a draw of at most x, element by element.', 'cumulative'),
  samples,
];
