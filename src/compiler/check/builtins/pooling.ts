/** @file Pooling layers over height and width; windows that would stick out are dropped (floor). */
import { doesNotFit } from '../../diagnostics/catalogue/shapes.ts';
import { DiagnosticError } from '../../diagnostics/diagnostic.ts';
import type { FunctionBuilder } from '../../ir/build.ts';
import type { Value } from '../../ir/ir.ts';
import type { Arguments, Builtin, ParameterSpec } from '../builtin.ts';
import type { Dim, TensorMeaning } from '../meaning.ts';
import { requireImages, shapeAt } from './checks.ts';
import { asFloat, meanOver } from './numeric.ts';
import { sizesParameter, tensorParameter } from './parameters.ts';
import { type Pair, readPair, resized } from './spatial.ts';

const poolParameters: readonly ParameterSpec[] = [
  tensorParameter('x', 'images [n, h, w, c]'),
  sizesParameter('size', 'side of the window, or `height x width`', 1, 2),
  sizesParameter('stride', 'step of the window; its size by default', 1, 'none'),
];

interface Pool {
  readonly x: TensorMeaning;
  readonly size: Pair;
  readonly stride: Pair;
  readonly outputs: Pair;
  readonly dims: readonly Dim[];
}

function readPool(callee: string, values: Arguments): Pool {
  const [examples, height, width, channels] = requireImages(callee, values, 'x');
  const x = values.tensor('x');
  const size = readPair(callee, values, 'size');
  const stride = values.has('stride') ? readPair(callee, values, 'stride') : size;
  if (size[0] > height.size || size[1] > width.size)
    throw new DiagnosticError(
      doesNotFit(callee, `a window of ${size.join(' x ')}`, `${height.size} x ${width.size}`, shapeAt(x, values.rangeOf('x'))),
    );
  const outputs: Pair = [Math.floor((height.size - size[0]) / stride[0]) + 1, Math.floor((width.size - size[1]) / stride[1]) + 1];
  return { x, size, stride, outputs, dims: [examples, resized(height, outputs[0]), resized(width, outputs[1]), channels] };
}

const maxPool: Builtin = {
  name: 'max_pool',
  category: 'layer',
  summary: "Largest element of each window: [n, h, w, c] -> [n, h', w', c]; at ties the first in the window takes the gradient.",
  parameters: poolParameters,
  apply(context, values) {
    const { x, size, stride, dims } = readPool('max_pool', values);
    const { builder } = context;
    const input = asFloat(builder, x.value);
    const attributes = { window: [1, ...size, 1], strides: [1, ...stride, 1] };
    const choice = builder.emit('window_argmax', [input], attributes);
    return context.wrap(builder.emit('window_take', [input, choice], attributes), dims, [x]);
  },
};

/** Windows side by side: one reshape and one sum. */
function averageTiles(builder: FunctionBuilder, input: Value, { size, outputs }: Pool): Value {
  const [examples, , , channels] = input.type.shape as readonly [number, number, number, number];
  const limit = [examples, outputs[0] * size[0], outputs[1] * size[1], channels];
  const whole = limit.every((side, axis) => side === input.type.shape[axis])
    ? input
    : builder.emit('slice', [input], { start: [0, 0, 0, 0], limit, strides: [1, 1, 1, 1] });
  const tiles = builder.reshape(whole, [examples, outputs[0], size[0], outputs[1], size[1], channels]);
  return meanOver(builder, tiles, [2, 4]);
}

/** Overlapping or spaced windows: a sum of strided slices, one for each element of the window. */
function averageSlices(builder: FunctionBuilder, input: Value, { size, stride, outputs }: Pool): Value {
  const [examples, , , channels] = input.type.shape as readonly [number, number, number, number];
  let sum: Value | undefined;
  for (let row = 0; row < size[0]; row++) {
    for (let column = 0; column < size[1]; column++) {
      const slice = builder.emit('slice', [input], {
        start: [0, row, column, 0],
        limit: [examples, row + (outputs[0] - 1) * stride[0] + 1, column + (outputs[1] - 1) * stride[1] + 1, channels],
        strides: [1, ...stride, 1],
      });
      sum = sum === undefined ? slice : builder.binary('add', sum, slice);
    }
  }
  return builder.scale('multiply', sum ?? input, 1 / (size[0] * size[1]));
}

const averagePool: Builtin = {
  name: 'avg_pool',
  category: 'layer',
  summary: "Mean of each window: [n, h, w, c] -> [n, h', w', c].",
  parameters: poolParameters,
  apply(context, values) {
    const pool = readPool('avg_pool', values);
    const input = asFloat(context.builder, pool.x.value);
    const tiled = pool.size.every((side, axis) => side === pool.stride[axis]);
    const value = tiled ? averageTiles(context.builder, input, pool) : averageSlices(context.builder, input, pool);
    return context.wrap(value, pool.dims, [pool.x]);
  },
};

function globalPool(name: string, word: string, reduce: (builder: FunctionBuilder, input: Value) => Value): Builtin {
  return {
    name,
    category: 'layer',
    summary: `${word} over height and width: [n, h, w, c] -> [n, c].`,
    parameters: [tensorParameter('x', 'images [n, h, w, c]')],
    apply(context, values) {
      const [examples, , , channels] = requireImages(name, values, 'x');
      const x = values.tensor('x');
      return context.wrap(reduce(context.builder, asFloat(context.builder, x.value)), [examples, channels], [x]);
    },
  };
}

export const poolingBuiltins: readonly Builtin[] = [
  maxPool,
  averagePool,
  globalPool('global_average_pool', 'Mean', (builder, input) => meanOver(builder, input, [1, 2])),
  globalPool('global_max_pool', 'Largest element', (builder, input) => builder.emit('reduce_max', [input], { dimensions: [1, 2] })),
];
