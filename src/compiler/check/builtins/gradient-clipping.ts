/** @file Clipping of gradients before an optimiser sees them. */
import type { FunctionBuilder } from '../../ir/build.ts';
import type { Value } from '../../ir/ir.ts';
import type { ParameterSpec } from '../builtin.ts';
import { alignRight, axesOf } from './numeric.ts';
import { numberParameter } from './parameters.ts';

export const clipParameters: readonly ParameterSpec[] = [
  numberParameter('clip', 'largest norm of all gradients together; larger ones are scaled down to it (Pascanu et al. 2013)', {
    above: 0,
    default: 'none',
  }),
  numberParameter('clip_value', 'largest absolute value of each element', { above: 0, default: 'none' }),
];

export interface Clipping {
  readonly norm: number | undefined;
  readonly value: number | undefined;
}

/**
 * By norm: g*min(1, norm/|g|) over all gradients, computed as g*norm*rsqrt(max(norm^2, |g|^2)), which is finite and has a finite
 * derivative at g = 0. By value: each element within [-value, value].
 */
export function clipGradients(builder: FunctionBuilder, gradients: readonly Value[], { norm, value }: Clipping): readonly Value[] {
  if (value !== undefined) return gradients.map((gradient) => builder.scale('maximum', builder.scale('minimum', gradient, value), -value));
  if (norm === undefined) return gradients;
  const squares = gradients.map((gradient) => builder.sum(builder.binary('multiply', gradient, gradient), axesOf(gradient)));
  const [first, ...others] = squares;
  if (first === undefined) return gradients;
  const total = others.reduce((sum, square) => builder.binary('add', sum, square), first);
  const factor = builder.scale('multiply', builder.unary('rsqrt', builder.scale('maximum', total, norm * norm)), norm);
  return gradients.map((gradient) => builder.binary('multiply', gradient, alignRight(builder, factor, gradient.type.shape)));
}
