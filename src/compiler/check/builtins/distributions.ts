/** @file Distributions as values. A draw transforms standard draws, so it has derivatives with respect to the parameters where they exist. */
import type { SourceRange, Value } from '../../ir/ir.ts';
import type { Arguments, Builtin } from '../builtin.ts';
import type { Context, Dim, DistributionMeaning, Meaning, TensorMeaning } from '../meaning.ts';
import { dimsOf } from './dimensions.ts';
import { broadcastDims, expandTo } from './elementwise.ts';
import { truthAsFloat } from './numeric.ts';
import { sizesParameter, tensorParameter } from './parameters.ts';

const shapeParameter = sizesParameter('shape', 'shape of one draw; `[]` is a scalar, or the shape of the parameters', 1, []);

interface Family {
  readonly name: string;
  readonly summary: string;
  readonly parameters: readonly { readonly name: string; readonly about: string; readonly default?: number }[];
  readonly standard: 'uniform' | 'normal';
  /** From a standard draw and the parameters, all of one shape. */
  transform(context: Context, draw: Value, parameters: readonly Value[]): Value;
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

function makeDistribution(family: Family, values: Arguments): DistributionMeaning {
  const meanings = new Map<string, Meaning>(family.parameters.map(({ name }) => [name, values.any(name)]));
  const ranges = family.parameters.map(({ name }) => values.rangeOf(name));
  const shape = dimsOf(values.numbers('shape'));
  return {
    kind: 'distribution',
    name: family.name,
    parameters: meanings,
    sample(context, prefix, range) {
      // Read here, not where the distribution was written: a draw may be made in another function of the program.
      const parameters = [...meanings.values()].map((meaning, index) => context.tensor(meaning, ranges[index] ?? range));
      const own = ownDims(family.name, shape, parameters, ranges, values.range);
      const dims = [...prefix, ...own];
      const draw = context.draw(family.standard, dims, range);
      const expanded = parameters.map((parameter) => expandTo(context, parameter, dims));
      return context.wrap(family.transform(context, draw.value, expanded), dims, [draw, ...parameters]);
    },
  };
}

function distribution(family: Family): Builtin {
  return {
    name: family.name,
    category: 'distribution',
    summary: family.summary,
    parameters: [...family.parameters.map(({ name, about, default: fallback }) => tensorParameter(name, about, fallback)), shapeParameter],
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
  standard: 'uniform',
  transform({ builder }, draw, [low, high]) {
    const width = builder.binary('subtract', high as Value, low as Value);
    return builder.binary('add', low as Value, builder.binary('multiply', width, draw));
  },
});

const normal = distribution({
  name: 'normal',
  summary: 'Normal distribution with a mean and a standard deviation.',
  parameters: [
    { name: 'mean', about: 'its mean', default: 0 },
    { name: 'deviation', about: 'its standard deviation (not the variance)', default: 1 },
  ],
  standard: 'normal',
  transform: ({ builder }, draw, [mean, deviation]) =>
    builder.binary('add', mean as Value, builder.binary('multiply', deviation as Value, draw)),
});

const bernoulli = distribution({
  name: 'bernoulli',
  summary: '1 with probability p, else 0.',
  parameters: [{ name: 'p', about: 'probability of 1', default: 0.5 }],
  standard: 'uniform',
  transform: ({ builder }, draw, [p]) => truthAsFloat(builder, builder.compare('LT', draw, p as Value)),
});

export const distributionBuiltins: readonly Builtin[] = [uniform, normal, bernoulli];
