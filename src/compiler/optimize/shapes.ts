/** @file Reshapes, transposes, broadcasts and slices that undo, repeat or contain each other. */
import type { Value } from '../ir/ir.ts';
import { sameShape } from '../ir/tensor-type.ts';
import { properAxes } from './operands.ts';
import { sumOfPadded } from './padded-sums.ts';
import { type Rule, type RuleSet, rewritePass } from './rewriter.ts';
import { slicingRules } from './slicing.ts';

const reshape: Rule<'reshape'> = (operands, { shape }, graph) => {
  const operand = operands[0] as Value;
  if (sameShape(operand.type.shape, shape)) return operand;
  const inner = graph.match(operand, 'reshape');
  if (inner !== undefined) return graph.reshape(inner.operands[0] as Value, shape);
  const broadcast = graph.match(operand, 'broadcast_in_dim');
  if (broadcast === undefined) return undefined;
  // A reshape that adds or drops dimensions of size 1 only: broadcast to the other shape at once.
  const source = broadcast.operands[0] as Value;
  const from = properAxes(operand.type.shape);
  const to = properAxes(shape);
  if (
    !sameShape(
      from.map((axis) => operand.type.shape[axis] as number),
      to.map((axis) => shape[axis] as number),
    )
  )
    return undefined;
  const { dimensions } = broadcast.attributes;
  const axes = dimensions.flatMap((target, axis) => (from.includes(target) ? [axis] : []));
  const squeezed = graph.reshape(
    source,
    axes.map((axis) => source.type.shape[axis] as number),
  );
  return graph.broadcast(
    squeezed,
    shape,
    axes.map((axis) => to[from.indexOf(dimensions[axis] as number)] as number),
  );
};

const transpose: Rule<'transpose'> = (operands, { permutation }, graph, type) => {
  const operand = operands[0] as Value;
  if (permutation.every((axis, index) => axis === index)) return operand;
  const inner = graph.match(operand, 'transpose');
  if (inner !== undefined) {
    return graph.transpose(
      inner.operands[0] as Value,
      permutation.map((axis) => inner.attributes.permutation[axis] as number),
    );
  }
  const proper = permutation.filter((axis) => operand.type.shape[axis] !== 1);
  if (proper.every((axis, index) => index === 0 || axis > (proper[index - 1] as number))) return graph.reshape(operand, type.shape);
  const broadcast = graph.match(operand, 'broadcast_in_dim');
  if (broadcast === undefined) return undefined;
  // Broadcast dimensions must increase, so the small operand is transposed instead of the big result.
  const source = broadcast.operands[0] as Value;
  const { dimensions } = broadcast.attributes;
  const targets = dimensions.map((target) => permutation.indexOf(target));
  const order = targets.map((_, axis) => axis).sort((a, b) => (targets[a] as number) - (targets[b] as number));
  return graph.broadcast(
    graph.transpose(source, order),
    type.shape,
    order.map((axis) => targets[axis] as number),
  );
};

const broadcast: Rule<'broadcast_in_dim'> = (operands, { shape, dimensions }, graph) => {
  const operand = operands[0] as Value;
  if (sameShape(operand.type.shape, shape)) return operand;
  const inner = graph.match(operand, 'broadcast_in_dim');
  if (inner !== undefined) {
    const source = inner.operands[0] as Value;
    // An inner target of size 1 that the outer one repeats is a repetition of the source too.
    return graph.broadcast(
      source,
      shape,
      inner.attributes.dimensions.map((axis) => dimensions[axis] as number),
    );
  }
  const from = operand.type.shape;
  if (sameShape(nonUnit(from), nonUnit(shape))) return graph.reshape(operand, shape);
  // Dimensions of size 1 say nothing: name only those that vary.
  const axes = properAxes(from);
  if (axes.length === from.length) return undefined;
  return graph.broadcast(
    graph.reshape(
      operand,
      axes.map((axis) => from[axis] as number),
    ),
    shape,
    axes.map((axis) => dimensions[axis] as number),
  );
};

function nonUnit(shape: readonly number[]): number[] {
  return shape.filter((size) => size !== 1);
}

const reverse: Rule<'reverse'> = (operands, { dimensions }, graph) => {
  const operand = operands[0] as Value;
  const needed = dimensions.filter((axis) => operand.type.shape[axis] !== 1);
  if (needed.length === 0) return operand;
  if (needed.length < dimensions.length) return graph.emit('reverse', [operand], { dimensions: needed });
  const inner = graph.match(operand, 'reverse');
  if (inner === undefined) return undefined;
  const before = inner.attributes.dimensions;
  const once = [...dimensions, ...before].filter((axis) => dimensions.includes(axis) !== before.includes(axis));
  const source = inner.operands[0] as Value;
  return once.length === 0 ? source : graph.emit('reverse', [source], { dimensions: once.sort((a, b) => a - b) });
};

const reduceSum: Rule<'reduce_sum'> = (operands, { dimensions }, graph, type) => {
  const operand = operands[0] as Value;
  const { shape } = operand.type;
  if (dimensions.every((axis) => shape[axis] === 1)) return graph.reshape(operand, type.shape);
  const inner = graph.match(operand, 'reduce_sum');
  if (inner === undefined || graph.uses(operand) > 1) return undefined;
  const source = inner.operands[0] as Value;
  const left = source.type.shape.map((_, axis) => axis).filter((axis) => !inner.attributes.dimensions.includes(axis));
  const all = [...inner.attributes.dimensions, ...dimensions.map((axis) => left[axis] as number)];
  return graph.sum(
    source,
    all.sort((a, b) => a - b),
  );
};

const reduceMax: Rule<'reduce_max'> = (operands, { dimensions }, graph, type) => {
  const operand = operands[0] as Value;
  return dimensions.every((axis) => operand.type.shape[axis] === 1) ? graph.reshape(operand, type.shape) : undefined;
};

const rules: RuleSet = {
  reshape,
  transpose,
  broadcast_in_dim: broadcast,
  reverse,
  reduce_sum: reduceSum,
  reduce_max: reduceMax,
  ...slicingRules,
  add: sumOfPadded,
};

export const shapes = rewritePass(
  'shapes',
  'removes reshapes, transposes, broadcasts, pads and slices that undo or repeat each other',
  rules,
);
