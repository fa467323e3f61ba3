/** @file What optimisers share: reading hyperparameters, clipping, and applying a rule weight by weight. */
import { argumentsExclude } from '../../diagnostics/catalogue/arguments.ts';
import { DiagnosticError } from '../../diagnostics/diagnostic.ts';
import type { FunctionBuilder } from '../../ir/build.ts';
import type { Value } from '../../ir/ir.ts';
import type { Arguments, ParameterSpec } from '../builtin.ts';
import { describe } from '../describe.ts';
import type { Hyperparameter, OptimiserInput, OptimiserMeaning } from '../meaning.ts';
import { clipGradients } from './gradient-clipping.ts';
import { hyperparameter } from './parameters.ts';

export const rateParameter = (fallback?: number): ParameterSpec => hyperparameter('rate', 'learning rate', fallback);
export const decayParameter = (about: string, fallback: number): ParameterSpec => hyperparameter('weight_decay', about, fallback);

export function isZero(value: Hyperparameter): boolean {
  return value.kind === 'number' && value.value === 0;
}

/** What one weight needs for its update. */
interface OneWeight {
  readonly builder: FunctionBuilder;
  readonly weight: Value;
  readonly gradient: Value;
  readonly slots: readonly Value[];
  /** float[], from 1 on. */
  readonly step: Value;
  hyper(name: string): Value;
}

interface Updated {
  readonly weight: Value;
  readonly slots: readonly Value[];
}

export interface Rule {
  readonly name: string;
  readonly hyperparameters: readonly string[];
  readonly slots: readonly string[];
  update(one: OneWeight): Updated;
}

/** Clips all gradients together, then applies the rule weight by weight. */
export function makeOptimiser(rule: Rule, values: Arguments, settings: readonly (readonly [string, string])[]): OptimiserMeaning {
  const hyperparameters = new Map(rule.hyperparameters.map((name) => [name, values.hyperparameter(name)]));
  if (values.has('clip') && values.has('clip_value'))
    throw new DiagnosticError(
      argumentsExclude(
        rule.name,
        'clip',
        'clip_value',
        'by the norm of all gradients, or each element alone',
        values.rangeOf('clip_value'),
      ),
    );
  const clipping = {
    norm: values.has('clip') ? values.number('clip') : undefined,
    value: values.has('clip_value') ? values.number('clip_value') : undefined,
  };
  const printed = [...hyperparameters].map(([name, value]) => [name, printHyperparameter(value)] as const);
  return {
    kind: 'optimiser',
    name: rule.name,
    settings: new Map([
      ...printed,
      ...settings,
      ['clip', clipping.norm === undefined ? 'none' : `norm of all gradients at most ${clipping.norm}`],
      ['clip_value', clipping.value === undefined ? 'none' : `each element within ±${clipping.value}`],
    ]),
    hyperparameters,
    slots: rule.slots,
    update(input: OptimiserInput) {
      const { builder, weights, slots, step } = input;
      const gradients = clipGradients(builder, input.gradients, clipping);
      const updated = weights.map((weight, index) =>
        rule.update({
          builder,
          weight,
          gradient: gradients[index] as Value,
          slots: slots.map((slot) => slot[index] as Value),
          step,
          hyper: (name) => input.hyper(name, index),
        }),
      );
      return {
        weights: updated.map((one) => one.weight),
        slots: rule.slots.map((_, slot) => updated.map((one) => one.slots[slot] as Value)),
      };
    },
  };
}

function printHyperparameter(value: Hyperparameter): string {
  if (value.kind === 'number') return String(value.value);
  if (value.kind === 'schedule') return value.description;
  if (value.kind === 'learned') return `learned, from ${value.initial}, per ${value.per}`;
  return describe(value);
}

/** g + decay*w, PyTorch's L2 penalty. */
export function withPenalty(one: OneWeight, penalised: boolean): Value {
  if (!penalised) return one.gradient;
  return one.builder.binary('add', one.gradient, one.builder.binary('multiply', one.hyper('weight_decay'), one.weight));
}

/** w - rate*direction. */
export function descend({ builder, hyper }: OneWeight, weight: Value, direction: Value): Value {
  return builder.binary('subtract', weight, builder.binary('multiply', hyper('rate'), direction));
}

/** rate*old + (1 - rate)*now. */
export function average(builder: FunctionBuilder, rate: number, old: Value, now: Value): Value {
  return builder.binary('add', builder.scale('multiply', old, rate), builder.scale('multiply', now, 1 - rate));
}

/**
 * sqrt(max(s, 1e-24)). The plain root has an infinite derivative at s = 0, which an unrolled step would multiply by the zero
 * derivative of g^2 and get NaN; below the floor the derivative is 0, so that of g/(root + epsilon) at g = 0 is 1/(epsilon + 1e-12),
 * the true 1/epsilon to 4 digits for epsilon = 1e-8. The floor also keeps s^(-3/2) of second derivatives within float32.
 */
export function rootOfMoment(builder: FunctionBuilder, moment: Value): Value {
  return builder.unary('sqrt', builder.scale('maximum', moment, 1e-24));
}
