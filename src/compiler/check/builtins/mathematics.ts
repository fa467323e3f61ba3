/** @file Elementwise mathematics. */
import type { FunctionBuilder } from '../../ir/build.ts';
import type { Value } from '../../ir/ir.ts';
import type { Builtin } from '../builtin.ts';
import { applyBinary, applyPower, broadcastDims, broadcastPair, expandTo, mapElements } from './elementwise.ts';
import { tensorParameter } from './parameters.ts';

function elementwise(name: string, summary: string, compute: (builder: FunctionBuilder, x: Value) => Value): Builtin {
  return {
    name,
    category: 'mathematics',
    elementwise: true,
    summary,
    parameters: [tensorParameter('x', 'any shape')],
    apply: (context, values) => mapElements(context, values.tensor('x'), compute),
  };
}

function ofTwo(name: 'max' | 'min', word: string): Builtin {
  return {
    name,
    category: 'mathematics',
    elementwise: true,
    summary: `The ${word} of two values, elementwise; at ties the first takes the gradient. Over an axis: \`${name}imum\`.`,
    parameters: [tensorParameter('a', 'any shape'), tensorParameter('b', 'a shape that goes with it')],
    apply(context, values) {
      const [a, b] = [values.tensor('a'), values.tensor('b')];
      const pair = broadcastPair(context, name, a, b, values.rangeOf('a'), values.rangeOf('b'));
      return context.wrap(context.builder.binary(`${name}imum`, pair.left, pair.right), pair.dims, [a, b]);
    },
  };
}

const power: Builtin = {
  name: 'power',
  category: 'mathematics',
  elementwise: true,
  summary: 'base^exponent, elementwise; the same as the operator `^`.',
  parameters: [tensorParameter('base', 'any shape'), tensorParameter('exponent', 'a number or a shape that goes with it')],
  apply(context, values) {
    const exponent = values.any('exponent');
    if (exponent.kind === 'number') return applyPower(context, values.tensor('base'), exponent.value);
    return applyBinary(context, '^', values.tensor('base'), values.tensor('exponent'), values.rangeOf('base'), values.rangeOf('exponent'));
  },
};

const clip: Builtin = {
  name: 'clip',
  category: 'mathematics',
  elementwise: true,
  summary: 'x brought into [low, high], elementwise; the derivative is 0 outside.',
  parameters: [tensorParameter('x', 'any shape'), tensorParameter('low', 'lower bound'), tensorParameter('high', 'upper bound')],
  apply(context, values) {
    const [x, low, high] = [values.tensor('x'), values.tensor('low'), values.tensor('high')];
    const { builder } = context;
    const withLow = broadcastDims('clip', x.dims, low.dims, values.rangeOf('x'), values.rangeOf('low'));
    const dims = broadcastDims('clip', withLow, high.dims, values.rangeOf('x'), values.rangeOf('high'));
    const raised = builder.binary('maximum', expandTo(context, x, dims), expandTo(context, low, dims));
    return context.wrap(builder.binary('minimum', raised, expandTo(context, high, dims)), dims, [x, low, high]);
  },
};

const where: Builtin = {
  name: 'where',
  category: 'mathematics',
  elementwise: true,
  summary: '`a` where the condition holds (is not 0), `b` elsewhere; comparisons such as `x < 0` are conditions.',
  parameters: [
    tensorParameter('condition', 'a comparison'),
    tensorParameter('a', 'value where it holds'),
    tensorParameter('b', 'value elsewhere'),
  ],
  apply(context, values) {
    const [condition, a, b] = [values.tensor('condition'), values.tensor('a'), values.tensor('b')];
    const { builder } = context;
    const branches = broadcastDims('where', a.dims, b.dims, values.rangeOf('a'), values.rangeOf('b'));
    const dims = broadcastDims('where', condition.dims, branches, values.rangeOf('condition'), values.rangeOf('a'));
    const test = expandTo(context, condition, dims);
    const holds = builder.compare('NE', test, builder.zerosLike(test));
    return context.wrap(builder.select(holds, expandTo(context, a, dims), expandTo(context, b, dims)), dims, [condition, a, b]);
  },
};

const stop: Builtin = {
  name: 'stop',
  category: 'mathematics',
  summary: 'The value itself, taken as a constant by every derivative.',
  parameters: [tensorParameter('x', 'any shape')],
  apply(context, values) {
    const x = values.tensor('x');
    const { dtype } = x.value.type;
    return dtype === 'float' ? context.wrap(context.builder.unary('stop_gradient', x.value), x.dims, [x]) : x;
  },
};

export const mathematicsBuiltins: readonly Builtin[] = [
  elementwise('exp', 'e^x.', (builder, x) => builder.unary('exponential', x)),
  elementwise('log', 'Natural logarithm.', (builder, x) => builder.unary('log', x)),
  elementwise('sqrt', 'Square root; its derivative at 0 is infinite.', (builder, x) => builder.unary('sqrt', x)),
  elementwise('square', 'x*x.', (builder, x) => builder.binary('multiply', x, x)),
  elementwise('abs', 'Absolute value; its derivative at 0 is 0.', (builder, x) => builder.unary('abs', x)),
  elementwise('sign', '-1, 0 or 1; its derivative is 0.', (builder, x) => builder.unary('sign', x)),
  elementwise('floor', 'The largest whole number that is not above x; its derivative is 0.', (builder, x) => builder.unary('floor', x)),
  elementwise('sin', 'Sine, in radians.', (builder, x) => builder.unary('sine', x)),
  elementwise('cos', 'Cosine, in radians.', (builder, x) => builder.unary('cosine', x)),
  elementwise('erf', 'The error function 2/sqrt(pi) * integral of exp(-t^2) from 0 to x.', (builder, x) => builder.unary('erf', x)),
  ofTwo('max', 'larger'),
  ofTwo('min', 'smaller'),
  power,
  clip,
  where,
  stop,
];
