/** @file Writes a function again with every value stored in its chosen order of dimensions. */

import { InternalError } from '../diagnostics/internal-error.ts';
import type { AnyNode, Func, SourceRange, Value } from '../ir/ir.ts';
import { invertPermutation } from '../ir/permutations.ts';
import type { Attributes, RuntimePrimitiveName } from '../ir/primitives.ts';
import { type DType, sameShape } from '../ir/tensor-type.ts';
import { withOperands } from '../ir/with-operands.ts';
import { removeDeadNodes } from './dead-code.ts';
import { relationOf } from './layout-relations.ts';
import { properAxes } from './operands.ts';

export interface Layouts {
  /** Stored order of the proper axes of a value, as positions among them. */
  readonly orderOf: (value: Value) => readonly number[];
  /** Of a broadcast or reduction: the order of the small side that follows from the big side's. */
  readonly inducedOrder: (node: AnyNode) => readonly number[] | undefined;
}

/** As a permutation of all axes: proper axes fill the places of proper axes in the given order, axes of size 1 stay. */
function permutationOf(value: Value, order: readonly number[]): number[] {
  const proper = properAxes(value.type.shape);
  const permutation = value.type.shape.map((_, axis) => axis);
  proper.forEach((place, index) => {
    permutation[place] = proper[order[index] as number] as number;
  });
  return permutation;
}

function permuted<T>(list: readonly T[], permutation: readonly number[]): T[] {
  return permutation.map((axis) => list[axis] as T);
}

function isIdentity(permutation: readonly number[]): boolean {
  for (let index = 0; index < permutation.length; index++) if (permutation[index] !== index) return false;
  return true;
}

interface Stored {
  readonly value: Value;
  /** Dimension i of the stored form is dimension permutation[i]; undefined when nothing moved. */
  readonly permutation: readonly number[] | undefined;
}

class Rebuild {
  readonly #nodes: AnyNode[] = [];
  #source: SourceRange | undefined;
  readonly #layouts: Layouts;
  readonly #stored = new Map<Value, Stored>();
  /** Other forms that were needed, by permutation. */
  readonly #forms = new Map<Value, Map<string, Value>>();

  constructor(layouts: Layouts) {
    this.#layouts = layouts;
  }

