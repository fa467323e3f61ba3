/** @file One maker per primitive or tame use of it: takes operands from what exists and adds nodes, or does nothing where nothing fits. */
import type { Value } from '../../src/compiler/ir/ir.ts';
import type { Direction } from '../../src/compiler/ir/primitives.ts';
import { sameShape } from '../../src/compiler/ir/tensor-type.ts';
import type { Choices } from './choices.ts';
import { linearMakers } from './linear-makers.ts';
import { recurrence } from './recurrence-maker.ts';
import { shapeMakers } from './shape-makers.ts';

export type Maker = (choices: Choices) => Value | undefined;

const bounded = ['negate', 'abs', 'tanh', 'logistic', 'sine', 'cosine', 'erf', 'stop_gradient'] as const;
const growing = ['exponential', 'exponential_minus_one'] as const;
const positive = ['log', 'log_plus_one', 'sqrt', 'rsqrt'] as const;
const jumping = ['sign', 'floor'] as const;
const pairs = ['add', 'subtract', 'multiply', 'maximum', 'minimum'] as const;
const directions: readonly Direction[] = ['EQ', 'NE', 'LT', 'LE', 'GT', 'GE'];

/** |x| + 0.5 */
function awayFromZero(c: Choices, value: Value): Value {
  return c.builder.scale('add', c.builder.unary('abs', value), 0.5);
}

const unary: Maker = (c) => {
  const x = c.value('float');
  const op = bounded[c.number(bounded.length)];
  return x === undefined || op === undefined ? undefined : c.builder.unary(op, x);
};

const grow: Maker = (c) => {
  const x = c.value('float');
  const op = growing[c.number(growing.length)];
  return x === undefined || op === undefined ? undefined : c.builder.unary(op, c.builder.unary('tanh', x));
};

const root: Maker = (c) => {
  const x = c.value('float');
  const op = positive[c.number(positive.length)];
  return x === undefined || op === undefined ? undefined : c.builder.unary(op, awayFromZero(c, x));
};

const jump: Maker = (c) => {
  const x = c.exact('float');
  const op = jumping[c.number(jumping.length)];
  return x === undefined || op === undefined ? undefined : c.builder.unary(op, x);
};

const binary: Maker = (c) => {
  const x = c.value(c.number(5) === 0 ? 'int' : 'float');
  const op = pairs[c.number(pairs.length)];
  if (x === undefined || op === undefined) return undefined;
  const y = c.like(x);
  return c.coin() ? c.builder.binary(op, x, y) : c.builder.binary(op, y, x);
};

/** What stands in every layer and every update: per-channel terms and factors, numbers. */
const affine: Maker = (c) => {
  const x = c.value('float');
  const op = (['add', 'subtract', 'multiply'] as const)[c.number(3)] ?? 'add';
  if (x === undefined) return undefined;
  const y = (c.number(3) > 0 ? c.repeated(x) : undefined) ?? c.builder.constant((c.number(7) - 3) / 2, x.type.shape);
  return c.coin() ? c.builder.binary(op, x, y) : c.builder.binary(op, y, x);
};

const quotient: Maker = (c) => {
  const x = c.value('float');
  return x === undefined ? undefined : c.builder.binary('divide', x, awayFromZero(c, c.like(x)));
};

const power: Maker = (c) => {
  const x = c.value('float');
  const exponent = [0, 0.5, 1, 2, 3, -0.5, -1, 1.5][c.number(8)] as number;
  return x === undefined ? undefined : c.builder.scale('power', awayFromZero(c, c.builder.unary('tanh', x)), exponent);
};

const compare: Maker = (c) => {
  const x = c.exact(c.coin() ? 'int' : 'float');
  return x === undefined ? undefined : c.moved(c.builder.compare(directions[c.number(6)] as Direction, x, c.like(x, true)), []);
};

const logical: Maker = (c) => {
  const p = c.value('bool');
  if (p === undefined) return undefined;
  const kind = c.number(3);
  if (kind === 0) return c.moved(c.builder.unary('not', p), []);
  return c.moved(c.builder.binary(kind === 1 ? 'and' : 'or', p, c.like(p)), []);
};

const select: Maker = (c) => {
  const p = c.value('bool');
  const x = p === undefined ? undefined : c.value('float', (shape) => sameShape(shape, p.type.shape));
  return p === undefined || x === undefined ? undefined : c.builder.select(p, x, c.like(x));
};

const convert: Maker = (c) => {
  const x = c.value(c.coin() ? 'bool' : 'int');
  return x === undefined ? undefined : c.moved(c.builder.emit('convert', [x], { dtype: c.coin() ? 'float' : 'int' }), [x]);
};

export const makers = {
  unary,
  grow,
  root,
  jump,
  binary,
  affine,
  quotient,
  power,
  compare,
  logical,
  select,
  convert,
  ...shapeMakers,
  ...linearMakers,
  recurrence,
} as const satisfies Readonly<Record<string, Maker>>;

export type MakerName = keyof typeof makers;

export const makerNames = Object.keys(makers) as readonly MakerName[];
