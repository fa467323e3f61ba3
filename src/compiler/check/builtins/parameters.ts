/** @file Short ways to declare parameters of builtins. */
import type { Accepts, ParameterSpec } from '../builtin.ts';

type Default = NonNullable<ParameterSpec['default']>;

function parameter(name: string, accepts: Accepts, about: string, fallback: Default | undefined): ParameterSpec {
  return fallback === undefined ? { name, accepts, about } : { name, accepts, about, default: fallback };
}

export function tensorParameter(name: string, about: string, fallback?: number | 'none'): ParameterSpec {
  return parameter(name, { kind: 'tensor' }, about, fallback);
}

/** A tensor, or a learner for one value per weight. */
export function weightsParameter(name: string, about: string, fallback?: number | 'none'): ParameterSpec {
  return parameter(name, { kind: 'tensor', learners: true }, about, fallback);
}

interface NumberLimits {
  readonly integer?: boolean;
  readonly least?: number;
  readonly most?: number;
  readonly above?: number;
  readonly default?: number | 'none';
}

export function numberParameter(name: string, about: string, { default: fallback, ...limits }: NumberLimits = {}): ParameterSpec {
  return parameter(name, { kind: 'number', ...limits }, about, fallback);
}

/** A positive whole number. */
export function countParameter(name: string, about: string, fallback?: number | 'none'): ParameterSpec {
  return parameter(name, { kind: 'number', integer: true, least: 1 }, about, fallback);
}

/** An axis; which ones exist depends on the operand. */
export function axisParameter(about: string, fallback?: number | 'none'): ParameterSpec {
  return parameter('axis', { kind: 'number', integer: true }, about, fallback);
}

/** One or two whole numbers, or a list of any length for shapes. */
export function sizesParameter(
  name: string,
  about: string,
  least: number | undefined,
  fallback?: number | readonly number[] | 'none',
): ParameterSpec {
  return parameter(name, { kind: 'numbers', integer: true, ...(least === undefined ? {} : { least }) }, about, fallback);
}

export function numbersParameter(name: string, about: string, fallback?: readonly number[] | 'none'): ParameterSpec {
  return parameter(name, { kind: 'numbers' }, about, fallback);
}

export function booleanParameter(name: string, about: string, fallback: boolean): ParameterSpec {
  return parameter(name, { kind: 'boolean' }, about, fallback);
}

export function optionParameter(name: string, options: readonly string[], about: string, fallback?: string): ParameterSpec {
  return parameter(name, { kind: 'option', options }, about, fallback);
}

export function hyperparameter(name: string, about: string, fallback?: number | 'none'): ParameterSpec {
  return parameter(name, { kind: 'hyperparameter' }, about, fallback);
}

export function functionParameter(name: string, about: string): ParameterSpec {
  return parameter(name, { kind: 'function' }, about, undefined);
}

export function anyParameter(name: string, about: string, fallback?: number | string | 'none', options?: readonly string[]): ParameterSpec {
  return parameter(name, options === undefined ? { kind: 'any' } : { kind: 'any', options }, about, fallback);
}
