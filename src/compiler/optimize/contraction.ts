/**
 * @file Products of two tensors whose dimensions have labels, as in Einstein's notation: labels that are not in the result are summed over.
 * One place knows how that becomes `dot_general`, sums and transposes.
 */
import type { Value } from '../ir/ir.ts';
import type { Rewriter } from './rewriter.ts';

export interface Labelled {
  readonly value: Value;
  /** One label per dimension, all different. */
  readonly labels: readonly number[];
}

/** The operand summed over labels that neither the other operand nor the result has. */
function summedAlone(graph: Rewriter, own: Labelled, other: Labelled, result: readonly number[]): Labelled {
  const alone = own.labels.filter((label) => !other.labels.includes(label) && !result.includes(label));
  if (alone.length === 0) return own;
  return {
    value: graph.sum(
      own.value,
      alone.map((label) => own.labels.indexOf(label)),
    ),
    labels: own.labels.filter((label) => !alone.includes(label)),
  };
}

/** A tensor spread over the labels of the result. */
function spreadOver(graph: Rewriter, { value, labels }: Labelled, result: readonly number[], sizes: readonly number[]): Value {
  const order = labels.map((_, axis) => axis).sort((a, b) => result.indexOf(labels[a] as number) - result.indexOf(labels[b] as number));
  return graph.broadcast(
    graph.transpose(value, order),
    sizes,
    order.map((axis) => result.indexOf(labels[axis] as number)),
  );
}

/**
 * Sum over all labels that are not in `result` of the products. `result` names each dimension once; `sizes` are its sizes. Labels of the
 * result that no operand has are repetitions.
 */
export function contract(graph: Rewriter, left: Labelled, right: Labelled, result: readonly number[], sizes: readonly number[]): Value {
  const lhs = summedAlone(graph, left, right, result);
  const rhs = summedAlone(graph, right, left, result);
  const shared = lhs.labels.filter((label) => rhs.labels.includes(label));
  const contracted = shared.filter((label) => !result.includes(label));
  if (contracted.length === 0) {
    return graph.emit('multiply', [spreadOver(graph, lhs, result, sizes), spreadOver(graph, rhs, result, sizes)], {});
  }
  const batch = shared.filter((label) => result.includes(label)).sort((a, b) => result.indexOf(a) - result.indexOf(b));
  const places = (own: Labelled, labels: readonly number[]) => labels.map((label) => own.labels.indexOf(label));
  const product = graph.emit('dot_general', [lhs.value, rhs.value], {
    lhsBatch: places(lhs, batch),
    rhsBatch: places(rhs, batch),
    lhsContract: places(lhs, contracted),
    rhsContract: places(rhs, contracted),
  });
  const free = (own: Labelled) => own.labels.filter((label) => !shared.includes(label));
  return spreadOver(graph, { value: product, labels: [...batch, ...free(lhs), ...free(rhs)] }, result, sizes);
}
