/** @file Writes a function again with every value stored in its chosen order of dimensions. */

import { InternalError } from '../diagnostics/internal-error.ts';
import { FunctionBuilder } from '../ir/build.ts';
import type { AnyNode, Func, Value } from '../ir/ir.ts';
import type { Attributes } from '../ir/primitives.ts';
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

/** Where each axis went. */
function inverse(permutation: readonly number[]): number[] {
  const result = new Array<number>(permutation.length);
  permutation.forEach((axis, place) => {
    result[axis] = place;
  });
  return result;
}

class Rebuild {
  readonly #builder = new FunctionBuilder();
  readonly #layouts: Layouts;
  /** Old value -> its stored form, and the permutation that it was stored with: dimension i of the stored form is dimension permutation[i]. */
  readonly #stored = new Map<Value, { readonly value: Value; readonly permutation: readonly number[] }>();
  /** Other forms that were needed, by permutation. */
  readonly #forms = new Map<Value, Map<string, Value>>();

  constructor(layouts: Layouts) {
    this.#layouts = layouts;
  }

  /** `value` with its dimensions in the order of `permutation`. */
  #get(value: Value, permutation: readonly number[]): Value {
    const stored = this.#stored.get(value);
    if (stored === undefined) throw new InternalError('layouts: a value is used before it is defined');
    const step = permutation.map((axis) => stored.permutation.indexOf(axis));
    if (step.every((axis, index) => axis === index)) return stored.value;
    const forms = this.#forms.get(value) ?? new Map<string, Value>();
    this.#forms.set(value, forms);
    const key = permutation.join();
    const form = forms.get(key) ?? this.#builder.transpose(stored.value, step);
    forms.set(key, form);
    return form;
  }

  #plain(value: Value): Value {
    return this.#get(
      value,
      value.type.shape.map((_, axis) => axis),
    );
  }

  #wanted(value: Value): number[] {
    return permutationOf(value, this.#layouts.orderOf(value));
  }

  /** Enters the plain form of a result. */
  #define(value: Value, plain: Value): void {
    this.#stored.set(value, { value: plain, permutation: value.type.shape.map((_, axis) => axis) });
  }

  #copy(node: AnyNode, nested: (body: Func) => Func): void {
    const operands = node.operands.map((operand) => this.#plain(operand));
    let { attributes } = node;
    if (node.op === 'gradient' || node.op === 'map_tasks')
      attributes = { ...node.attributes, body: nested(node.attributes.body) } as AnyNode['attributes'];
    const results = this.#builder.apply(node.op, operands, attributes as never);
    node.results.forEach((result, index) => {
      this.#define(result, results[index] as Value);
    });
  }

  /** A node whose operands and result have one order. */
  #tied(node: AnyNode): boolean {
    const result = node.results[0] as Value;
    if (node.op === 'transpose' || node.op === 'reshape') return this.#renamed(node, result);
    const permutation = this.#wanted(result);
    const attributes = permutedAttributes(node, permutation);
    if (attributes === undefined) return false;
    const operands = node.operands.map((operand) => this.#get(operand, permutation));
    this.#stored.set(result, { value: this.#builder.emit(node.op, operands, attributes as never), permutation });
    return true;
  }

  /** A transpose, or a reshape about dimensions of size 1: the stored operand is the result, up to dimensions of size 1. */
  #renamed(node: AnyNode, result: Value): boolean {
    const operand = node.operands[0] as Value;
    const permutation = this.#wanted(result);
    const shape = permuted(result.type.shape, permutation);
    const proper = permutation.filter((axis) => result.type.shape[axis] !== 1);
    const fromProper = properAxes(operand.type.shape);
    const toProper = properAxes(result.type.shape);
    const source = (axis: number): number =>
      node.op === 'transpose' ? (node.attributes.permutation[axis] as number) : (fromProper[toProper.indexOf(axis)] as number);
    const order = proper.map((axis) => fromProper.indexOf(source(axis)));
    const value = this.#get(operand, permutationOf(operand, order));
    this.#stored.set(result, { value: this.#builder.reshape(value, shape), permutation });
    return true;
  }

  #broadcast(node: AnyNode & { op: 'broadcast_in_dim' }): void {
    const operand = node.operands[0] as Value;
    const result = node.results[0] as Value;
    const permutation = this.#wanted(result);
    const places = inverse(permutation);
    const order = this.#layouts.inducedOrder(node) as readonly number[];
    const proper = properAxes(operand.type.shape);
    const small = this.#get(operand, permutationOf(operand, order));
    const squeezed = this.#builder.reshape(
      small,
      order.map((position) => operand.type.shape[proper[position] as number] as number),
    );
    const dimensions = order.map((position) => places[node.attributes.dimensions[proper[position] as number] as number] as number);
    const shape = permuted(result.type.shape, permutation);
    this.#stored.set(result, { value: this.#builder.broadcast(squeezed, shape, dimensions), permutation });
  }

  #reduction(node: AnyNode & { op: 'reduce_sum' | 'reduce_max' | 'arg_max' }): void {
    const operand = node.operands[0] as Value;
    const result = node.results[0] as Value;
    const gone = node.op === 'arg_max' ? [node.attributes.dimension] : node.attributes.dimensions;
    const permutation = this.#wanted(operand);
    const places = inverse(permutation);
    const moved = gone.map((axis) => places[axis] as number).sort((a, b) => a - b);
    const attributes = node.op === 'arg_max' ? { dimension: moved[0] as number } : { dimensions: moved };
    const value = this.#builder.emit(
      node.op,
      [this.#get(operand, permutation)],
      attributes as Attributes['reduce_sum'] & Attributes['arg_max'],
    );
    const left = operand.type.shape.map((_, axis) => axis).filter((axis) => !gone.includes(axis));
    const resultPermutation = permutation.filter((axis) => !gone.includes(axis)).map((axis) => left.indexOf(axis));
    this.#stored.set(result, { value, permutation: resultPermutation });
  }

  run(f: Func, nested: (body: Func) => Func): Func {
    for (const { name, value } of f.parameters) this.#define(value, this.#builder.parameter(name, value.type));
    for (const node of f.nodes) {
      this.#builder.source = node.source;
      const relation = relationOf(node);
      if (relation.kind === 'tied' && this.#tied(node)) continue;
      if (relation.kind === 'induced' && node.op === 'broadcast_in_dim') this.#broadcast(node);
      else if (relation.kind === 'induced') this.#reduction(node as AnyNode & { op: 'reduce_sum' });
      else this.#copy(node, nested);
    }
    return removeDeadNodes(this.#builder.finish(f.results.map(({ name, value }) => ({ name, value: this.#plain(value) }))));
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
export function rebuild(f: Func, layouts: Layouts, nested: (body: Func) => Func): Func {
  return new Rebuild(layouts).run(f, nested);
}
