/**
 * @file Chooses in which order the dimensions of each value are stored, so that as few bytes as possible are transposed: layers are written for
 * images with channels last and convolutions want channels first, so a network as it is lowered is full of transposes that cancel.
 *
 * Values that are tied by nodes which work in any order (elementwise, pads, windows, …) form a class. What needs a written order (operands
 * and results of convolutions and general reshapes, parameters, results) votes with its size, and the class takes the order that leaves least to transpose.
 * Classes are decided from the biggest down; broadcasts and sums pass the decision on to the smaller side as one more vote.
 */
import type { AnyNode, Func, Value } from '../ir/ir.ts';
import { mapRegions } from '../ir/region.ts';
import { sizeOf } from '../ir/tensor-type.ts';
import { isKernelGradient } from './kernel-gradients.ts';
import { LayoutClasses, sameAxes } from './layout-classes.ts';
import { type Layouts, rebuild } from './layout-rebuild.ts';
import { relationOf } from './layout-relations.ts';
import { properAxes } from './operands.ts';
import { type Change, recursivePass } from './pass.ts';

/** Somebody wants the proper axes of a value in this order (positions among its proper axes). */
interface Vote {
  readonly value: Value;
  readonly order: readonly number[];
  readonly weight: number;
}

/** The order in which the proper axes of `value` stand in a class with `order` (a list of class positions). */
function orderOf(map: readonly number[], order: readonly number[]): number[] {
  return order.map((position) => map.indexOf(position));
}

/** `order` (positions of the value) as positions of the class. */
function asClassOrder(map: readonly number[], order: readonly number[]): number[] {
  return order.map((position) => map[position] as number);
}

class Election {
  readonly #classes: LayoutClasses;
  readonly #votes = new Map<Value, Vote[]>();
  readonly #chosen = new Map<Value, readonly number[]>();

  constructor(classes: LayoutClasses) {
    this.#classes = classes;
  }

  vote(value: Value, order: readonly number[], weight: number): void {
    if (order.length < 2) return;
    const { root } = this.#classes.find(value);
    const votes = this.#votes.get(root) ?? [];
    votes.push({ value, order, weight });
    this.#votes.set(root, votes);
  }

