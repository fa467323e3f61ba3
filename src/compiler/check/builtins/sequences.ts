/** @file Builtins for sequences: shifted, padded, in random order, turned around. */
import { wrongArgument } from '../../diagnostics/catalogue/arguments.ts';
import { notASequence } from '../../diagnostics/catalogue/recurrences.ts';
import { doesNotFit } from '../../diagnostics/catalogue/shapes.ts';
import { DiagnosticError } from '../../diagnostics/diagnostic.ts';
import type { FunctionBuilder } from '../../ir/build.ts';
import type { Value } from '../../ir/ir.ts';
import type { Builtin } from '../builtin.ts';
import { describe } from '../describe.ts';
import { dim, printDims } from '../dims.ts';
import type { Dim, DistributionMeaning, TensorMeaning } from '../meaning.ts';
import { takeApart } from '../structure.ts';
import { requireRank, shapeAt } from './checks.ts';
import { sumDim } from './dimensions.ts';
import { asFloat } from './numeric.ts';
import { orderOf, placesOf } from './ordering.ts';
import { anyParameter, numberParameter, tensorParameter } from './parameters.ts';
import { map, scan } from './scanning.ts';

/** Rows `from` to `to` (not included) of the leading axis. */
function rows(builder: FunctionBuilder, value: Value, from: number, to: number): Value {
  const { shape } = value.type;
  return builder.emit('slice', [value], {
    start: shape.map((_, axis) => (axis === 0 ? from : 0)),
    limit: shape.map((size, axis) => (axis === 0 ? to : size)),
    strides: shape.map(() => 1),
  });
}

function zeroRows(builder: FunctionBuilder, value: Value, before: number, after: number): Value {
  const others = value.type.shape.slice(1).map(() => 0);
  return builder.emit('pad', [value], { low: [before, ...others], high: [after, ...others], interior: [0, ...others] });
}

const shift: Builtin = {
  name: 'shift',
  category: 'sequence',
  summary:
    'Moves the items of a sequence to later places; zeros come in at the beginning, and the last ones are lost: [n, ...] -> [n, ...].',
  parameters: [
    tensorParameter('x', 'sequence [n, ...]'),
    numberParameter('by', 'how many places later; a negative number moves them to earlier ones', { integer: true, default: 1 }),
  ],
  apply(context, values) {
    requireRank('shift', values, 'x', 1, 'a sequence [n, ...]');
    const { builder } = context;
    const x = values.tensor('x');
    const length = (x.dims[0] as Dim).size;
    const places = Math.min(Math.abs(values.number('by')), length);
    if (places === 0) return x;
    const later = values.number('by') > 0;
    const kept = later ? rows(builder, x.value, 0, length - places) : rows(builder, x.value, places, length);
    return context.wrap(zeroRows(builder, kept, later ? places : 0, later ? 0 : places), x.dims, [x]);
  },
};

const pad: Builtin = {
  name: 'pad',
  category: 'sequence',
  summary: 'Puts items of zeros before and after a sequence: [n, ...] -> [before + n + after, ...].',
  parameters: [
    tensorParameter('x', 'sequence [n, ...]'),
    numberParameter('before', 'items before it', { integer: true, least: 0, default: 0 }),
    numberParameter('after', 'items after it', { integer: true, least: 0, default: 0 }),
  ],
  apply(context, values) {
    requireRank('pad', values, 'x', 1, 'a sequence [n, ...]');
    const x = values.tensor('x');
    const [before, after] = [values.number('before'), values.number('after')];
    const length = sumDim([before, (x.dims[0] as Dim).size, after].filter((size) => size > 0).map((size) => dim(size)));
    return context.wrap(zeroRows(context.builder, x.value, before, after), [length, ...x.dims.slice(1)], [x]);
  },
};

const shuffle: Builtin = {
  name: 'shuffle',
  category: 'distribution',
  summary: 'The items of a set or sequence in a random order: `episode ~ shuffle(support)`; all fields of a record in the same order.',
  parameters: [anyParameter('x', 'a tensor [n, ...], or a record of them')],
  apply(_context, values): DistributionMeaning {
    const range = values.rangeOf('x');
    return {
      kind: 'distribution',
      name: 'shuffle',
      parameters: new Map(),
      sample(context) {
        const structure = takeApart(context, values.any('x'), range);
        const [first] = structure.leaves;
        const length = first?.tensor.dims[0];
        const other = structure.leaves.find(({ tensor }) => tensor.dims[0]?.size !== length?.size);
        if (length === undefined || other !== undefined)
          throw new DiagnosticError(notASequence('shuffle', describe((other ?? first)?.tensor ?? values.any('x')), range));
        const draw = context.draw('uniform', [length], range);
        const { builder } = context;
        const order = orderOf(builder, placesOf(builder, draw.value, false));
        const shuffled = structure.leaves.map(({ tensor }): TensorMeaning => {
          const value = builder.emit('gather', [tensor.value, order], { axis: 0, batchDims: 0 });
          return { ...tensor, ...context.wrap(value, tensor.dims, [tensor, draw]) };
        });
        return structure.rebuild(shuffled);
      },
    };
  },
};

const circularConvolution: Builtin = {
  name: 'circular_convolution',
  category: 'mathematics',
  summary:
    'A vector moved around a circle by weighted amounts: [n] and weights [m] -> [n], where the middle one of the weights is for staying in place (Graves et al. 2014, equation 8).',
  parameters: [tensorParameter('x', '[n]'), tensorParameter('weights', '[m], m odd and at most n: for moves by -(m - 1)/2 to (m - 1)/2')],
  apply(context, values) {
    const { builder } = context;
    for (const name of ['x', 'weights']) requireRank('circular_convolution', values, name, 1, 'a vector', 1);
    const [x, weights] = [values.tensor('x'), values.tensor('weights')];
    const [size, count] = [x.dims[0]?.size ?? 0, weights.dims[0]?.size ?? 0];
    if (count % 2 === 0)
      throw new DiagnosticError(
        wrongArgument('circular_convolution', 'weights', 'an odd number of weights', printDims(weights.dims), values.rangeOf('weights')),
      );
    if (count > size)
      throw new DiagnosticError(doesNotFit('circular_convolution', `${count} weights`, printDims(x.dims), shapeAt(x, values.rangeOf('x'))));
    const [vector, amounts] = [asFloat(builder, x.value), asFloat(builder, weights.value)];
    const moved = Array.from({ length: count }, (_, index): Value => {
      const by = index - (count - 1) / 2;
      const at = (((size - by) % size) + size) % size;
      const turned =
        at === 0 ? vector : builder.emit('concatenate', [rows(builder, vector, at, size), rows(builder, vector, 0, at)], { dimension: 0 });
      const amount = builder.broadcast(rows(builder, amounts, index, index + 1), [size], [0]);
      return builder.binary('multiply', turned, amount);
    });
    const value = moved.reduce((sum, one) => builder.binary('add', sum, one));
    return context.wrap(value, x.dims, [x, weights]);
  },
};

export const sequenceBuiltins: readonly Builtin[] = [scan, map, shift, pad, shuffle, circularConvolution];
