/** @file Sums of linear things are taken before, not after: what is summed away is not computed first. */
import type { Node, Value } from '../ir/ir.ts';
import type { Attributes } from '../ir/primitives.ts';
import { sumOfConvolution, sumOfDot } from './linear-sums.ts';
import { restrict, type Spread, splatOf, spreadOf, usedOnce } from './operands.ts';
import { reshapeGroups } from './reshape-groups.ts';
import { type Rewriter, type Rule, rewritePass } from './rewriter.ts';

type Dimensions = Attributes['reduce_sum']['dimensions'];

function remaining(shape: readonly number[], dimensions: Dimensions): number[] {
  return shape.map((_, axis) => axis).filter((axis) => !dimensions.includes(axis));
}

function sizeAlong(shape: readonly number[], dimensions: Dimensions): number {
  return dimensions.reduce((size, axis) => size * (shape[axis] as number), 1);
}

/** A spread value that does not vary along `dimensions`, without them. */
function dropped(graph: Rewriter, value: Value, spread: Spread, dimensions: Dimensions): Value {
  const { shape } = value.type;
  const left = remaining(shape, dimensions);
  const small = restrict(graph, value, spread, spread.kept);
  return graph.broadcast(
    small,
    left.map((axis) => shape[axis] as number),
    spread.kept.map((axis) => left.indexOf(axis)),
  );
}

/** sum(x * b) = sum(x) * b where b does not vary along what is summed. */
function sumOfProduct(node: Node<'multiply'>, dimensions: Dimensions, graph: Rewriter): Value | undefined {
  for (const [factor, other] of [
    [1, 0],
    [0, 1],
  ] as const) {
    const value = node.operands[factor] as Value;
    const spread = spreadOf(graph, value);
    if (spread === undefined) continue;
    const outside = dimensions.filter((axis) => !spread.kept.includes(axis));
    if (sizeAlong(value.type.shape, outside) <= 1) continue;
    const inner = graph.sum(node.operands[other] as Value, outside);
    const product = graph.emit('multiply', [inner, dropped(graph, value, spread, outside)], {});
    const left = remaining(value.type.shape, outside);
    return graph.sum(
      product,
      dimensions.filter((axis) => spread.kept.includes(axis)).map((axis) => left.indexOf(axis)),
    );
  }
  return undefined;
}

/** sum(x + b) = sum(x) + n * b where b does not vary along what is summed; sums of two sums where one side shrinks on its way. */
function sumOfSum(node: Node<'add'> | Node<'subtract'>, dimensions: Dimensions, graph: Rewriter): Value | undefined {
  const [left, right] = node.operands as readonly [Value, Value];
  const apart = [left, right].some((side) => absorbs(graph, side, dimensions, 6));
  return apart ? graph.emit(node.op, [graph.sum(left, dimensions), graph.sum(right, dimensions)], {}) : undefined;
}

/** Whether a sum over `dimensions` of `value` makes `value` itself cheaper, so that it need not stand in an addition. */
function absorbs(graph: Rewriter, value: Value, dimensions: Dimensions, depth: number): boolean {
  const spread = spreadOf(graph, value);
  if (spread !== undefined)
    return (
      sizeAlong(
        value.type.shape,
        dimensions.filter((axis) => !spread.kept.includes(axis)),
      ) > 1
    );
  const node = graph.definition(value);
  if (node === undefined || depth === 0 || !usedOnce(graph, value)) return false;
  switch (node.op) {
    case 'dot_general':
      return dimensions.every((axis) => axis < node.attributes.lhsBatch.length);
    case 'negate':
      return absorbs(graph, node.operands[0] as Value, dimensions, depth - 1);
    case 'multiply':
      return splatOf(graph, node.operands[1]) !== undefined && absorbs(graph, node.operands[0] as Value, dimensions, depth - 1);
    case 'add':
    case 'subtract':
      return node.operands.some((operand) => absorbs(graph, operand, dimensions, depth - 1));
    case 'transpose': {
      const { permutation } = node.attributes;
      return absorbs(
        graph,
        node.operands[0] as Value,
        dimensions.map((axis) => permutation[axis] as number),
        depth - 1,
      );
    }
    case 'reshape': {
      const source = node.operands[0] as Value;
      const summed = sourceDimensions(source.type.shape, node.attributes.shape, dimensions);
      if (summed !== undefined) return absorbs(graph, source, summed, depth - 1);
      return graph.match(source, 'convolution') !== undefined && sumOfConvolution(node, dimensions, graph, false) !== undefined;
    }
    default:
      return false;
  }
}

/** The dimensions of a reshape's operand that hold exactly what `dimensions` of its result hold. */
function sourceDimensions(from: readonly number[], to: readonly number[], dimensions: Dimensions): number[] | undefined {
  const found: number[] = [];
  for (const group of reshapeGroups(from, to) ?? []) {
    const inside = group.to.filter((axis) => to[axis] !== 1);
    const summed = inside.filter((axis) => dimensions.includes(axis));
    if (summed.length > 0 && summed.length < inside.length) return undefined;
    if (summed.length > 0) found.push(...group.from);
  }
  return reshapeGroups(from, to) === undefined ? undefined : found;
}

function sumOfTranspose(node: Node<'transpose'>, dimensions: Dimensions, graph: Rewriter): Value {
  const { permutation } = node.attributes;
  const source = dimensions.map((axis) => permutation[axis] as number).sort((a, b) => a - b);
  const operand = node.operands[0] as Value;
  const left = remaining(operand.type.shape, source);
  const order = permutation.filter((axis) => !source.includes(axis)).map((axis) => left.indexOf(axis));
  return graph.transpose(graph.sum(operand, source), order);
}

const reduceSum: Rule<'reduce_sum'> = (operands, { dimensions }, graph, type) => {
  const operand = operands[0] as Value;
  const node = graph.definition(operand);
  // What others use is computed anyway. (And what is before it would look as if only they did.)
  if (node === undefined || operand.type.shape.includes(0) || !usedOnce(graph, operand)) return undefined;
  if (node.op === 'transpose') return sumOfTranspose(node as Node<'transpose'>, dimensions, graph);
  if (node.op === 'reshape') {
    const source = node.operands[0] as Value;
    const summed = sourceDimensions(source.type.shape, node.attributes.shape, dimensions);
    if (summed !== undefined && summed.length > 0) return graph.reshape(graph.sum(source, summed), type.shape);
    return sumOfConvolution(node as Node<'reshape'>, dimensions, graph, true);
  }
  switch (node.op) {
    case 'negate':
      return graph.emit('negate', [graph.sum(node.operands[0] as Value, dimensions)], {});
    case 'multiply':
      return sumOfProduct(node as Node<'multiply'>, dimensions, graph);
    case 'add':
    case 'subtract':
      return sumOfSum(node as Node<'add'> | Node<'subtract'>, dimensions, graph);
    case 'dot_general':
      return sumOfDot(node as Node<'dot_general'>, dimensions, graph);
    default:
      return undefined;
  }
};

export const reductions = rewritePass(
  'reductions',
  'sums before it multiplies, adds, transposes or reshapes; a sum over a batch of products is one product',
  { reduce_sum: reduceSum },
);
