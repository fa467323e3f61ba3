/** @file Layers without arithmetic of their own: flatten, repeat, dropout. */
import type { Builtin } from '../builtin.ts';
import { dim } from '../dims.ts';
import type { Meaning } from '../meaning.ts';
import { requireRank } from './checks.ts';
import { productDim, shapeOf } from './dimensions.ts';
import { asFloat, truthAsFloat } from './numeric.ts';
import { anyParameter, booleanParameter, functionParameter, numberParameter, tensorParameter } from './parameters.ts';

const flatten: Builtin = {
  name: 'flatten',
  category: 'layer',
  summary: 'Joins all axes but the leading one: [n, ...] -> [n, features].',
  parameters: [tensorParameter('x', 'input [n, ...]')],
  apply(context, values) {
    requireRank('flatten', values, 'x', 1, 'at least the leading axis: [n, ...]');
    const x = values.tensor('x');
    const dims = [x.dims[0] ?? dim(1), productDim(x.dims.slice(1))];
    return context.wrap(context.builder.reshape(x.value, shapeOf(dims)), dims, [x]);
  },
};

const repeat: Builtin = {
  name: 'repeat',
  category: 'layer',
  summary: 'Applies f to x, to the result, and so on, `times` times, each with weights of its own.',
  parameters: [
    anyParameter('x', 'first input'),
    numberParameter('times', 'number of applications', { integer: true, least: 1, most: 10_000 }),
    functionParameter('f', 'what is applied'),
  ],
  apply(context, values) {
    const layer = values.any('f');
    let value: Meaning = values.any('x');
    for (let time = 0; time < values.number('times'); time++) value = context.call(layer, [value], values.rangeOf('f'));
    return value;
  },
};

const dropout: Builtin = {
  name: 'dropout',
  category: 'layer',
  summary: 'Sets elements to 0 with probability `rate` and scales the others by 1/(1 - rate); off in evaluation unless `always`.',
  parameters: [
    tensorParameter('x', 'input'),
    numberParameter('rate', 'probability to drop an element', { least: 0, most: 0.999, default: 0.5 }),
    booleanParameter('always', 'also drop in evaluation (Monte Carlo dropout)', false),
  ],
  apply(context, values) {
    const x = values.tensor('x');
    const rate = values.number('rate');
    if (rate === 0 || !(context.noise || values.boolean('always'))) return x;
    const { builder } = context;
    const draw = context.draw('uniform', x.dims, values.range);
    const kept = truthAsFloat(builder, builder.compare('GE', draw.value, builder.constant(rate, draw.value.type.shape)));
    const mask = builder.scale('multiply', kept, 1 / (1 - rate));
    return context.wrap(builder.binary('multiply', asFloat(builder, x.value), mask), x.dims, [x, draw]);
  },
};

export const structureBuiltins: readonly Builtin[] = [flatten, repeat, dropout];
