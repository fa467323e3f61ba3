/** @file Meanings of the elementwise primitives. Each has a loop of its own: a shared loop with a callback is several times slower. */
import type { HostData } from '../host-array.ts';
import { errorFunction } from './error-function.ts';
import { filling, type Meaning, type MeaningTable, operandAt } from './meaning.ts';

type Unary =
  | 'negate'
  | 'abs'
  | 'sign'
  | 'floor'
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
  | 'erf'
  | 'not'
  | 'stop_gradient'
  | 'convert';
type Binary = 'add' | 'subtract' | 'multiply' | 'divide' | 'power' | 'maximum' | 'minimum' | 'and' | 'or';

function unary<P extends Unary>(fill: (y: HostData, x: HostData) => void): Meaning<P> {
  return filling((result, operands) => fill(result, operandAt(operands, 0).data));
}

function binary<P extends Binary>(fill: (y: HostData, a: HostData, b: HostData) => void): Meaning<P> {
  return filling((result, operands) => fill(result, operandAt(operands, 0).data, operandAt(operands, 1).data));
}

const unaryMeanings: MeaningTable<Unary> = {
  negate: unary((y, x) => {
    for (let i = 0; i < y.length; i++) y[i] = -(x[i] as number);
  }),
  abs: unary((y, x) => {
    for (let i = 0; i < y.length; i++) y[i] = Math.abs(x[i] as number);
  }),
  sign: unary((y, x) => {
    for (let i = 0; i < y.length; i++) y[i] = Math.sign(x[i] as number);
  }),
  floor: unary((y, x) => {
    for (let i = 0; i < y.length; i++) y[i] = Math.floor(x[i] as number);
  }),
  exponential: unary((y, x) => {
    for (let i = 0; i < y.length; i++) y[i] = Math.exp(x[i] as number);
  }),
  exponential_minus_one: unary((y, x) => {
    for (let i = 0; i < y.length; i++) y[i] = Math.expm1(x[i] as number);
  }),
  log: unary((y, x) => {
    for (let i = 0; i < y.length; i++) y[i] = Math.log(x[i] as number);
  }),
  log_plus_one: unary((y, x) => {
    for (let i = 0; i < y.length; i++) y[i] = Math.log1p(x[i] as number);
  }),
  sqrt: unary((y, x) => {
    for (let i = 0; i < y.length; i++) y[i] = Math.sqrt(x[i] as number);
  }),
  rsqrt: unary((y, x) => {
    for (let i = 0; i < y.length; i++) y[i] = 1 / Math.sqrt(x[i] as number);
  }),
  tanh: unary((y, x) => {
    for (let i = 0; i < y.length; i++) y[i] = Math.tanh(x[i] as number);
  }),
  logistic: unary((y, x) => {
    for (let i = 0; i < y.length; i++) y[i] = 1 / (1 + Math.exp(-(x[i] as number)));
  }),
  sine: unary((y, x) => {
    for (let i = 0; i < y.length; i++) y[i] = Math.sin(x[i] as number);
  }),
  cosine: unary((y, x) => {
    for (let i = 0; i < y.length; i++) y[i] = Math.cos(x[i] as number);
  }),
  erf: unary((y, x) => {
    for (let i = 0; i < y.length; i++) y[i] = errorFunction(x[i] as number);
  }),
  not: unary((y, x) => {
    for (let i = 0; i < y.length; i++) y[i] = x[i] === 0 ? 1 : 0;
  }),
  stop_gradient: unary((y, x) => y.set(x)),
  // Storing into an Int32Array rounds towards zero, as StableHLO does; a bool asks whether the number is not zero.
  convert: filling((result, operands, { dtype }) => {
    const { data } = operandAt(operands, 0);
    if (dtype === 'bool') for (let i = 0; i < result.length; i++) result[i] = data[i] === 0 ? 0 : 1;
    else result.set(data);
  }),
};

const binaryMeanings: MeaningTable<Binary> = {
  add: binary((y, a, b) => {
    for (let i = 0; i < y.length; i++) y[i] = (a[i] as number) + (b[i] as number);
  }),
  subtract: binary((y, a, b) => {
    for (let i = 0; i < y.length; i++) y[i] = (a[i] as number) - (b[i] as number);
  }),
  multiply: binary((y, a, b) => {
    for (let i = 0; i < y.length; i++) y[i] = (a[i] as number) * (b[i] as number);
  }),
  divide: binary((y, a, b) => {
    for (let i = 0; i < y.length; i++) y[i] = (a[i] as number) / (b[i] as number);
  }),
  power: binary((y, a, b) => {
    for (let i = 0; i < y.length; i++) y[i] = (a[i] as number) ** (b[i] as number);
  }),
  // The first operand wins ties; a NaN in either is the result.
  maximum: binary((y, a, b) => {
    for (let i = 0; i < y.length; i++) {
      const first = a[i] as number;
      const second = b[i] as number;
      y[i] = first >= second || Number.isNaN(first) ? first : second;
    }
  }),
  minimum: binary((y, a, b) => {
    for (let i = 0; i < y.length; i++) {
      const first = a[i] as number;
      const second = b[i] as number;
      y[i] = first <= second || Number.isNaN(first) ? first : second;
    }
  }),
  and: binary((y, a, b) => {
    for (let i = 0; i < y.length; i++) y[i] = (a[i] as number) & (b[i] as number);
  }),
  or: binary((y, a, b) => {
    for (let i = 0; i < y.length; i++) y[i] = (a[i] as number) | (b[i] as number);
  }),
};

const compare: Meaning<'compare'> = filling((result, operands, { direction }) => {
  const a = operandAt(operands, 0).data;
  const b = operandAt(operands, 1).data;
  const size = result.length;
  switch (direction) {
    case 'EQ':
      for (let i = 0; i < size; i++) result[i] = (a[i] as number) === (b[i] as number) ? 1 : 0;
      break;
    case 'NE':
      for (let i = 0; i < size; i++) result[i] = (a[i] as number) !== (b[i] as number) ? 1 : 0;
      break;
    case 'LT':
      for (let i = 0; i < size; i++) result[i] = (a[i] as number) < (b[i] as number) ? 1 : 0;
      break;
    case 'LE':
      for (let i = 0; i < size; i++) result[i] = (a[i] as number) <= (b[i] as number) ? 1 : 0;
      break;
    case 'GT':
      for (let i = 0; i < size; i++) result[i] = (a[i] as number) > (b[i] as number) ? 1 : 0;
      break;
    case 'GE':
      for (let i = 0; i < size; i++) result[i] = (a[i] as number) >= (b[i] as number) ? 1 : 0;
      break;
  }
});

const select: Meaning<'select'> = filling((result, operands) => {
  const predicate = operandAt(operands, 0).data;
  const onTrue = operandAt(operands, 1).data;
  const onFalse = operandAt(operands, 2).data;
  for (let i = 0; i < result.length; i++) result[i] = (predicate[i] === 0 ? onFalse[i] : onTrue[i]) as number;
});

export const elementwiseMeanings: MeaningTable<Unary | Binary | 'compare' | 'select'> = {
  ...unaryMeanings,
  ...binaryMeanings,
  compare,
  select,
};
