/**
 * @file A product with an item and the state side by side, as in `dense(concat(item, state))`, is the sum of two products, of which the
 * one with the item can be computed for all steps at once.
 */
import { FunctionBuilder, lookUp } from '../ir/build.ts';
import type { Func, Node, Value } from '../ir/ir.ts';
import { hasRegion, mapRegions } from '../ir/region.ts';
import type { Pass } from './pass.ts';
import { Step } from './scan-parts.ts';

interface Joined {
  /** Which operand of the product is joined, along which of its dimensions; and that dimension of the other operand. */
  readonly side: 0 | 1;
  readonly dimension: number;
  readonly opposite: number;
  readonly parts: readonly Value[];
}

/** The operand that joins values of both sorts along the contracted dimension. */
function joinedOperand(step: Step, node: Node<'dot_general'>): Joined | undefined {
  const { lhsContract, rhsContract } = node.attributes;
  if (lhsContract.length !== 1) return undefined;
  for (const side of [0, 1] as const) {
    const maker = step.maker(node.operands[side] as Value);
    const [own, opposite] = side === 0 ? [lhsContract[0], rhsContract[0]] : [rhsContract[0], lhsContract[0]];
    if (maker?.op !== 'concatenate' || maker.attributes.dimension !== own || opposite === undefined) continue;
    const waits = maker.operands.map((operand) => step.varies(operand) === 'state');
    // The other side must be there before the state is.
    if (!waits.includes(true) || !waits.includes(false) || step.varies(node.operands[1 - side] as Value) === 'state') continue;
    return { side, dimension: own, opposite, parts: maker.operands };
  }
  return undefined;
}

/** The sum of the products with each part. */
function separated(
  builder: FunctionBuilder,
  node: Node<'dot_general'>,
  { side, dimension, opposite, parts }: Joined,
  known: ReadonlyMap<Value, Value>,
): Value {
  const other = lookUp(known, node.operands[1 - side] as Value);
  const { shape } = other.type;
  let from = 0;
  const products = parts.map((part) => {
    const to = from + (part.type.shape[dimension] as number);
    const at = (list: readonly number[], value: number): number[] => list.map((old, axis) => (axis === opposite ? value : old));
    const slice = builder.emit('slice', [other], {
      start: at(
        shape.map(() => 0),
        from,
      ),
      limit: at(shape, to),
      strides: shape.map(() => 1),
    });
    from = to;
    const own = lookUp(known, part);
    return builder.emit('dot_general', side === 0 ? [own, slice] : [slice, own], node.attributes);
  });
  return products.reduce((sum, product) => builder.binary('add', sum, product));
}

function separateBody(node: Node<'scan'>): Func {
  const step = new Step(node);
  const { body } = node.attributes;
  const found = new Map(
    body.nodes.flatMap((one) => {
      const joined = one.op === 'dot_general' ? joinedOperand(step, one) : undefined;
      return joined === undefined ? [] : [[one as unknown, joined] as const];
    }),
  );
  if (found.size === 0) return body;
  const builder = new FunctionBuilder();
  const known = new Map<Value, Value>();
  for (const { name, value } of body.parameters) known.set(value, builder.parameter(name, value.type));
  for (const one of body.nodes) {
    const joined = found.get(one);
    if (joined === undefined || one.op !== 'dot_general') {
      builder.copy(one, known);
      continue;
    }
    builder.source = one.source;
    known.set(one.results[0] as Value, separated(builder, one, joined, known));
  }
  return builder.finish(body.results.map(({ name, value }) => ({ name, value: lookUp(known, value) })));
}

function run(f: Func): Func {
  if (!f.nodes.some(hasRegion)) return f;
  const inside = mapRegions(f, run);
  const nodes = inside.nodes.map((node) => {
    if (node.op !== 'scan') return node;
    const body = separateBody(node);
    return body === node.attributes.body ? node : { ...node, attributes: { ...node.attributes, body } };
  });
  return nodes.some((node, index) => node !== inside.nodes[index]) ? { ...inside, nodes } : inside;
}

export const separateItems: Pass = {
  name: 'separate-items',
  summary: 'writes products with an item and the state side by side as sums of two products, in recurrences',
  run,
};
