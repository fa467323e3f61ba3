/** @file No rule can be wrong unnoticed: each, made wrong on purpose, fails the comparison with finite differences on some sample. */
import { expect, test } from 'vitest';
import { differentiate } from '../../src/compiler/differentiate/differentiate.ts';
import { type OperandRule, operandRule, type VjpRule } from '../../src/compiler/differentiate/rule.ts';
import { type VjpRules, vjpRules } from '../../src/compiler/differentiate/vjp-rules.ts';
import { evaluateFunction } from '../../src/compiler/ir/evaluate/evaluate.ts';
import type { HostArray } from '../../src/compiler/ir/host-array.ts';
import type { Attributes, RuntimePrimitiveName } from '../../src/compiler/ir/primitives.ts';
import { floats } from '../primitives/draw.ts';
import type { Sample } from '../primitives/sample.ts';
import { samples } from '../primitives/samples.ts';
import { finiteDifferences, relativeDistance } from './finite-differences.ts';
import { gradientOf, weightedSum } from './gradients.ts';

/** Rules whose cotangent for one operand of one primitive is 1% too large. */
function breakRule(op: RuntimePrimitiveName, broken: number): VjpRules {
  const original = vjpRules[op] as VjpRule<RuntimePrimitiveName>;
  const wrong: OperandRule<RuntimePrimitiveName> = (gradient, application, cotangent, operand) => {
    const right = operandRule(original, operand)?.(gradient, application, cotangent, operand);
    return right === undefined || operand !== broken ? right : gradient.scale(right, 1.01);
  };
  return { ...vjpRules, [op]: { kind: 'variadic', rule: wrong } };
}

/** Whether the gradient by one operand agrees with finite differences. */
function agrees(op: RuntimePrimitiveName, sample: Sample, operand: number, rules: VjpRules): boolean {
  const f = weightedSum(op, sample.operands, sample.attributes as Attributes[typeof op]);
  const args: HostArray[] = [...sample.operands, floats(f.parameters.at(-1)?.value.type.shape ?? [], 77, 0.5, 1)];
  const [, gradient] = evaluateFunction(differentiate(gradientOf(f, [operand]), undefined, rules), args);
  return relativeDistance(gradient?.data ?? [], finiteDifferences(differentiate(f), args, operand)) < 1e-6;
}

const differentiable = (Object.keys(samples) as RuntimePrimitiveName[]).flatMap((op) => {
  const rule = vjpRules[op] as VjpRule<RuntimePrimitiveName>;
  const count = rule.kind === 'operands' ? rule.rules.length : 2;
  const operands = Array.from({ length: count }, (_, index) => index).filter((index) => operandRule(rule, index) !== undefined);
  return operands.map((operand) => ({ op, operand }));
});

test.each(differentiable)('$op, operand $operand', ({ op, operand }) => {
  const smooth = (samples[op] as readonly Sample[]).filter((sample) => sample.smooth && sample.operands[operand]?.type.dtype === 'float');
  expect(smooth.every((sample) => agrees(op, sample, operand, vjpRules))).toBe(true);
  const rules = breakRule(op, operand);
  expect(smooth.some((sample) => !agrees(op, sample, operand, rules))).toBe(true);
});
