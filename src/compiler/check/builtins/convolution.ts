/** @file The convolutional layer. */
import { doesNotDivide, doesNotFit } from '../../diagnostics/catalogue/shapes.ts';
import { DiagnosticError } from '../../diagnostics/diagnostic.ts';
import { convolvedSize } from '../../ir/type-rules.ts';
import type { Builtin } from '../builtin.ts';
import { dim } from '../dims.ts';
import { requireImages, shapeAt } from './checks.ts';
import { initialParameter, readInitialiser } from './initialisers.ts';
import { alignRight, asFloat } from './numeric.ts';
import { booleanParameter, countParameter, optionParameter, sizesParameter, tensorParameter } from './parameters.ts';
import { channelsFirst, channelsLast, kernelOutFirst, type Pair, readPair, resized, samePadding } from './spatial.ts';

export const convolution: Builtin = {
  name: 'conv',
  category: 'layer',
  summary:
    "Convolution of images: [n, h, w, in] -> [n, h', w', filters]; weights `kernel` [kh, kw, in/groups, filters] and, on request, `bias` [filters].",
  parameters: [
    tensorParameter('x', 'images [n, h, w, in]'),
    countParameter('filters', 'number of output channels'),
    sizesParameter('kernel', 'side of the kernel, or `height x width`', 1, 3),
    sizesParameter('stride', 'step of the kernel', 1, 1),
    optionParameter('padding', ['same', 'valid'], "`same`: ceil(size / stride) outputs (TensorFlow's rule); `valid`: none", 'same'),
    countParameter('groups', 'channel groups that do not see each other', 1),
    sizesParameter('dilation', 'distance between the elements of the kernel', 1, 1),
    booleanParameter('bias', 'whether to add a bias; batch norm makes it superfluous', false),
    initialParameter('he'),
  ],
  apply(context, values) {
    const { builder } = context;
    const [examples, height, width, channels] = requireImages('conv', values, 'x');
    const x = values.tensor('x');
    const filters = dim(values.number('filters'));
    const groups = values.number('groups');
    const kernel = readPair('conv', values, 'kernel');
    const stride = readPair('conv', values, 'stride');
    const dilation = readPair('conv', values, 'dilation');
    for (const [what, size] of [
      ['input channels', channels.size],
      ['filters', filters.size],
    ] as const) {
      if (size % groups !== 0) throw new DiagnosticError(doesNotDivide('conv', what, groups, size, values.rangeOf('groups')));
    }
    const same = values.option('padding') === 'same';
    const along = (size: number, axis: 0 | 1): Pair => (same ? samePadding(size, kernel[axis], stride[axis], dilation[axis]) : [0, 0]);
    const padding = [along(height.size, 0), along(width.size, 1)] as const;
    const outputs = ([height, width] as const).map((side, axis) =>
      convolvedSize(side.size, kernel[axis] as number, stride[axis] as number, padding[axis] as Pair, 1, dilation[axis] as number),
    );
    if (outputs.some((size) => size === 0))
      throw new DiagnosticError(
        doesNotFit('conv', `a kernel of ${kernel.join(' x ')}`, `${height.size} x ${width.size}`, shapeAt(x, values.rangeOf('x'))),
      );
    const perGroup = groups === 1 ? channels : dim(channels.size / groups);
    const area = kernel[0] * kernel[1];
    const initial = readInitialiser('conv', values, area * perGroup.size, (area * filters.size) / groups);
    const weights = context.weight('kernel', [dim(kernel[0]), dim(kernel[1]), perGroup, filters], initial);
    const images = builder.transpose(asFloat(builder, x.value), channelsFirst);
    const result = builder.emit('convolution', [images, builder.transpose(weights.value, kernelOutFirst)], {
      strides: stride,
      padding,
      lhsDilation: [1, 1],
      rhsDilation: dilation,
      groups,
    });
    const value = builder.transpose(result, channelsLast);
    const dims = [examples, resized(height, outputs[0] as number), resized(width, outputs[1] as number), filters];
    if (!values.boolean('bias')) return context.wrap(value, dims, [x, weights]);
    const bias = context.weight('bias', [filters], { distribution: 'constant', offset: 0, scale: 0 });
    return context.wrap(builder.binary('add', value, alignRight(builder, bias.value, value.type.shape)), dims, [x, weights, bias]);
  },
};
