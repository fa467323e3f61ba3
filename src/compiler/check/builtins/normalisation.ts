/** @file Layers that normalise: batch norm with its declared modes, and layer norm. */
import type { FunctionBuilder } from '../../ir/build.ts';
import type { Value } from '../../ir/ir.ts';
import type { Builtin } from '../builtin.ts';
import { dim } from '../dims.ts';
import type { Context, Dim, Initializer, Moments, TensorMeaning } from '../meaning.ts';
import { requireRank } from './checks.ts';
import { alignRight, asFloat, momentsOver, restoreAxes } from './numeric.ts';
import { numberParameter, optionParameter, tensorParameter } from './parameters.ts';

const ones: Initializer = { distribution: 'constant', offset: 1, scale: 0 };
const zeros: Initializer = { distribution: 'constant', offset: 0, scale: 0 };

export const batchNormModes: readonly string[] = ['transductive', 'support', 'running', 'frozen'];

/** `rate*old + (1 - rate)*new`. */
function movingAverage(context: Context, old: TensorMeaning, now: TensorMeaning, rate: number): TensorMeaning {
  const { builder } = context;
  const value = builder.binary('add', builder.scale('multiply', old.value, rate), builder.scale('multiply', now.value, 1 - rate));
  return context.wrap(value, old.dims, [old, now]);
}

/** Moments that the mode prescribes; running ones are updated in training. */
function momentsFor(context: Context, mode: string, channels: Dim, momentum: number, compute: () => Moments): Moments {
  if (mode === 'transductive') return compute();
  if (mode === 'support') return context.supportMoments(compute);
  const mean = context.running('mean', [channels], 0);
  const variance = context.running('variance', [channels], 1);
  if (mode === 'frozen' || mean.update === undefined || variance.update === undefined)
    return { mean: mean.current, variance: variance.current };
  const moments = compute();
  mean.update(movingAverage(context, mean.current, moments.mean, momentum));
  variance.update(movingAverage(context, variance.current, moments.variance, momentum));
  return moments;
}

/** (x - mean) * (rsqrt(variance + epsilon) * scale) + shift, where all but x have the shape of the last axis. */
function affine(builder: FunctionBuilder, x: Value, mean: Value, variance: Value, epsilon: number, scale: Value, shift: Value): Value {
  const spread = (value: Value): Value => alignRight(builder, value, x.type.shape);
  const factor = builder.binary('multiply', builder.unary('rsqrt', builder.scale('add', variance, epsilon)), scale);
  const centred = builder.binary('subtract', x, spread(mean));
  return builder.binary('add', builder.binary('multiply', centred, spread(factor)), spread(shift));
}

export const batchNorm: Builtin = {
  name: 'batch_norm',
  category: 'layer',
  summary:
    'Batch norm (Ioffe and Szegedy 2015) over all axes but the last, with biased variance; weights `scale` (starts at 1) and `shift` (0), both [c]. ' +
    'The mode has no default: `transductive` uses statistics of the set at hand, `support` those of the support set, `running` averages kept per inner step ' +
    '(in training: of the set at hand, which update them), `frozen` the kept averages, never updated.',
  parameters: [
    tensorParameter('x', 'input [..., c]'),
    optionParameter('mode', batchNormModes, 'whose statistics normalise; part of the evaluation protocol'),
    numberParameter('epsilon', 'added to the variance', { above: 0, default: 1e-5 }),
    numberParameter('momentum', 'of running averages: kept share of the old value', { least: 0, most: 1, default: 0.9 }),
  ],
  apply(context, values) {
    const { builder } = context;
    requireRank('batch_norm', values, 'x', 2, 'at least two axes: [examples, ..., channels]');
    const x = values.tensor('x');
    const input = asFloat(builder, x.value);
    const channels = x.dims.at(-1) ?? dim(1);
    const mode = values.option('mode');
    context.protocol('batch norm', mode);
    const axes = x.dims.map((_, axis) => axis).slice(0, -1);
    const compute = (): Moments => {
      const { mean, variance } = momentsOver(builder, input, axes);
      return { mean: context.wrap(mean, [channels], [x]), variance: context.wrap(variance, [channels], [x]) };
    };
    const moments = momentsFor(context, mode, channels, values.number('momentum'), compute);
    const scale = context.weight('scale', [channels], ones);
    const shift = context.weight('shift', [channels], zeros);
    const { mean, variance } = moments;
    const value = affine(builder, input, mean.value, variance.value, values.number('epsilon'), scale.value, shift.value);
    return context.wrap(value, x.dims, [x, mean, variance, scale, shift]);
  },
};

export const layerNorm: Builtin = {
  name: 'layer_norm',
  category: 'layer',
  summary: 'Layer norm (Ba et al. 2016) over the last axis, with biased variance; weights `scale` (starts at 1) and `shift` (0), both [c].',
  parameters: [tensorParameter('x', 'input [..., c]'), numberParameter('epsilon', 'added to the variance', { above: 0, default: 1e-5 })],
  apply(context, values) {
    const { builder } = context;
    requireRank('layer_norm', values, 'x', 1, 'at least one axis: [..., channels]');
    const x = values.tensor('x');
    const input = asFloat(builder, x.value);
    const { shape } = input.type;
    const last = shape.length - 1;
    const channels = x.dims[last] ?? dim(1);
    const { mean, variance } = momentsOver(builder, input, [last]);
    const centred = builder.binary('subtract', input, restoreAxes(builder, mean, shape, [last]));
    const factor = builder.unary('rsqrt', builder.scale('add', variance, values.number('epsilon')));
    const normal = builder.binary('multiply', centred, restoreAxes(builder, factor, shape, [last]));
    const scale = context.weight('scale', [channels], ones);
    const shift = context.weight('shift', [channels], zeros);
    const scaled = builder.binary('multiply', normal, alignRight(builder, scale.value, shape));
    return context.wrap(builder.binary('add', scaled, alignRight(builder, shift.value, shape)), x.dims, [x, scale, shift]);
  },
};

export const normalisationBuiltins: readonly Builtin[] = [batchNorm, layerNorm];
