/** @file What a vjp rule is. */
import type { Value } from '../ir/ir.ts';
import type { Attributes, PrimitiveName } from '../ir/primitives.ts';
import type { GradientBuilder } from './gradient-builder.ts';

/** One application of a primitive in the forward pass. */
export interface Application<P extends PrimitiveName> {
  readonly operands: readonly Value[];
  readonly result: Value;
  readonly attributes: Attributes[P];
}

/**
 * Builds the cotangent of one operand from that of the result, out of primitives only, which is what makes every gradient differentiable
 * again. The cotangent has the result's shape, what is returned has the operand's; undefined says it is zero.
 */
export type OperandRule<P extends PrimitiveName> = (
  gradient: GradientBuilder,
  application: Application<P>,
  cotangent: Value,
  operand: number,
) => Value | undefined;

export type VjpRule<P extends PrimitiveName> =
  /** One rule per operand; undefined for operands that are never float (predicates, indices). */
  | { readonly kind: 'operands'; readonly rules: readonly (OperandRule<P> | undefined)[] }
  /** The same rule for each of any number of operands. */
  | { readonly kind: 'variadic'; readonly rule: OperandRule<P> }
  /** The derivative is zero, or there is none; nothing passes. */
  | { readonly kind: 'zero'; readonly reason: string }
  /** Reverse mode goes through its region. */
  | { readonly kind: 'region' };

export type VjpTable<P extends PrimitiveName> = { readonly [Q in P]: VjpRule<Q> };

export function perOperand<P extends PrimitiveName>(...rules: readonly (OperandRule<P> | undefined)[]): VjpRule<P> {
  return { kind: 'operands', rules };
}

export function zero(reason: string): { readonly kind: 'zero'; readonly reason: string } {
  return { kind: 'zero', reason };
}

export function operandOf<P extends PrimitiveName>(application: Application<P>, index: number): Value {
  return application.operands[index] as Value;
}

/** The rule for operand `index`, or undefined when nothing passes to it. */
export function operandRule<P extends PrimitiveName>(rule: VjpRule<P>, index: number): OperandRule<P> | undefined {
  if (rule.kind === 'operands') return rule.rules[index];
  return rule.kind === 'variadic' ? rule.rule : undefined;
}
