/**
 * @file Random small functions over all primitives that an engine sees, for properties such as "a pass does not change what a function
 * computes". A function is made from a list of decisions, so that fast-check can shrink it.
 *
 * The functions are tame: logarithms, roots and quotients get operands away from their poles, and what jumps (compare, floor, sign, arg_max)
 * gets operands that are parameters with their elements moved about. Rounding in another order then changes results by rounding only.
 */
import fc from 'fast-check';
import { FunctionBuilder } from '../src/compiler/ir/build.ts';
import type { HostArray } from '../src/compiler/ir/host-array.ts';
import type { Func, Value } from '../src/compiler/ir/ir.ts';
import { printFunction } from '../src/compiler/ir/print.ts';
import { tensorType } from '../src/compiler/ir/tensor-type.ts';
import { removeDeadNodes } from '../src/compiler/optimize/dead-code.ts';
import { floats, indices } from './primitives/draw.ts';
import { Choices } from './random-function/choices.ts';
import { type MakerName, makerNames, makers } from './random-function/makers.ts';

export interface RandomFunction {
  readonly f: Func;
  /** Arguments for its parameters. */
  readonly args: readonly HostArray[];
  /** For fast-check's reports. */
  readonly [fc.toStringMethod]: () => string;
}

const floatShapes: readonly (readonly number[])[] = [[2, 3], [3], [2, 3, 4], [], [1, 4, 4], [3, 1], [2, 2, 4, 4], [3, 2, 2, 3]];

/** Builds a function from decisions: each node takes one list of numbers, which say what it is and what it is applied to. */
export function functionFrom(decisions: readonly (readonly number[])[], favourites: readonly MakerName[] = []): RandomFunction {
  const builder = new FunctionBuilder();
  const args: HostArray[] = [];
  const values: Value[] = [];
  const exact = new Set<Value>();
  floatShapes.forEach((shape, index) => {
    values.push(builder.parameter(`x${index}`, tensorType('float', shape)));
    args.push(floats(shape, 1000 + index));
  });
  for (const [index, shape] of [[3], [2, 3]].entries()) {
    values.push(builder.parameter(`i${index}`, tensorType('int', shape)));
    args.push(indices(shape, 2000 + index, 2));
  }
  for (const value of values) exact.add(value);
  for (const numbers of decisions) {
    const choices = new Choices(numbers, values, exact, builder);
    const favourite = choices.number(5) > 0 ? favourites[choices.number(favourites.length)] : undefined;
    const make = makers[favourite ?? (makerNames[choices.number(makerNames.length)] as MakerName)];
    const made = make(choices);
    if (made !== undefined) values.push(made);
  }
  const results = values.slice(-4).map((value, index) => ({ name: `result${index}`, value }));
  const f = builder.finish(results);
  return { f, args, [fc.toStringMethod]: () => `\n${printFunction(removeDeadNodes(f))}\n` };
}

/** Functions of up to `nodes` applications, most of them made by the favourites, if any. */
export function randomFunctions(nodes = 14, favourites: readonly MakerName[] = []): fc.Arbitrary<RandomFunction> {
  const decision = fc.array(fc.nat({ max: 9999 }), { minLength: 17, maxLength: 17 });
  const decisions = fc.array(decision, { minLength: Math.ceil(nodes / 2), maxLength: nodes, size: 'max' });
  return decisions.map((list) => functionFrom(list, favourites));
}
