/** @file Samples of the elementwise primitives. */
import { type HostArray, hostArray } from '../../src/compiler/ir/host-array.ts';
import type { Direction } from '../../src/compiler/ir/primitives.ts';
import { coins, floats, indices } from './draw.ts';
import { type Sample, type SampleTable, sample } from './sample.ts';

type Elementwise =
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
  | 'add'
  | 'subtract'
  | 'multiply'
  | 'divide'
  | 'power'
  | 'maximum'
  | 'minimum'
  | 'and'
  | 'or'
  | 'compare'
  | 'select'
  | 'convert'
  | 'stop_gradient';

type Unary = Exclude<Elementwise, 'compare' | 'convert' | 'select'>;

/** One float operand over [low, high]: a matrix, a scalar, and nothing at all. */
function unary<P extends Unary>(seed: number, low = -2, high = 2): Sample<P>[] {
  return [
    sample<P>('matrix', [floats([3, 4], seed, low, high)], {}),
    sample<P>('scalar', [floats([], seed + 1, low, high)], {}),
    sample<P>('empty', [floats([0, 3], seed, low, high)], {}),
  ];
}

function binary<P extends Unary>(seed: number): Sample<P>[] {
  return [
    sample<P>('matrix', [floats([3, 4], seed), floats([3, 4], seed + 1, 0.5, 2.5)], {}),
    sample<P>('scalar', [floats([], seed + 2), floats([], seed + 3, 0.5, 2.5)], {}),
    sample<P>('empty', [floats([2, 0], seed), floats([2, 0], seed)], {}),
  ];
}

const integers = [indices([2, 3], 70, 9), hostArray('int', [2, 3], [1, 2, -3, 4, 5, 6])];
const tied: readonly HostArray[] = [hostArray('float', [5], [1, -2, 0, 3, -0.5]), hostArray('float', [5], [1, -2, 0, 2, 0.5])];

function direction(name: Direction): Sample<'compare'> {
  return sample<'compare'>(`${name}, with ties`, tied, { direction: name }, false);
}

export const elementwiseSamples: SampleTable<Elementwise> = {
  negate: [...unary<'negate'>(1), sample<'negate'>('int', [indices([2, 3], 1, 9)], {})],
  abs: [
    ...unary<'abs'>(2),
    sample<'abs'>('zero', [hostArray('float', [3], [0, -1, 1])], {}, false),
    sample<'abs'>('int', [hostArray('int', [3], [-4, 0, 4])], {}),
  ],
  sign: [
    ...unary<'sign'>(3),
    sample<'sign'>('zero', [hostArray('float', [3], [0, -3, 2])], {}, false),
    sample<'sign'>('int', [hostArray('int', [3], [-4, 0, 4])], {}),
  ],
  floor: [...unary<'floor'>(4), sample<'floor'>('whole numbers', [hostArray('float', [4], [-2, -1.5, 0, 3])], {}, false)],
  exponential: unary<'exponential'>(5),
  exponential_minus_one: [
    ...unary<'exponential_minus_one'>(6),
    sample<'exponential_minus_one'>('near zero', [hostArray('float', [3], [1e-9, -1e-7, 0])], {}),
  ],
  log: unary<'log'>(7, 0.2, 4),
  log_plus_one: [
    ...unary<'log_plus_one'>(8, -0.7, 3),
    sample<'log_plus_one'>('near zero', [hostArray('float', [3], [1e-9, -1e-7, 0])], {}),
  ],
  sqrt: unary<'sqrt'>(9, 0.3, 4),
  rsqrt: unary<'rsqrt'>(10, 0.3, 4),
  tanh: [...unary<'tanh'>(11), sample<'tanh'>('saturated', [hostArray('float', [2], [40, -40])], {})],
  logistic: [...unary<'logistic'>(12, -4, 4), sample<'logistic'>('saturated', [hostArray('float', [2], [40, -40])], {})],
  sine: unary<'sine'>(13, -4, 4),
  cosine: unary<'cosine'>(14, -4, 4),
  erf: [...unary<'erf'>(15), sample<'erf'>('saturated', [hostArray('float', [3], [7, -7, 0])], {})],
  not: [sample<'not'>('matrix', [coins([3, 4], 16)], {}), sample<'not'>('scalar', [coins([], 17)], {})],
  add: [...binary<'add'>(18), sample<'add'>('int', integers, {})],
  subtract: [...binary<'subtract'>(19), sample<'subtract'>('int', integers, {})],
  multiply: [...binary<'multiply'>(20), sample<'multiply'>('int', integers, {})],
  divide: [
    ...binary<'divide'>(21),
    sample<'divide'>('int, rounding to zero', [hostArray('int', [4], [7, -7, 6, 1]), hostArray('int', [4], [2, 2, -4, 3])], {}),
  ],
  power: [
    sample<'power'>('matrix', [floats([3, 4], 22, 0.4, 2.5), floats([3, 4], 23)], {}),
    sample<'power'>('scalar', [floats([], 24, 0.4, 2.5), floats([], 25)], {}),
    sample<'power'>('squares and cubes of signed numbers', [floats([2, 3], 26), hostArray('float', [2, 3], [2, 3, 2, 3, 2, 3])], {}, false),
    sample<'power'>('zero to 1, 2, 3', [hostArray('float', [3], [0, 0, 0]), hostArray('float', [3], [1, 2, 3])], {}, false),
  ],
  maximum: [...binary<'maximum'>(27), sample<'maximum'>('ties', tied, {}, false), sample<'maximum'>('int', integers, {})],
  minimum: [...binary<'minimum'>(28), sample<'minimum'>('ties', tied, {}, false), sample<'minimum'>('int', integers, {})],
  and: [sample<'and'>('matrix', [coins([3, 4], 29), coins([3, 4], 30)], {}), sample<'and'>('scalar', [coins([], 31), coins([], 32)], {})],
  or: [sample<'or'>('matrix', [coins([3, 4], 33), coins([3, 4], 34)], {}), sample<'or'>('scalar', [coins([], 35), coins([], 36)], {})],
  compare: [
    ...(['EQ', 'NE', 'LT', 'LE', 'GT', 'GE'] as const).map(direction),
    sample<'compare'>('int', integers, { direction: 'GE' }),
    sample<'compare'>('scalar', [floats([], 37), floats([], 38)], { direction: 'LT' }),
  ],
  select: [
    sample<'select'>('matrix', [coins([3, 4], 39), floats([3, 4], 40), floats([3, 4], 41)], {}),
    sample<'select'>('scalar', [coins([], 42), floats([], 43), floats([], 44)], {}),
    sample<'select'>('int', [coins([2, 3], 45), ...integers], {}),
  ],
  convert: [
    sample<'convert'>('int to float', [indices([2, 3], 46, 9)], { dtype: 'float' }),
    sample<'convert'>('bool to float', [coins([5], 47)], { dtype: 'float' }),
    sample<'convert'>('float to int, rounding to zero', [hostArray('float', [5], [-1.7, -0.2, 0, 1.7, 3])], { dtype: 'int' }, false),
    sample<'convert'>('uint8 to float', [hostArray('uint8', [2, 2], [0, 1, 128, 255])], { dtype: 'float' }),
    sample<'convert'>('bool to int', [coins([4], 48)], { dtype: 'int' }),
    sample<'convert'>('float to float', [floats([2, 3], 49)], { dtype: 'float' }),
  ],
  stop_gradient: [
    sample<'stop_gradient'>('matrix', [floats([3, 4], 50)], {}, false),
    sample<'stop_gradient'>('scalar', [floats([], 51)], {}, false),
  ],
};
