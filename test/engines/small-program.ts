/** @file A small program for tests of sessions: one step of a weight, a call that only looks, chunks that add to accumulators; and what no engine takes. */
import { FunctionBuilder } from '../../src/compiler/ir/build.ts';
import type { EntryFunction, InputDeclaration, Program, TrainPlan } from '../../src/compiler/ir/ir.ts';
import type { TensorType } from '../../src/compiler/ir/tensor-type.ts';
import type { Tensor, TensorData } from '../../src/runtime/tensor.ts';

export const vector: TensorType = { dtype: 'float', shape: [3] };
const scalar: TensorType = { dtype: 'float', shape: [] };
const images: TensorType = { dtype: 'uint8', shape: [4, 2] };
const rows: TensorType = { dtype: 'int', shape: [2] };

export function tensor(type: TensorType, data: TensorData): Tensor {
  return { ...type, data };
}

/** weight -= x; count += 1; total = sum of weight * weight before; picked: rows of the data set; large: weight > 0; nobody reads `unused`. */
function stepEntry(): EntryFunction {
  const b = new FunctionBuilder();
  const weight = b.parameter('weight', vector);
  const count = b.parameter('count', scalar);
  b.parameter('unused', vector);
  const x = b.parameter('x', vector);
  const data = b.parameter('data', images);
  const index = b.parameter('index', rows);
  const picked = b.emit('convert', [b.emit('gather', [data, index], { axis: 0, batchDims: 0 })], { dtype: 'float' });
  const body = b.finish([
    { name: 'weight', value: b.binary('subtract', weight, x) },
    { name: 'count', value: b.scale('add', count, 1) },
    { name: 'total', value: b.sum(b.binary('multiply', weight, weight), [0]) },
    { name: 'picked', value: picked },
    { name: 'large', value: b.compare('GT', weight, b.zerosLike(weight)) },
  ]);
  const examples: InputDeclaration = { kind: 'examples', name: 'index', type: rows, tasks: 't', episode: 't', part: 'support' };
  return { name: 'step', body, tasks: 1, inputs: [draw('x'), examples, { kind: 'data', name: 'data', type: images, tasks: 't' }] };
}

/** product = sum of weight * x; replaces nothing. */
function lookEntry(): EntryFunction {
  const b = new FunctionBuilder();
  const product = b.binary('multiply', b.parameter('weight', vector), b.parameter('x', vector));
  return { name: 'look', body: b.finish([{ name: 'product', value: b.sum(product, [0]) }]), tasks: 1, inputs: [draw('x')] };
}

/** sum.weight += weight * x. */
function addEntry(): EntryFunction {
  const b = new FunctionBuilder();
  const product = b.binary('multiply', b.parameter('weight', vector), b.parameter('x', vector));
  const sum = b.binary('add', b.parameter('sum.weight', vector), product);
  return { name: 'add', body: b.finish([{ name: 'sum.weight', value: sum }]), tasks: 1, inputs: [draw('x')] };
}

/** weight -= sum.weight, which is emptied; length = sum of all of sum.weight. */
function applyEntry(): EntryFunction {
  const b = new FunctionBuilder();
  const weight = b.parameter('weight', vector);
  const sum = b.parameter('sum.weight', vector);
  const body = b.finish([
    { name: 'weight', value: b.binary('subtract', weight, sum) },
    { name: 'sum.weight', value: b.zerosLike(sum) },
    { name: 'length', value: b.sum(sum, [0]) },
  ]);
  return { name: 'apply', body, tasks: 0, inputs: [] };
}

/** A program that was not differentiated: a gradient with nothing but a name for it. */
export function undifferentiatedProgram(): Program {
  const inner = new FunctionBuilder();
  const body = inner.finish([{ name: 'loss', value: inner.sum(inner.parameter('w', vector), [0]) }]);
  const b = new FunctionBuilder();
  const [, gradient] = b.apply('gradient', [b.parameter('weight', vector)], { body, wrt: [0] });
  if (gradient === undefined) throw new Error('no gradient');
  return smallProgram([{ name: 'look', body: b.finish([{ name: 'slope', value: gradient }]), tasks: 1, inputs: [] }]);
}

function draw(name: string): InputDeclaration {
  return { kind: 'draw', name, type: vector, distribution: 'normal', stream: 's', perTask: false, tasks: undefined };
}

function plan(name: string, names: Pick<TrainPlan, 'step' | 'accumulate' | 'apply'>): TrainPlan {
  return { name, batch: 1, steps: 1, episodeShapes: [], metrics: [], validate: undefined, ...names };
}

export function smallProgram(functions: readonly EntryFunction[] = [stepEntry(), lookEntry(), addEntry(), applyEntry()]): Program {
  return {
    format: 'metac-ir',
    version: 1,
    name: 'small',
    weights: [{ name: 'weight', type: vector }],
    state: [
      { name: 'count', type: scalar, initial: 5 },
      { name: 'sum.weight', type: vector, initial: 0 },
      { name: 'unused', type: vector, initial: 2 },
    ],
    sources: [],
    functions,
    train: [
      plan('train.whole', { step: 'step', accumulate: undefined, apply: undefined }),
      plan('train.chunks', { step: undefined, accumulate: 'add', apply: 'apply' }),
    ],
    evaluate: undefined,
    protocol: {},
  };
}

/** Inputs of `step`; also enough for `look` and `add`. */
export function inputs(x: readonly [number, number, number] = [1, 1, 1]): ReadonlyMap<string, Tensor> {
  return new Map([
    ['x', tensor(vector, Float32Array.from(x))],
    ['index', tensor(rows, Int32Array.of(3, 1))],
  ]);
}

/** What the program starts with. */
export const START: ReadonlyMap<string, Tensor> = new Map([
  ['weight', tensor(vector, Float64Array.of(1, 2, 3))],
  ['data', tensor(images, Uint8Array.of(0, 1, 2, 3, 4, 5, 254, 255))],
]);
