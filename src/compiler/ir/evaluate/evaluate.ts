/** @file The reference evaluator: what every primitive means, in float64. All engines and rules are measured against it. */
import { InternalError } from '../../diagnostics/internal-error.ts';
import type { HostArray } from '../host-array.ts';
import type { AnyNode, Func, Value } from '../ir.ts';
import type { PrimitiveName } from '../primitives.ts';
import { printType, sameType } from '../tensor-type.ts';
import { convolutionMeanings } from './convolution.ts';
import { dotMeanings } from './dot.ts';
import { elementwiseMeanings } from './elementwise.ts';
import type { Meaning, MeaningTable } from './meaning.ts';
import { reduceMeanings } from './reduce.ts';
import { shapeMeanings } from './shape.ts';
import { structureMeanings } from './structure.ts';
import { windowMeanings } from './window.ts';

/** Sees the results of every node, in execution order; nodes inside `map_tasks` and `scan` once per task or step. */
export type Observer = (node: AnyNode, results: readonly HostArray[]) => void;

const meanings: MeaningTable<PrimitiveName> = {
  ...elementwiseMeanings,
  ...shapeMeanings,
  ...reduceMeanings,
  ...dotMeanings,
  ...convolutionMeanings,
  ...windowMeanings,
  ...structureMeanings,
};

/** Results of one node on the given operands. */
export function evaluateNode(node: AnyNode, operands: readonly HostArray[], observe?: Observer): readonly HostArray[] {
  // The table entry belongs to the node's own primitive; the type system cannot follow the correlation.
  const meaning = meanings[node.op] as Meaning<PrimitiveName>;
  const types = node.results.map((result) => result.type);
  const results = meaning(operands, node.attributes, types, (body, args) => evaluateFunction(body, args, observe));
  observe?.(node, results);
  return results;
}

/** For each node, the values that no later node and no result uses. */
function lastUses(f: Func): readonly (readonly Value[])[] {
  const kept = new Set(f.results.map((result) => result.value));
  const dead: Value[][] = f.nodes.map(() => []);
  for (let index = f.nodes.length - 1; index >= 0; index--) {
    const node = f.nodes[index] as AnyNode;
    for (const value of [...node.operands, ...node.results]) {
      if (kept.has(value)) continue;
      kept.add(value);
      dead[index]?.push(value);
    }
  }
  return dead;
}

/**
 * Runs a function on arrays, in the order of its parameters; returns its results in order. Arguments are not changed, but results may
 * share elements with them. Throws InternalError when an argument has another type than its parameter, and on `gradient` nodes.
 */
export function evaluateFunction(f: Func, args: readonly HostArray[], observe?: Observer): readonly HostArray[] {
  if (args.length !== f.parameters.length) throw new InternalError(`${args.length} arguments for ${f.parameters.length} parameters`);
  const known = new Map<Value, HostArray>();
  f.parameters.forEach(({ name, value }, index) => {
    const argument = args[index] as HostArray;
    if (!sameType(argument.type, value.type))
      throw new InternalError(`argument ${name}: expected ${printType(value.type)}, found ${printType(argument.type)}`);
    known.set(value, argument);
  });
  const look = (value: Value): HostArray => {
    const found = known.get(value);
    if (found === undefined) throw new InternalError('a value is used before it is defined');
    return found;
  };
  const dead = lastUses(f);
  f.nodes.forEach((node, index) => {
    const results = evaluateNode(node, node.operands.map(look), observe);
    node.results.forEach((value, position) => {
      known.set(value, results[position] as HostArray);
    });
    for (const value of dead[index] as readonly Value[]) known.delete(value);
  });
  return f.results.map((result) => look(result.value));
}