  /** Decides the class of `value` once, by the votes so far. */
  decide(value: Value): readonly number[] {
    const { root } = this.#classes.find(value);
    const known = this.#chosen.get(root);
    if (known !== undefined) return known;
    let best: readonly number[] = sameAxes(root);
    const votes = this.#votes.get(root) ?? [];
    if (best.length > 1) {
      const candidates = new Map<string, { order: readonly number[]; weight: number }>();
      for (const { value: voter, order, weight } of votes) {
        const wanted = asClassOrder(this.#classes.find(voter).map, order);
        const key = wanted.join();
        const tally = candidates.get(key);
        if (tally === undefined) candidates.set(key, { order: wanted, weight });
        else tally.weight += weight;
      }
      let most = -1;
      for (const { order, weight } of candidates.values()) {
        if (weight > most) {
          most = weight;
          best = order;
        }
      }
    }
    this.#chosen.set(root, best);
    return best;
  }

  /** The stored order of `value`: positions among its proper axes. */
  orderOf(value: Value): readonly number[] {
    const own = sameAxes(value);
    return own.length < 2 ? own : orderOf(this.#classes.find(value).map, this.decide(value));
  }
}

/** Result position of each proper axis of the small side of a broadcast or reduction, among the proper axes of the big side. */
function inducedMap(node: AnyNode): { readonly big: Value; readonly small: Value; readonly map: readonly number[] } | undefined {
  const operand = node.operands[0] as Value;
  const result = node.results[0] as Value;
  if (node.op === 'broadcast_in_dim') {
    const proper = properAxes(result.type.shape);
    const map = properAxes(operand.type.shape).map((axis) => proper.indexOf(node.attributes.dimensions[axis] as number));
    return { big: result, small: operand, map };
  }
  if (node.op !== 'reduce_sum' && node.op !== 'reduce_max' && node.op !== 'arg_max') return undefined;
  const gone = node.op === 'arg_max' ? [node.attributes.dimension] : node.attributes.dimensions;
  const left = operand.type.shape.map((_, axis) => axis).filter((axis) => !gone.includes(axis));
  const proper = properAxes(operand.type.shape);
  const map = properAxes(result.type.shape).map((axis) => proper.indexOf(left[axis] as number));
  return { big: operand, small: result, map };
}

/** Positions 0..n-1 sorted by where they stand in the big side's order. */
function inducedOrder(map: readonly number[], bigOrder: readonly number[]): number[] {
  return map.map((_, position) => position).sort((a, b) => bigOrder.indexOf(map[a] as number) - bigOrder.indexOf(map[b] as number));
}

function choose(f: Func): Layouts {
  const classes = new LayoutClasses();
  const induced: AnyNode[] = [];
  const fixed = new Set<Value>();
  const exchanged = new Set<Value>();
  for (const parameter of f.parameters) fixed.add(parameter.value);
  for (const node of f.nodes) {
    const relation = relationOf(node);
    if (isKernelGradient(node)) {
      for (const operand of node.operands) exchanged.add(operand);
      fixed.add(node.results[0] as Value);
    } else if (relation.kind === 'fixed') for (const value of [...node.operands, ...node.results]) fixed.add(value);
    else if (relation.kind === 'induced') induced.push(node);
    else {
      const result = node.results[0] as Value;
      for (const { operand, map } of relation.pairs) if (map.length > 1) classes.join(node.operands[operand] as Value, result, map);
    }
  }
  for (const result of f.results) fixed.add(result.value);
  const election = new Election(classes);
  for (const value of fixed) election.vote(value, sameAxes(value), sizeOf(value.type.shape));
  for (const value of exchanged) {
    const proper = properAxes(value.type.shape);
    const order = proper.map((axis) => proper.indexOf(axis === 0 ? 1 : axis === 1 ? 0 : axis));
    if (!order.includes(-1)) election.vote(value, order, sizeOf(value.type.shape));
  }
  const links = induced.flatMap((node) => inducedMap(node) ?? []).filter(({ map }) => map.length > 1);
  links.sort((a, b) => sizeOf(b.big.type.shape) - sizeOf(a.big.type.shape));
  for (const { big, small, map } of links) {
    election.vote(small, inducedOrder(map, election.orderOf(big)), sizeOf(small.type.shape));
  }
  return {
    orderOf: (value) => election.orderOf(value),
    inducedOrder: (node) => {
      const link = inducedMap(node);
      return link === undefined ? undefined : inducedOrder(link.map, election.orderOf(link.big));
    },
  };
}

/** Inside regions first: each is worth its own transposes, at every step. */
const change: Change = (f, insideOf) => {
  const inside = mapRegions(f, insideOf);
  const before = transposedElements(inside);
  if (before === 0) return inside;
  const better = rebuild(inside, choose(inside));
  return transposedElements(better) < before ? better : inside;
};

/**
 * Elements that transposes move. Those that only move dimensions of size 1 move none, and those that a matrix product or a kernel-gradient
 * convolution reads are part of how engines run these (dimension numbers, patch extraction).
 */
export function transposedElements(f: Func): number {
  const absorbed = new Map<Value, boolean>();
  for (const node of f.nodes) {
    for (const operand of node.operands)
      absorbed.set(operand, (absorbed.get(operand) ?? true) && (node.op === 'dot_general' || isKernelGradient(node)));
  }
  for (const result of f.results) absorbed.set(result.value, false);
  let total = 0;
  for (const node of f.nodes) {
    const operand = node.operands[0];
    const result = node.results[0] as Value;
    if (node.op !== 'transpose' || operand === undefined || absorbed.get(result) === true) continue;
    const moved = node.attributes.permutation.filter((axis) => operand.type.shape[axis] !== 1);
    if (moved.some((axis, index) => index > 0 && axis < (moved[index - 1] as number))) total += sizeOf(result.type.shape);
  }
  return total;
}

export const layouts = recursivePass('layouts', 'stores values with their dimensions in the order that leaves least to transpose', change);
