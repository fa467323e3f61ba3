/** @file The fully connected layer, and weights of one's own. */
import type { Builtin } from '../builtin.ts';
import { dim } from '../dims.ts';
import { requireRank } from './checks.ts';
import { dimsOf } from './dimensions.ts';
import { initialParameter, readInitialiser } from './initialisers.ts';
import { alignRight, asFloat } from './numeric.ts';
import { booleanParameter, countParameter, sizesParameter, tensorParameter } from './parameters.ts';

const zeros = { distribution: 'constant', offset: 0, scale: 0 } as const;

export const dense: Builtin = {
  name: 'dense',
  category: 'layer',
  summary:
    'Fully connected layer on the last axis: [..., in] -> [..., units]; weights `kernel` [in, units] and `bias` [units], which starts at 0.',
  parameters: [
    tensorParameter('x', 'input [..., in]'),
    countParameter('units', 'number of outputs'),
    booleanParameter('bias', 'whether to add a bias', true),
    initialParameter('lecun'),
  ],
  apply(context, values) {
    const { builder } = context;
    requireRank('dense', values, 'x', 1, 'at least one axis: [..., in]');
    const x = values.tensor('x');
    const units = dim(values.number('units'));
    const last = x.dims.length - 1;
    const inputs = x.dims[last] ?? dim(1);
    const kernel = context.weight('kernel', [inputs, units], readInitialiser('dense', values, inputs.size, units.size));
    const product = builder.emit('dot_general', [asFloat(builder, x.value), kernel.value], {
      lhsBatch: [],
      rhsBatch: [],
      lhsContract: [last],
      rhsContract: [0],
    });
    const dims = [...x.dims.slice(0, last), units];
    if (!values.boolean('bias')) return context.wrap(product, dims, [x, kernel]);
    const bias = context.weight('bias', [units], zeros);
    const value = builder.binary('add', product, alignRight(builder, bias.value, product.type.shape));
    return context.wrap(value, dims, [x, kernel, bias]);
  },
};

export const weight: Builtin = {
  name: 'weight',
  category: 'layer',
  summary: "A weight of the model, of the given shape, to build layers of one's own: `weight([10, 5], initial: normal(0, 0.1))`.",
  parameters: [sizesParameter('shape', 'its shape; `[]` for a scalar', 1), initialParameter('zeros')],
  apply(context, values) {
    const shape = values.numbers('shape');
    const fanIn = shape.slice(0, -1).reduce((product, size) => product * size, 1);
    return context.weight('', dimsOf(shape), readInitialiser('weight', values, fanIn, shape.at(-1) ?? 1));
  },
};

export const denseBuiltins: readonly Builtin[] = [dense, weight];
