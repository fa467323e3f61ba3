/** @file Builtins that change shapes: reshape, transpose, column, outer. */
import { wrongArgument } from '../../diagnostics/catalogue/arguments.ts';
import { cannotReshape } from '../../diagnostics/catalogue/shapes.ts';
import { DiagnosticError } from '../../diagnostics/diagnostic.ts';
import { sizeOf } from '../../ir/tensor-type.ts';
import type { Arguments, Builtin } from '../builtin.ts';
import { dim, printDims } from '../dims.ts';
import type { Dim, TensorMeaning } from '../meaning.ts';
import { requireRank, resolveAxis, shapeAt } from './checks.ts';
import { dimsOf, shapeOf } from './dimensions.ts';
import { asFloat } from './numeric.ts';
import { booleanParameter, sizesParameter, tensorParameter } from './parameters.ts';

/** The sizes asked for, with one -1 filled in so that there are `total` elements. Throws E0355 and E0407. */
function completeShape(values: Arguments, x: TensorMeaning, kept: readonly Dim[], total: number): readonly number[] {
  const shape = values.numbers('shape');
  const open = shape.filter((size) => size === -1).length;
  const known = shape.reduce((product, size) => (size === -1 ? product : product * size), 1);
  if (open > 1 || shape.includes(0))
    throw new DiagnosticError(
      wrongArgument(
        'reshape',
        'shape',
        'positive sizes, one of which may be -1 (what is left)',
        `[${shape.join(', ')}]`,
        values.rangeOf('shape'),
      ),
    );
  if (open === 1 ? total % known !== 0 : total !== known)
    throw new DiagnosticError(
      cannotReshape(
        shapeAt(x, values.rangeOf('x')),
        printDims([...kept, ...dimsOf(shape)]),
        sizeOf(shapeOf(x.dims)),
        known * sizeOf(shapeOf(kept)),
      ),
    );
  return shape.map((size) => (size === -1 ? total / known : size));
}

const reshape: Builtin = {
  name: 'reshape',
  category: 'tensor',
  summary: 'Gives each example another shape: [n, ...] -> [n, shape...]; with `whole` the leading axis is reshaped too.',
  parameters: [
    tensorParameter('x', '[n, ...]'),
    sizesParameter('shape', 'sizes; one may be -1, which is what is left', -1),
    booleanParameter('whole', 'whether the leading axis takes part', false),
  ],
  apply(context, values) {
    const x = values.tensor('x');
    const whole = values.boolean('whole');
    if (!whole) requireRank('reshape', values, 'x', 1, 'a leading axis, which stays; `whole: true` reshapes everything');
    const kept = whole ? [] : x.dims.slice(0, 1);
    const shape = completeShape(values, x, kept, sizeOf(shapeOf(whole ? x.dims : x.dims.slice(1))));
    const dims = [...kept, ...dimsOf(shape)];
    return context.wrap(context.builder.reshape(x.value, shapeOf(dims)), dims, [x]);
  },
};

const transpose: Builtin = {
  name: 'transpose',
  category: 'tensor',
  summary: 'Axes in another order: `axes` lists the old place of each new axis; without it the last two are exchanged.',
  parameters: [tensorParameter('x', 'at least two axes'), sizesParameter('axes', 'old place of each new axis', undefined, 'none')],
  apply(context, values) {
    requireRank('transpose', values, 'x', 2, 'at least two axes');
    const x = values.tensor('x');
    const rank = x.dims.length;
    const inOrder = x.dims.map((_, axis) => axis);
    const permutation = values.has('axes')
      ? values.numbers('axes').map((axis) => resolveAxis('transpose', axis, x, values.rangeOf('x')))
      : [...inOrder.slice(0, -2), rank - 1, rank - 2];
    if (permutation.length !== rank || new Set(permutation).size !== rank)
      throw new DiagnosticError(
        wrongArgument('transpose', 'axes', `each axis of ${printDims(x.dims)} once`, `[${permutation.join(', ')}]`, values.rangeOf('axes')),
      );
    const dims = permutation.map((axis) => x.dims[axis] as Dim);
    return context.wrap(context.builder.transpose(x.value, permutation), dims, [x]);
  },
};

const column: Builtin = {
  name: 'column',
  category: 'tensor',
  summary: 'Adds a last axis of size 1: [n] -> [n, 1].',
  parameters: [tensorParameter('x', 'any shape')],
  apply(context, values) {
    const x = values.tensor('x');
    const dims = [...x.dims, dim(1)];
    return context.wrap(context.builder.reshape(x.value, shapeOf(dims)), dims, [x]);
  },
};

const outer: Builtin = {
  name: 'outer',
  category: 'tensor',
  summary: 'All products of two vectors: [n] and [m] -> [n, m].',
  parameters: [tensorParameter('a', '[n]'), tensorParameter('b', '[m]')],
  apply(context, values) {
    for (const name of ['a', 'b']) requireRank('outer', values, name, 1, 'a vector [n]', 1);
    const [a, b] = [values.tensor('a'), values.tensor('b')];
    const { builder } = context;
    const dims = [...a.dims, ...b.dims];
    const left = builder.broadcast(asFloat(builder, a.value), shapeOf(dims), [0]);
    const right = builder.broadcast(asFloat(builder, b.value), shapeOf(dims), [1]);
    return context.wrap(builder.binary('multiply', left, right), dims, [a, b]);
  },
};

export const shapingBuiltins: readonly Builtin[] = [reshape, transpose, column, outer];
