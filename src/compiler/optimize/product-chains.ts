/**
 * @file Products of three tensors, `A (B C)`, in the cheaper order. The derivative of an adapted weight is a product over few examples, and what
 * multiplies it does not need the whole table: with 10 examples and 40 x 40 weights, `(A B) C` takes half of the arithmetic.
 */
import type { Node, Value } from '../ir/ir.ts';
import { contract, type Labelled } from './contraction.ts';
import { type Rewriter, type Rule, rewritePass } from './rewriter.ts';

/** The new order must take less than this share of the old one's arithmetic, so that rounding is not changed for nothing. */
const WORTHWHILE = 0.75;

type Dot = Node<'dot_general'>;

/** Labels of the operands and the result of a product whose result has the labels `own`, or new ones from `fresh`. */
function labelsOf(dot: Dot, own: readonly number[] | undefined, fresh: () => number): { lhs: Labelled; rhs: Labelled; result: number[] } {
  const { lhsBatch, rhsBatch, lhsContract, rhsContract } = dot.attributes;
  const [lhs, rhs] = dot.operands as readonly [Value, Value];
  const left: number[] = [];
  const right: number[] = [];
  const result: number[] = [];
  const next = (): number => {
    const label = own === undefined ? fresh() : (own[result.length] as number);
    result.push(label);
    return label;
  };
  lhsBatch.forEach((axis, index) => {
    left[axis] = next();
    right[rhsBatch[index] as number] = left[axis] as number;
  });
  lhsContract.forEach((axis, index) => {
    left[axis] = fresh();
    right[rhsContract[index] as number] = left[axis] as number;
  });
  for (const [value, labels] of [
    [lhs, left],
    [rhs, right],
  ] as const) {
    for (let axis = 0; axis < value.type.shape.length; axis++) labels[axis] ??= next();
  }
  return { lhs: { value: lhs, labels: left }, rhs: { value: rhs, labels: right }, result };
}

function sizesOf(...operands: readonly Labelled[]): Map<number, number> {
  return new Map(operands.flatMap(({ value, labels }) => labels.map((label, axis) => [label, value.type.shape[axis] as number] as const)));
}

const product = (labels: Iterable<number>, sizes: ReadonlyMap<number, number>): number =>
  [...labels].reduce((total, label) => total * (sizes.get(label) as number), 1);

interface Order {
  readonly first: Labelled;
  readonly second: Labelled;
  readonly last: Labelled;
  readonly between: readonly number[];
  readonly arithmetic: number;
  readonly room: number;
}

/** Multiplies `first` by `second`, and the result by `last`; undefined where that is no product of matrices. */
function inOrder(first: Labelled, second: Labelled, last: Labelled, result: readonly number[], sizes: ReadonlyMap<number, number>) {
  const both = new Set([...first.labels, ...second.labels]);
  const between = [...both].filter((label) => result.includes(label) || last.labels.includes(label));
  const contractsFirst = first.labels.some((label) => second.labels.includes(label) && !between.includes(label));
  const contractsLast = between.some((label) => last.labels.includes(label) && !result.includes(label));
  if (!contractsFirst || !contractsLast) return undefined;
  const arithmetic = product(both, sizes) + product(new Set([...between, ...last.labels]), sizes);
  const order: Order = { first, second, last, between, arithmetic, room: product(between, sizes) };
  return order;
}

/** The cheaper order of a product whose operand `innerIndex` is the product `inner`. */
export interface Chain extends Order {
  readonly result: readonly number[];
  readonly sizes: ReadonlyMap<number, number>;
  /** Of the outer product as it is written. */
  readonly arithmeticNow: number;
}

/** Undefined where the order as written is as good, or makes the smaller tensor. */
export function cheaperOrder(dot: Dot, innerIndex: 0 | 1, inner: Dot): Chain | undefined {
  let count = 0;
  const fresh = (): number => count++;
  const outside = labelsOf(dot, undefined, fresh);
  const [outer, tableLabels] = innerIndex === 0 ? [outside.rhs, outside.lhs.labels] : [outside.lhs, outside.rhs.labels];
  const inside = labelsOf(inner, tableLabels, fresh);
  const sizes = sizesOf(outer, inside.lhs, inside.rhs);
  const arithmeticNow = product(new Set([...outer.labels, ...tableLabels]), sizes);
  const room = product(tableLabels, sizes);
  const [best] = [
    inOrder(outer, inside.lhs, inside.rhs, outside.result, sizes),
    inOrder(outer, inside.rhs, inside.lhs, outside.result, sizes),
  ]
    .filter((order): order is Order => order !== undefined && order.room <= room && order.arithmetic < WORTHWHILE * arithmeticNow)
    .sort((a, b) => a.arithmetic - b.arithmetic);
  return best === undefined ? undefined : { ...best, result: outside.result, sizes, arithmeticNow };
}

/** The product in the order of `chain`, of type float `shape`. */
export function multiplied(graph: Rewriter, { first, second, last, between, result, sizes }: Chain, shape: readonly number[]): Value {
  const sizesBetween = between.map((label) => sizes.get(label) as number);
  const half: Labelled = { value: contract(graph, first, second, between, sizesBetween), labels: between };
  return contract(graph, half, last, result, shape);
}

function reordered(graph: Rewriter, dot: Dot, innerIndex: 0 | 1, shape: readonly number[]): Value | undefined {
  const inner = graph.match(dot.operands[innerIndex], 'dot_general');
  if (inner === undefined || shape.includes(0)) return undefined;
  const chain = cheaperOrder(dot, innerIndex, inner);
  return chain === undefined ? undefined : multiplied(graph, chain, shape);
}

const dotGeneral: Rule<'dot_general'> = (operands, attributes, graph, type) => {
  const dot: Dot = { op: 'dot_general', operands, attributes, results: [], source: undefined };
  return reordered(graph, dot, 0, type.shape) ?? reordered(graph, dot, 1, type.shape);
};

export const productChains = rewritePass('product-chains', 'multiplies three tensors in the cheaper order', { dot_general: dotGeneral });
