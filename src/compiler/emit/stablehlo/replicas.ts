/**
 * @file Several devices: each runs `accumulate` on its own chunks of tasks, into accumulators of its own, and `apply` begins with the sum of all
 * replicas' accumulators. That is one communication for each outer step; everything else that is resident stays equal on all devices,
 * because every replica computes the same update from the same sums.
 */
import type { EntryFunction, Program } from '../../ir/ir.ts';
import { sizeOf } from '../../ir/tensor-type.ts';
import type { StableBuilder } from './builder.ts';
import { usedParameters } from './signature.ts';
import type { StableTensor } from './tensor.ts';

/** Names of the states that hold sums over tasks between the calls of one step. */
export function accumulatorNames(program: Program): ReadonlySet<string> {
  const entries = new Set(program.train.map(({ accumulate }) => accumulate));
  return new Set(program.functions.filter(({ name }) => entries.has(name)).flatMap(({ body }) => body.results.map(({ name }) => name)));
}

/** The operands of `entry` with the accumulators that it uses up summed over the replicas; as they are in any other function. */
export function summedOverReplicas(
  builder: StableBuilder,
  entry: EntryFunction,
  program: Program,
  operands: readonly StableTensor[],
  replicas: number,
): readonly StableTensor[] {
  if (replicas === 1 || !program.train.some(({ apply }) => apply === entry.name)) return operands;
  const accumulators = accumulatorNames(program);
  const places = usedParameters(entry).flatMap(({ name }, index) => (accumulators.has(name) ? [index] : []));
  const summed = allReduce(
    builder,
    places.map((place) => operands[place] as StableTensor),
    replicas,
  );
  const result = [...operands];
  places.forEach((place, index) => {
    result[place] = summed[index] as StableTensor;
  });
  return result;
}

/** Sums over all replicas, in one communication. */
function allReduce(builder: StableBuilder, tensors: readonly StableTensor[], replicas: number): readonly StableTensor[] {
  const flat = builder.concatenate(
    tensors.map((tensor) => builder.reshape(tensor, [sizeOf(tensor.shape)])),
    0,
  );
  const type = `tensor<${flat.shape[0]}xf32>`;
  const group = Array.from({ length: replicas }, (_, replica) => replica).join(', ');
  const text = [
    `"stablehlo.all_reduce"(${flat.name}) <{replica_groups = dense<[[${group}]]> : tensor<1x${replicas}xi64>}> ({`,
    '^bb0(%a: tensor<f32>, %b: tensor<f32>):',
    '  %sum = stablehlo.add %a, %b : tensor<f32>',
    '  stablehlo.return %sum : tensor<f32>',
    `}) : (${type}) -> ${type}`,
  ].join('\n');
  const total = builder.operation(text, { element: 'f32', shape: flat.shape });
  let offset = 0;
  return tensors.map(({ shape }) => {
    const start = offset;
    offset += sizeOf(shape);
    return builder.reshape(builder.slice(total, [start], [offset], [1]), shape);
  });
}