  /** Types are known: those of the node that is rewritten, permuted. */
  #emit<P extends RuntimePrimitiveName>(
    op: P,
    operands: readonly Value[],
    attributes: Attributes[P],
    dtype: DType,
    shape: readonly number[],
  ): Value {
    const result: Value = { type: { dtype, shape } };
    this.#nodes.push({ op, operands, attributes, results: [result], source: this.#source } as unknown as AnyNode);
    return result;
  }

  #reshape(operand: Value, shape: readonly number[]): Value {
    return sameShape(operand.type.shape, shape) ? operand : this.#emit('reshape', [operand], { shape }, operand.type.dtype, shape);
  }

  /** `value` with its dimensions in the order of `permutation`; undefined for its own. */
  #get(value: Value, permutation: readonly number[] | undefined): Value {
    const stored = this.#stored.get(value);
    if (stored === undefined) throw new InternalError('layouts: a value is used before it is defined');
    if (stored.permutation === permutation) return stored.value;
    const wanted = permutation ?? value.type.shape.map((_, axis) => axis);
    const { permutation: has } = stored;
    const step = has === undefined ? wanted : wanted.map((axis) => has.indexOf(axis));
    if (isIdentity(step)) return stored.value;
    const forms = this.#forms.get(value) ?? new Map<string, Value>();
    this.#forms.set(value, forms);
    const key = wanted.join();
    const { dtype, shape } = stored.value.type;
    const form = forms.get(key) ?? this.#emit('transpose', [stored.value], { permutation: step }, dtype, permuted(shape, step));
    forms.set(key, form);
    return form;
  }

  /** The chosen order of a value as a permutation; undefined when nothing moves. */
  #wanted(value: Value): readonly number[] | undefined {
    const order = this.#layouts.orderOf(value);
    return isIdentity(order) ? undefined : permutationOf(value, order);
  }

  #store(value: Value, stored: Value, permutation: readonly number[] | undefined): void {
    this.#stored.set(value, { value: stored, permutation: permutation === undefined || isIdentity(permutation) ? undefined : permutation });
  }

  /** The node as it is, on operands in their own order. */
  #copy(node: AnyNode): void {
    const operands = node.operands.map((operand) => this.#get(operand, undefined));
    const same = operands.every((operand, index) => operand === node.operands[index]);
    this.#nodes.push(same ? node : withOperands(node, operands));
    for (const result of node.results) this.#store(result, result, undefined);
  }

  /** A node whose operands and result have one order; false when it cannot be written in the order that was chosen. */
  #tied(node: AnyNode): boolean {
    const result = node.results[0] as Value;
    if (node.op === 'transpose' || node.op === 'reshape') return this.#renamed(node, result);
    const permutation = this.#wanted(result);
    if (permutation === undefined) return false;
    const attributes = permutedAttributes(node, permutation);
    if (attributes === undefined) return false;
    const operands = node.operands.map((operand) => this.#get(operand, permutation));
    const { dtype, shape } = result.type;
    const op = node.op as RuntimePrimitiveName;
    this.#store(result, this.#emit(op, operands, attributes as never, dtype, permuted(shape, permutation)), permutation);
    return true;
  }

  /** A transpose, or a reshape about dimensions of size 1: the stored operand is the result, up to dimensions of size 1. */
  #renamed(node: AnyNode, result: Value): boolean {
    const operand = node.operands[0] as Value;
    const permutation = this.#wanted(result) ?? result.type.shape.map((_, axis) => axis);
    const shape = permuted(result.type.shape, permutation);
    const proper = permutation.filter((axis) => result.type.shape[axis] !== 1);
    const fromProper = properAxes(operand.type.shape);
    const toProper = properAxes(result.type.shape);
    const source = (axis: number): number =>
      node.op === 'transpose' ? (node.attributes.permutation[axis] as number) : (fromProper[toProper.indexOf(axis)] as number);
    const order = proper.map((axis) => fromProper.indexOf(source(axis)));
    this.#store(result, this.#reshape(this.#get(operand, permutationOf(operand, order)), shape), permutation);
    return true;
  }

  #broadcast(node: AnyNode & { op: 'broadcast_in_dim' }): void {
    const operand = node.operands[0] as Value;
    const result = node.results[0] as Value;
    const permutation = this.#wanted(result);
    if (permutation === undefined) {
      this.#copy(node);
      return;
    }
    const places = invertPermutation(permutation);
    const order = this.#layouts.inducedOrder(node) as readonly number[];
    const proper = properAxes(operand.type.shape);
    const squeezed = this.#reshape(
      this.#get(operand, permutationOf(operand, order)),
      order.map((position) => operand.type.shape[proper[position] as number] as number),
    );
    const dimensions = order.map((position) => places[node.attributes.dimensions[proper[position] as number] as number] as number);
    const shape = permuted(result.type.shape, permutation);
    this.#store(result, this.#emit('broadcast_in_dim', [squeezed], { shape, dimensions }, result.type.dtype, shape), permutation);
  }

  #reduction(node: AnyNode & { op: 'reduce_sum' | 'reduce_max' | 'arg_max' }): void {
    const operand = node.operands[0] as Value;
    const result = node.results[0] as Value;
    const permutation = this.#wanted(operand);
    if (permutation === undefined) {
      this.#copy(node);
      return;
    }
    const gone = node.op === 'arg_max' ? [node.attributes.dimension] : node.attributes.dimensions;
    const places = invertPermutation(permutation);
    const moved = gone.map((axis) => places[axis] as number).sort((a, b) => a - b);
    const left = operand.type.shape.map((_, axis) => axis).filter((axis) => !gone.includes(axis));
    const resultPermutation = permutation.filter((axis) => !gone.includes(axis)).map((axis) => left.indexOf(axis));
    const attributes = node.op === 'arg_max' ? { dimension: moved[0] as number } : { dimensions: moved };
    const { dtype, shape } = result.type;
    const value = this.#emit(
      node.op,
      [this.#get(operand, permutation)],
      attributes as Attributes['reduce_sum'] & Attributes['arg_max'],
      dtype,
      permuted(shape, resultPermutation),
    );
    this.#store(result, value, resultPermutation);
  }

  run(f: Func): Func {
    for (const { value } of f.parameters) this.#store(value, value, undefined);
    for (const node of f.nodes) {
      this.#source = node.source;
      const relation = relationOf(node);
      if (relation.kind === 'tied' && this.#tied(node)) continue;
      if (relation.kind === 'induced' && node.op === 'broadcast_in_dim') this.#broadcast(node);
      else if (relation.kind === 'induced') this.#reduction(node as AnyNode & { op: 'reduce_sum' });
      else this.#copy(node);
    }
    const results = f.results.map(({ name, value }) => ({ name, value: this.#get(value, undefined) }));
    return removeDeadNodes({ parameters: f.parameters, nodes: this.#nodes, results });
  }
}

/** Attributes of a tied node when its dimensions are permuted; undefined when it cannot be written in that order. */
function permutedAttributes(node: AnyNode, permutation: readonly number[]): unknown {
  switch (node.op) {
    case 'constant':
      return { ...node.attributes, shape: permuted(node.attributes.shape, permutation) };
    case 'pad': {
      const { low, high, interior } = node.attributes;
      return { low: permuted(low, permutation), high: permuted(high, permutation), interior: permuted(interior, permutation) };
    }
    case 'slice': {
      const { start, limit, strides } = node.attributes;
      return { start: permuted(start, permutation), limit: permuted(limit, permutation), strides: permuted(strides, permutation) };
    }
    case 'reverse':
      return { dimensions: node.attributes.dimensions.map((axis) => permutation.indexOf(axis)).sort((a, b) => a - b) };
    case 'concatenate':
      return { dimension: permutation.indexOf(node.attributes.dimension) };
    case 'cumulative_sum':
      return { ...node.attributes, dimension: permutation.indexOf(node.attributes.dimension) };
    case 'window_argmax':
    case 'window_take':
    case 'window_put': {
      const { window, strides } = node.attributes;
      // Elements of a window are counted row by row: the windowed dimensions must keep their order.
      const windowed = permutation.filter((axis) => window[axis] !== 1);
      if (windowed.some((axis, index) => index > 0 && axis < (windowed[index - 1] as number))) return undefined;
      const moved = { window: permuted(window, permutation), strides: permuted(strides, permutation) };
      return node.op === 'window_put' ? { ...moved, shape: permuted(node.attributes.shape, permutation) } : moved;
    }
    default:
      return node.attributes;
  }
}

/** `f` with every value in its chosen order; parameters and results keep theirs. */
export function rebuild(f: Func, layouts: Layouts): Func {
  return new Rebuild(layouts).run(f);
}
