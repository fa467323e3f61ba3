/** @file First and second derivatives of traced values, by the compiler and by central differences. */
import { differentiate } from '../../../src/compiler/differentiate/differentiate.ts';
import { FunctionBuilder } from '../../../src/compiler/ir/build.ts';
import { evaluateFunction } from '../../../src/compiler/ir/evaluate/evaluate.ts';
import { type HostArray, hostArray, scalarOf } from '../../../src/compiler/ir/host-array.ts';
import type { Func, Value } from '../../../src/compiler/ir/ir.ts';
import { sizeOf } from '../../../src/compiler/ir/tensor-type.ts';
import { numbers } from './fake-context.ts';

/** sum(value * fixed numbers): a scalar that every element enters with a weight of its own. */
export function mixed(builder: FunctionBuilder, values: readonly Value[]): Value {
  const parts = values.map((value, index) => {
    const { shape } = value.type;
    const weights = builder.emit('constant', [], { dtype: 'float', shape, values: numbers(sizeOf(shape), 31 + index) });
    return builder.sum(
      builder.binary('multiply', value, weights),
      shape.map((_, axis) => axis),
    );
  });
  return parts.reduce((sum, part) => builder.binary('add', sum, part), builder.constant(0));
}

/** Indices of the parameters that have derivatives. */
export function floatParameters(f: Func): number[] {
  return f.parameters.flatMap(({ value }, index) => (value.type.dtype === 'float' ? [index] : []));
}

/** A function of the same parameters whose results are the gradients of the first result; `gradient` nodes are not expanded. */
function gradientFunction(f: Func): { readonly builder: FunctionBuilder; readonly gradients: readonly Value[] } {
  const builder = new FunctionBuilder();
  const parameters = f.parameters.map(({ name, value }) => builder.parameter(name, value.type));
  const results = builder.apply('gradient', parameters, { body: f, wrt: floatParameters(f) });
  return { builder, gradients: results.slice(f.results.length) };
}

/** Gradients of a scalar function, one array per float parameter. */
export function gradients(f: Func, args: readonly HostArray[]): number[][] {
  const { builder, gradients: values } = gradientFunction(f);
  const finished = builder.finish(values.map((value, index) => ({ name: `gradient${index}`, value })));
  return evaluateFunction(differentiate(finished), args).map(({ data }) => [...data]);
}

/** The scalar function `mixed(gradients of f)`, whose gradient holds second derivatives. */
export function mixedGradient(f: Func): Func {
  const { builder, gradients: values } = gradientFunction(f);
  return builder.finish([{ name: 'mixed', value: mixed(builder, values) }]);
}

/** Central differences of a scalar function, one array per float parameter. */
export function differences(f: Func, args: readonly HostArray[], step = 1e-5): number[][] {
  const ready = differentiate(f);
  const at = (parameter: number, element: number, change: number): number => {
    const moved = args.map((array, index) => {
      if (index !== parameter) return array;
      const data = [...array.data];
      data[element] = (data[element] as number) + change;
      return hostArray('float', array.type.shape, data);
    });
    return scalarOf(evaluateFunction(ready, moved)[0] as HostArray);
  };
  return floatParameters(f).map((parameter) =>
    [...(args[parameter] as HostArray).data].map(
      (_, element) => (at(parameter, element, step) - at(parameter, element, -step)) / (2 * step),
    ),
  );
}
