/** @file The JSON Schema of each primitive's attributes. */
import type { PrimitiveName } from './primitives.ts';
import { count, flag, type JsonSchema, list, oneOfTexts, pair, positive, record, reference } from './schema-parts.ts';

const none = record({});
const axes = list(count);
const steps = list(positive);
const shape = reference('shape');
const dtype = reference('dtype');

function solver(method: string, more: Readonly<Record<string, JsonSchema>>): JsonSchema {
  return record({ method: oneOfTexts(method), steps: positive, ...more });
}

export const attributeSchemas: { readonly [P in PrimitiveName]: JsonSchema } = {
  negate: none,
  abs: none,
  sign: none,
  floor: none,
  exponential: none,
  exponential_minus_one: none,
  log: none,
  log_plus_one: none,
  sqrt: none,
  rsqrt: none,
  tanh: none,
  logistic: none,
  sine: none,
  cosine: none,
  erf: none,
  not: none,
  add: none,
  subtract: none,
  multiply: none,
  divide: none,
  power: none,
  maximum: none,
  minimum: none,
  and: none,
  or: none,
  compare: record({ direction: oneOfTexts('EQ', 'NE', 'LT', 'LE', 'GT', 'GE') }),
  select: none,
  constant: record({ dtype, shape, values: list(reference('anyNumber')) }),
  iota: record({ dtype, shape, dimension: count }),
  convert: record({ dtype }),
  broadcast_in_dim: record({ shape, dimensions: axes }),
  reshape: record({ shape }),
  transpose: record({ permutation: axes }),
  reverse: record({ dimensions: axes }),
  slice: record({ start: list(count), limit: list(count), strides: steps }),
  pad: record({ low: list(count), high: list(count), interior: list(count) }),
  concatenate: record({ dimension: count }),
  gather: record({ axis: count, batchDims: count }),
  scatter_add: record({ axis: count, batchDims: count, shape }),
  reduce_sum: record({ dimensions: axes }),
  reduce_max: record({ dimensions: axes }),
  arg_max: record({ dimension: count }),
  cumulative_sum: record({ dimension: count, reverse: flag, exclusive: flag }),
  dot_general: record({ lhsBatch: axes, rhsBatch: axes, lhsContract: axes, rhsContract: axes }),
  convolution: record({
    strides: steps,
    padding: list(pair({ type: 'integer' })),
    lhsDilation: steps,
    rhsDilation: steps,
    groups: positive,
  }),
  window_argmax: record({ window: steps, strides: steps }),
  window_take: record({ window: steps, strides: steps }),
  window_put: record({ window: steps, strides: steps, shape }),
  stop_gradient: none,
  gradient: record({ body: reference('function'), wrt: axes }),
  map_tasks: record({ body: reference('function'), mapped: list(flag), tasks: count }),
  scan: record({ body: reference('function'), length: positive, carries: count, sequences: count, reverse: flag }),
  implicit_root: record({
    body: reference('function'),
    unknowns: positive,
    solver: { anyOf: [solver('conjugate_gradient', {}), solver('neumann', { rate: reference('anyNumber') })] },
  }),
};
