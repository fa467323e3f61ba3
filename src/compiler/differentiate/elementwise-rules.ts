/** @file Vjp rules of the elementwise primitives. */
import type { Value } from '../ir/ir.ts';
import type { GradientBuilder } from './gradient-builder.ts';
import { type OperandRule, operandOf, perOperand, type VjpTable, zero } from './rule.ts';

type Smooth =
  | 'negate'
  | 'abs'
  | 'exponential'
  | 'exponential_minus_one'
  | 'log'
  | 'log_plus_one'
  | 'sqrt'
  | 'rsqrt'
  | 'tanh'
  | 'logistic'
  | 'sine'
  | 'cosine'
  | 'erf';
type Flat = 'sign' | 'floor' | 'not' | 'and' | 'or' | 'compare' | 'stop_gradient';
type Binary = 'add' | 'subtract' | 'multiply' | 'divide' | 'power' | 'maximum' | 'minimum';

const bool = zero('its result is a truth value');

const flatRules: VjpTable<Flat> = {
  sign: zero('its derivative is zero almost everywhere'),
  floor: zero('its derivative is zero almost everywhere'),
  not: bool,
  and: bool,
  or: bool,
  compare: bool,
  stop_gradient: zero('the gradient is stopped on purpose'),
};

/** A rule of one operand from its derivative's factor, made of operand x and result y. */
function factor<P extends Smooth>(make: (g: GradientBuilder, x: Value, y: Value) => Value) {
  return perOperand<P>((g, application, cotangent) => g.multiply(cotangent, make(g, operandOf(application, 0), application.result)));
}

const smoothRules: VjpTable<Smooth> = {
  negate: perOperand((g, _, cotangent) => g.negate(cotangent)),
  // sign(0) = 0 is the middle of the subgradients.
  abs: factor((g, x) => g.builder.unary('sign', x)),
  exponential: factor((_, __, y) => y),
  exponential_minus_one: factor((g, _, y) => g.add(y, g.splat(1, y))),
  log: perOperand((g, application, cotangent) => g.divide(cotangent, operandOf(application, 0))),
  log_plus_one: perOperand((g, application, cotangent) => {
    const x = operandOf(application, 0);
    return g.divide(cotangent, g.add(x, g.splat(1, x)));
  }),
  sqrt: perOperand((g, application, cotangent) => g.divide(g.scale(cotangent, 0.5), application.result)),
  rsqrt: perOperand((g, { result }, cotangent) => {
    const cube = g.multiply(result, g.multiply(result, result));
    return g.multiply(g.scale(cotangent, -0.5), cube);
  }),
  tanh: factor((g, _, y) => g.builder.binary('subtract', g.splat(1, y), g.multiply(y, y))),
  logistic: factor((g, _, y) => g.multiply(y, g.builder.binary('subtract', g.splat(1, y), y))),
  sine: factor((g, x) => g.builder.unary('cosine', x)),
  cosine: factor((g, x) => g.negate(g.builder.unary('sine', x))),
  erf: perOperand((g, application, cotangent) => {
    const x = operandOf(application, 0);
    const bell = g.builder.unary('exponential', g.negate(g.multiply(x, x)));
    return g.multiply(g.scale(cotangent, 2 / Math.sqrt(Math.PI)), bell);
  }),
};

/** d(a^b)/da = b a^(b-1). Where b is 0 the exponent is taken as 0 instead of -1: at a = 0 the product is then 0, as it should be, not NaN. */
const powerBase: OperandRule<'power'> = (g, application, cotangent) => {
  const [base, exponent] = [operandOf(application, 0), operandOf(application, 1)];
  const known = g.splatOf(exponent);
  if (known === 0) return undefined;
  if (known === 1) return cotangent;
  if (known === 2) return g.multiply(g.scale(cotangent, 2), base);
  if (known !== undefined) return g.multiply(g.scale(cotangent, known), g.builder.scale('power', base, known - 1));
  const one = g.splat(1, exponent);
  const isZero = g.builder.compare('EQ', exponent, g.splat(0, exponent));
  const lower = g.builder.binary('subtract', g.builder.select(isZero, one, exponent), one);
  return g.multiply(g.multiply(cotangent, exponent), g.builder.binary('power', base, lower));
};

/** d(a^b)/db = a^b log a, taken as 0 where a = 0: that is its limit for b > 0. */
const powerExponent: OperandRule<'power'> = (g, application, cotangent) => {
  const base = operandOf(application, 0);
  const isZero = g.builder.compare('EQ', base, g.splat(0, base));
  const safe = g.builder.select(isZero, g.splat(1, base), base);
  return g.multiply(g.multiply(cotangent, application.result), g.builder.unary('log', safe));
};

/** The winner takes the cotangent; by comparing the operands, not the result: one of them always wins, however they are recomputed. */
function winner<P extends 'maximum' | 'minimum'>(direction: 'GE' | 'LE', keep: boolean): OperandRule<P> {
  return (g, application, cotangent) =>
    g.where(g.builder.compare(direction, operandOf(application, 0), operandOf(application, 1)), keep, cotangent);
}

const binaryRules: VjpTable<Binary> = {
  add: perOperand(
    (_, __, cotangent) => cotangent,
    (_, __, cotangent) => cotangent,
  ),
  subtract: perOperand(
    (_, __, cotangent) => cotangent,
    (g, __, cotangent) => g.negate(cotangent),
  ),
  multiply: perOperand(
    (g, application, cotangent) => g.multiply(cotangent, operandOf(application, 1)),
    (g, application, cotangent) => g.multiply(cotangent, operandOf(application, 0)),
  ),
  divide: perOperand(
    (g, application, cotangent) => g.divide(cotangent, operandOf(application, 1)),
    (g, application, cotangent) => g.negate(g.multiply(g.divide(cotangent, operandOf(application, 1)), application.result)),
  ),
  power: perOperand(powerBase, powerExponent),
  maximum: perOperand(winner('GE', true), winner('GE', false)),
  minimum: perOperand(winner('LE', true), winner('LE', false)),
};

export const elementwiseRules: VjpTable<Smooth | Flat | Binary | 'select' | 'convert'> = {
  ...smoothRules,
  ...flatRules,
  ...binaryRules,
  select: perOperand(
    undefined,
    (g, application, cotangent) => g.where(operandOf(application, 0), true, cotangent),
    (g, application, cotangent) => g.where(operandOf(application, 0), false, cotangent),
  ),
  // Only float to float gets here: cotangents belong to float results, and reverse mode asks for float operands only.
  convert: perOperand((_, __, cotangent) => cotangent),
};
