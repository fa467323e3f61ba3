/** @file All pairs of the items of two sets, for models that compare them. */
import type { Value } from '../../ir/ir.ts';
import type { Builtin } from '../builtin.ts';
import type { Dim, Meaning } from '../meaning.ts';
import { requireRank } from './checks.ts';
import { productDim, shapeOf } from './dimensions.ts';
import { tensorParameter } from './parameters.ts';

/**
 * Every item of the first set with every item of the second, the second one running faster: as the pairs of a relation network
 * (Sung et al. 2018, section 3.2).
 */
export const pairs: Builtin = {
  name: 'pairs',
  category: 'tensor',
  summary:
    'All pairs of the items of two sets, [n, ...] and [m, ...]: a record of `first` [n*m, ...] and `second` [n*m, ...]. What a model says of them is reshaped to [n, m].',
  parameters: [tensorParameter('a', 'first set [n, ...]'), tensorParameter('b', 'second set [m, ...]')],
  apply(context, values) {
    requireRank('pairs', values, 'a', 1, 'a set [n, ...]');
    requireRank('pairs', values, 'b', 1, 'a set [m, ...]');
    const { builder } = context;
    const [a, b] = [values.tensor('a'), values.tensor('b')];
    const both = [a.dims[0], b.dims[0]] as const as readonly [Dim, Dim];
    const spread = (value: Value, place: 0 | 1): Value => {
      const rest = value.type.shape.slice(1);
      const all = builder.broadcast(value, [...shapeOf(both), ...rest], [place, ...rest.map((_, axis) => axis + 2)]);
      return builder.reshape(all, [both[0].size * both[1].size, ...rest]);
    };
    const count = productDim(both);
    return {
      kind: 'record',
      fields: new Map<string, Meaning>([
        ['first', context.wrap(spread(a.value, 0), [count, ...a.dims.slice(1)], [a, b])],
        ['second', context.wrap(spread(b.value, 1), [count, ...b.dims.slice(1)], [a, b])],
      ]),
    };
  },
};
