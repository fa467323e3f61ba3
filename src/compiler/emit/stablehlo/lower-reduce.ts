/** @file Reductions along dimensions, and running sums. */
import type { Node, Value } from '../../ir/ir.ts';
import type { StableBuilder } from './builder.ts';
import type { LoweringContext } from './lowering-context.ts';
import { listText, type StableTensor, typeText } from './tensor.ts';

/** Smallest number of an element type: where a maximum starts. */
function lowest(operand: StableTensor): number {
  return operand.element === 'i32' ? -(2 ** 31) : Number.NEGATIVE_INFINITY;
}

export function reduceSum(context: LoweringContext, node: Node<'reduce_sum'>): StableTensor {
  return context.builder.reduce('add', context.of(node.operands[0] as Value), 0, node.attributes.dimensions);
}

export function reduceMax(context: LoweringContext, node: Node<'reduce_max'>): StableTensor {
  const operand = context.of(node.operands[0] as Value);
  return context.builder.reduce('maximum', operand, lowest(operand), node.attributes.dimensions);
}

/** Pairs of value and place; the larger value wins, a NaN wins over numbers, and among equals the earlier place. Any order of reduction gives the same. */
export function argMax(context: LoweringContext, node: Node<'arg_max'>): StableTensor {
  const { builder } = context;
  const operand = context.of(node.operands[0] as Value);
  const { dimension } = node.attributes;
  const places = builder.iota('i32', operand.shape, dimension);
  const starts = [builder.scalar(lowest(operand), operand.element), builder.scalar(0, 'i32')] as const;
  const shape = operand.shape.filter((_, axis) => axis !== dimension);
  const results = [
    { element: operand.element, shape },
    { element: 'i32', shape },
  ] as const;
  const number = typeText({ element: operand.element, shape: [] });
  const types = [operand, places, ...starts].map(typeText).join(', ');
  const kind = operand.element === 'i32' ? 'SIGNED' : 'FLOAT';
  const comparison = (name: string, direction: string, left: string, right: string, of: string, as: string) =>
    `%${name} = stablehlo.compare ${direction}, %${left}, %${right}, ${as} : (${of}, ${of}) -> tensor<i1>`;
  const text = [
    `stablehlo.reduce(${operand.name} init: ${starts[0].name}), (${places.name} init: ${starts[1].name}) across dimensions = ${listText([dimension])} : (${types}) -> (${results.map(typeText).join(', ')})`,
    ` reducer(%a: ${number}, %b: ${number}) (%i: tensor<i32>, %j: tensor<i32>) {`,
    `  ${comparison('more', 'GT', 'a', 'b', number, kind)}`,
    `  ${comparison('strange', 'NE', 'a', 'a', number, kind)}`,
    '  %wins = stablehlo.or %more, %strange : tensor<i1>',
    `  ${comparison('equal', 'EQ', 'a', 'b', number, kind)}`,
    `  ${comparison('before', 'LT', 'i', 'j', 'tensor<i32>', 'SIGNED')}`,
    '  %first = stablehlo.and %equal, %before : tensor<i1>',
    '  %chosen = stablehlo.or %wins, %first : tensor<i1>',
    `  %value = stablehlo.select %chosen, %a, %b : tensor<i1>, ${number}`,
    '  %place = stablehlo.select %chosen, %i, %j : tensor<i1>, tensor<i32>',
    `  stablehlo.return %value, %place : ${number}, tensor<i32>`,
    '}',
  ].join('\n');
  return builder.operations(text, results)[1] as StableTensor;
}

/** Doubling steps (Hillis and Steele, 1986): each adds what stands 1, 2, 4, … places before. XLA's reduce_window would take quadratic time. */
export function cumulativeSum(context: LoweringContext, node: Node<'cumulative_sum'>): StableTensor {
  const { builder } = context;
  const { dimension, reverse, exclusive } = node.attributes;
  let sums = context.of(node.operands[0] as Value);
  const size = sums.shape[dimension] as number;
  for (let distance = 1; distance < size; distance *= 2)
    sums = builder.add(sums, shifted(builder, sums, dimension, reverse ? -distance : distance));
  return exclusive && size > 0 ? shifted(builder, sums, dimension, reverse ? -1 : 1) : sums;
}

/** Moves elements up by `distance` places; zeros follow, and what leaves is lost. */
function shifted(builder: StableBuilder, operand: StableTensor, dimension: number, distance: number): StableTensor {
  const at = (amount: number) => operand.shape.map((_, axis) => (axis === dimension ? amount : 0));
  return builder.pad(operand, at(distance), at(-distance), at(0));
}
