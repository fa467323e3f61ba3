/** @file Builtins that join tensors, or make them from nothing. */
import { cannotJoin } from '../../diagnostics/catalogue/shapes.ts';
import { DiagnosticError } from '../../diagnostics/diagnostic.ts';
import type { SourceRange, Value } from '../../ir/ir.ts';
import type { Arguments, Builtin } from '../builtin.ts';
import { dim } from '../dims.ts';
import type { Context, Dim, TensorMeaning } from '../meaning.ts';
import { resolveAxis, shapeAt } from './checks.ts';
import { better, dimsOf, shapeOf, sumDim } from './dimensions.ts';
import { expandTo } from './elementwise.ts';
import { asFloat } from './numeric.ts';

import { pairs } from './pairing.ts';
import { axisParameter, countParameter, sizesParameter, tensorParameter } from './parameters.ts';

interface Operands {
  readonly tensors: readonly TensorMeaning[];
  readonly ranges: readonly SourceRange[];
  /** Ints if all are, else floats. */
  readonly values: readonly Value[];
}

function readOperands({ builder }: Context, values: Arguments): Operands {
  const tensors = [values.tensor('first'), ...values.rest()];
  const ints = tensors.every(({ value }) => value.type.dtype === 'int');
  return {
    tensors,
    ranges: [values.rangeOf('first'), ...values.restRanges()],
    values: tensors.map(({ value }) => (ints ? value : asFloat(builder, value))),
  };
}

/** All operands agree but for `free` (undefined: in everything); gives the best names of the common sizes. Throws E0408. */
function commonDims(callee: string, { tensors, ranges }: Operands, axis: number, free: number | undefined): readonly Dim[] {
  const first = tensors[0] as TensorMeaning;
  return tensors.reduce<readonly Dim[]>((common, tensor, index) => {
    const agrees = tensor.dims.length === common.length && common.every(({ size }, at) => at === free || size === tensor.dims[at]?.size);
    if (!agrees)
      throw new DiagnosticError(
        cannotJoin(callee, axis, shapeAt(first, ranges[0] as SourceRange), shapeAt(tensor, ranges[index] as SourceRange)),
      );
    return common.map((size, at) => (at === free ? size : better(size, tensor.dims[at] as Dim)));
  }, first.dims);
}

const concat: Builtin = {
  name: 'concat',
  category: 'tensor',
  summary: 'Joins tensors along an axis, the last one by default: [n, a] and [n, b] -> [n, a + b].',
  parameters: [tensorParameter('first', 'first tensor'), axisParameter('axis along which they are joined', -1)],
  variadic: tensorParameter('others', 'further tensors'),
  apply(context, values) {
    const operands = readOperands(context, values);
    const axis = resolveAxis('concat', values.number('axis'), operands.tensors[0] as TensorMeaning, operands.ranges[0] as SourceRange);
    const joined = commonDims('concat', operands, axis, axis);
    const sum = sumDim(operands.tensors.map(({ dims }) => dims[axis] as Dim));
    const dims = joined.map((size, at) => (at === axis ? sum : size));
    return context.wrap(context.builder.emit('concatenate', operands.values, { dimension: axis }), dims, operands.tensors);
  },
};

const stack: Builtin = {
  name: 'stack',
  category: 'tensor',
  summary: 'Puts equal shapes side by side along a new axis, the leading one by default: [a] and [a] -> [2, a].',
  parameters: [tensorParameter('first', 'first tensor'), axisParameter('place of the new axis', 0)],
  variadic: tensorParameter('others', 'further tensors of the same shape'),
  apply(context, values) {
    const { builder } = context;
    const operands = readOperands(context, values);
    const axis = resolveAxis('stack', values.number('axis'), operands.tensors[0] as TensorMeaning, operands.ranges[0] as SourceRange, 1);
    const common = commonDims('stack', operands, axis, undefined);
    const withAxis = (size: Dim): Dim[] => [...common.slice(0, axis), size, ...common.slice(axis)];
    const slices = operands.values.map((value) => builder.reshape(value, shapeOf(withAxis(dim(1)))));
    const value = builder.emit('concatenate', slices, { dimension: axis });
    return context.wrap(value, withAxis(dim(slices.length)), operands.tensors);
  },
};

function constant(name: string, element: number): Builtin {
  return {
    name,
    category: 'tensor',
    summary: `A tensor of the given shape, ${element} everywhere.`,
    parameters: [sizesParameter('shape', 'its shape; `[]` for a scalar', 1)],
    apply(context, values) {
      const shape = values.numbers('shape');
      return context.wrap(context.builder.constant(element, shape), dimsOf(shape), []);
    },
  };
}

const fill: Builtin = {
  name: 'fill',
  category: 'tensor',
  summary: 'A tensor of the given shape with one value everywhere.',
  parameters: [
    sizesParameter('shape', 'its shape; `[]` for a scalar', 1),
    { name: 'value', accepts: { kind: 'hyperparameter' }, about: 'the value' },
  ],
  apply(context, values) {
    const dims = dimsOf(values.numbers('shape'));
    const value = values.tensor('value');
    return context.wrap(expandTo(context, value, dims), dims, [value]);
  },
};

const range: Builtin = {
  name: 'range',
  category: 'tensor',
  summary: 'The numbers 0, 1, …, count - 1: [count].',
  parameters: [countParameter('count', 'how many')],
  apply(context, values) {
    const count = values.number('count');
    return context.wrap(context.builder.emit('iota', [], { dtype: 'float', shape: [count], dimension: 0 }), [dim(count)], []);
  },
};

export const joiningBuiltins: readonly Builtin[] = [concat, stack, pairs, constant('zeros', 0), constant('ones', 1), fill, range];
