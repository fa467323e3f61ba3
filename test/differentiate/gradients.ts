/** @file Functions around one primitive: a weighted sum of its result, and gradients of that. */
import { FunctionBuilder } from '../../src/compiler/ir/build.ts';
import type { HostArray } from '../../src/compiler/ir/host-array.ts';
import type { Func, Value } from '../../src/compiler/ir/ir.ts';
import type { Attributes, PrimitiveName } from '../../src/compiler/ir/primitives.ts';
import { type TensorType, tensorType } from '../../src/compiler/ir/tensor-type.ts';

/** sum(a * b), a scalar. */
export function weigh(builder: FunctionBuilder, a: Value, b: Value): Value {
  const product = builder.binary('multiply', a, b);
  return builder.sum(
    product,
    a.type.shape.map((_, axis) => axis),
  );
}

/** (operands..., weights of each float result...) -> sum(op(operands) * weights). */
export function weightedSum<P extends PrimitiveName>(op: P, operands: readonly HostArray[], attributes: Attributes[P]): Func {
  const builder = new FunctionBuilder();
  const values = operands.map(({ type }, index) => builder.parameter(`operand${index}`, type));
  const results = builder.apply(op, values, attributes).filter(({ type }) => type.dtype === 'float');
  const terms = results.map((result, index) => weigh(builder, result, builder.parameter(`weights${index}`, result.type)));
  const value = terms.reduce((sum, term) => builder.binary('add', sum, term));
  return builder.finish([{ name: 'loss', value }]);
}

export function floatParameters(f: Func): number[] {
  return f.parameters.flatMap(({ value }, index) => (value.type.dtype === 'float' ? [index] : []));
}

/** Same parameters; results: the first result of `f` and its gradients by `wrt`. */
export function gradientOf(f: Func, wrt: readonly number[]): Func {
  const builder = new FunctionBuilder();
  const parameters = f.parameters.map(({ name, value }) => builder.parameter(name, value.type));
  const results = builder.apply('gradient', parameters, { body: f, wrt });
  const own = results.slice(f.results.length);
  return builder.finish([
    { name: 'loss', value: results[0] as Value },
    ...own.map((value, index) => ({ name: `gradient${wrt[index]}`, value })),
  ]);
}

/** (parameters..., one direction per gradient) -> sum over gradients of <gradient, direction>: a scalar whose gradient is a second derivative. */
export function directional(f: Func, wrt: readonly number[]): Func {
  const builder = new FunctionBuilder();
  const parameters = f.parameters.map(({ name, value }) => builder.parameter(name, value.type));
  const gradients = builder.apply('gradient', parameters, { body: f, wrt }).slice(f.results.length);
  const terms = gradients.map((gradient, index) => weigh(builder, gradient, builder.parameter(`direction${wrt[index]}`, gradient.type)));
  const value = terms.reduce((sum, term) => builder.binary('add', sum, term));
  return builder.finish([{ name: 'loss', value }]);
}

export const scalar: TensorType = tensorType('float', []);
