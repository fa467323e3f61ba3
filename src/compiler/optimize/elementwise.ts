/** @file Which primitives work element by element. */
import type { PrimitiveName } from '../ir/primitives.ts';

export const elementwiseNames = [
  'negate',
  'abs',
  'sign',
  'floor',
  'exponential',
  'exponential_minus_one',
  'log',
  'log_plus_one',
  'sqrt',
  'rsqrt',
  'tanh',
  'logistic',
  'sine',
  'cosine',
  'erf',
  'not',
  'add',
  'subtract',
  'multiply',
  'divide',
  'power',
  'maximum',
  'minimum',
  'and',
  'or',
  'compare',
  'select',
  'convert',
  'stop_gradient',
] as const satisfies readonly PrimitiveName[];

export type ElementwiseName = (typeof elementwiseNames)[number];

const names: ReadonlySet<PrimitiveName> = new Set(elementwiseNames);

export function isElementwise(op: PrimitiveName): op is ElementwiseName {
  return names.has(op);
}
