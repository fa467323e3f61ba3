/** @file Computes at compile time what depends on constants only, where the result is a single number or small. */
import { evaluateNode } from '../ir/evaluate/evaluate.ts';
import { type HostArray, hostArray } from '../ir/host-array.ts';
import type { AnyNode, Node, Value } from '../ir/ir.ts';
import type { Attributes, RuntimePrimitiveName } from '../ir/primitives.ts';
import { sizeOf, type TensorType } from '../ir/tensor-type.ts';
import { elementwiseNames } from './elementwise.ts';
import { splatOf } from './operands.ts';
import { type Rewriter, type RuleSet, rewritePass } from './rewriter.ts';

/** Results with more elements are left to the engine: a table of numbers in the program costs more than computing it. */
const SIZE_LIMIT = 4096;

function arrayOf(graph: Rewriter, value: Value): HostArray | undefined {
  const definition = graph.definition(value);
  if (sizeOf(value.type.shape) > SIZE_LIMIT) return undefined;
  if (definition?.op === 'constant') return hostArray(value.type.dtype, value.type.shape, definition.attributes.values);
  return definition?.op === 'iota' ? evaluateNode(definition, [])[0] : undefined;
}

/** A constant node's value; undefined for numbers that a program cannot hold (JSON knows neither infinity nor not-a-number). */
function constantFrom(graph: Rewriter, data: ArrayLike<number>, { dtype, shape }: TensorType): Value | undefined {
  const values = Array.from(data);
  if (values.length === 0 || !values.every(Number.isFinite)) return undefined;
  const first = values[0] as number;
  const splat = values.every((value) => Object.is(value, first));
  return graph.emit('constant', [], { dtype, shape, values: splat ? [first] : values });
}

function evaluated(op: RuntimePrimitiveName, operands: readonly HostArray[], attributes: unknown, type: TensorType): HostArray {
  const results: readonly Value[] = [{ type }];
  const node = { op, operands: operands.map(({ type }) => ({ type })), attributes, results, source: undefined } as unknown as AnyNode;
  return evaluateNode(node, operands)[0] as HostArray;
}

function fold<P extends RuntimePrimitiveName>(op: P) {
  return (operands: readonly Value[], attributes: Attributes[P], graph: Rewriter, type: TensorType): Value | undefined => {
    if (sizeOf(type.shape) > SIZE_LIMIT) return undefined;
    const arrays: HostArray[] = [];
    for (const operand of operands) {
      const array = arrayOf(graph, operand);
      if (array === undefined) return undefined;
      arrays.push(array);
    }
    return constantFrom(graph, evaluated(op, arrays, attributes, type).data, type);
  };
}

/** Elementwise on splats gives a splat, whatever the size. */
function foldElementwise<P extends RuntimePrimitiveName>(op: P) {
  const general = fold(op);
  return (operands: readonly Value[], attributes: Attributes[P], graph: Rewriter, type: TensorType): Value | undefined => {
    const scalars: HostArray[] = [];
    for (const operand of operands) {
      const splat = splatOf(graph, operand);
      if (splat === undefined) return general(operands, attributes, graph, type);
      scalars.push(hostArray(operand.type.dtype, [], [splat]));
    }
    const scalar = evaluated(op, scalars, attributes, { dtype: type.dtype, shape: [] });
    return constantFrom(graph, scalar.data, type);
  };
}

/** Moving the elements of a splat gives a splat, whatever the size. */
function foldMovement<P extends RuntimePrimitiveName>(op: P) {
  const general = fold(op);
  return (operands: readonly Value[], attributes: Attributes[P], graph: Rewriter, type: TensorType): Value | undefined => {
    const splat = splatOf(graph, operands[0]);
    if (splat === undefined || sizeOf(type.shape) === 0) return general(operands, attributes, graph, type);
    return graph.constant(splat, type.shape, type.dtype);
  };
}

/** A sum of equal numbers is a product. */
function foldSum(operands: readonly Value[], attributes: Attributes['reduce_sum'], graph: Rewriter, type: TensorType): Value | undefined {
  const splat = splatOf(graph, operands[0]);
  const count = sizeOf(attributes.dimensions.map((axis) => (operands[0] as Value).type.shape[axis] as number));
  if (splat !== undefined) return graph.constant(splat * count, type.shape, type.dtype);
  return fold('reduce_sum')(operands, attributes, graph, type);
}

/** Zeros stay zeros under everything linear. */
function foldZero<P extends RuntimePrimitiveName>(op: P) {
  const general = fold(op);
  return (operands: readonly Value[], attributes: Attributes[P], graph: Rewriter, type: TensorType): Value | undefined => {
    const zero = operands.some((operand) => operand.type.dtype === 'float' && splatOf(graph, operand) === 0);
    return zero ? graph.constant(0, type.shape, type.dtype) : general(operands, attributes, graph, type);
  };
}

const elementwise = Object.fromEntries(
  elementwiseNames.filter((op) => op !== 'stop_gradient').map((op) => [op, foldElementwise(op)]),
) as RuleSet;

const rules: RuleSet = {
  ...elementwise,
  broadcast_in_dim: foldMovement('broadcast_in_dim'),
  reshape: foldMovement('reshape'),
  transpose: foldMovement('transpose'),
  reverse: foldMovement('reverse'),
  slice: foldMovement('slice'),
  gather: foldMovement('gather'),
  window_take: foldMovement('window_take'),
  reduce_max: foldMovement('reduce_max'),
  reduce_sum: foldSum,
  dot_general: foldZero('dot_general'),
  convolution: foldZero('convolution'),
  pad: foldZero('pad'),
  scatter_add: foldZero('scatter_add'),
  window_put: foldZero('window_put'),
  cumulative_sum: foldZero('cumulative_sum'),
  concatenate: (operands, attributes, graph, type) => {
    const first = splatOf(graph, operands[0]);
    const same = first !== undefined && operands.every((operand) => Object.is(splatOf(graph, operand), first));
    return same ? graph.constant(first, type.shape, type.dtype) : fold('concatenate')(operands, attributes, graph, type);
  },
  arg_max: fold('arg_max'),
  window_argmax: fold('window_argmax'),
  constant: shorten,
};

/** A constant with equal elements says so: other rules look for splats. */
function shorten(_: readonly Value[], { dtype, shape, values }: Node<'constant'>['attributes'], graph: Rewriter): Value | undefined {
  const first = values[0];
  if (values.length <= 1 || first === undefined || !values.every((value) => Object.is(value, first))) return undefined;
  return graph.constant(first, shape, dtype);
}

export const constantFolding = rewritePass(
  'constant-folding',
  `computes what depends on constants only, up to ${SIZE_LIMIT} elements, and splats of any size`,
  rules,
);
