/**
 * @file The primitives: their names and attributes. Everything that is known about a primitive stands in tables keyed by
 * these names (type rule, meaning, vjp, batching, lowering per engine, test samples); a forgotten entry is a type error.
 *
 * Semantics follow StableHLO where it has the operation. Elementwise operands have identical types: broadcasting is explicit.
 */
import type { Func } from './ir.ts';
import type { DType } from './tensor-type.ts';

/**
 * How linear equations A u = c are solved where only products with the symmetric matrix A are known. `conjugate_gradient` (Hestenes and
 * Stiefel 1952) is exact after as many steps as there are unknowns; `neumann` sums rate * (I - rate*A)^k c, which converges when A is
 * positive definite and rate is below 2 / (largest eigenvalue).
 */
export type LinearSolver =
  | { readonly method: 'conjugate_gradient'; readonly steps: number }
  | { readonly method: 'neumann'; readonly steps: number; readonly rate: number };

export type Direction = 'EQ' | 'NE' | 'LT' | 'LE' | 'GT' | 'GE';

type None = Record<never, never>;

/** Attributes of each primitive. */
export interface Attributes {
  // --- elementwise, one float operand (`negate`, `abs`, `sign` also int)
  negate: None;
  abs: None;
  /** -1, 0 or 1. */
  sign: None;
  floor: None;
  exponential: None;
  exponential_minus_one: None;
  log: None;
  log_plus_one: None;
  sqrt: None;
  rsqrt: None;
  tanh: None;
  logistic: None;
  sine: None;
  cosine: None;
  erf: None;
  /** bool. */
  not: None;
  // --- elementwise, two operands of one type (float or int; `and`, `or`: bool)
  add: None;
  subtract: None;
  multiply: None;
  divide: None;
  power: None;
  /** At ties the first operand wins; the gradient goes to the winner alone. */
  maximum: None;
  minimum: None;
  and: None;
  or: None;
  /** bool result. */
  compare: { readonly direction: Direction };
  /** (bool, t, t) -> t, all of one shape. */
  select: None;
  // --- making and changing tensors
  /** `values` has one element (a splat) or one per element, row-major; bools are 0 and 1. */
  constant: { readonly dtype: DType; readonly shape: readonly number[]; readonly values: readonly number[] };
  /** Counts 0, 1, … along `dimension`. */
  iota: { readonly dtype: DType; readonly shape: readonly number[]; readonly dimension: number };
  convert: { readonly dtype: DType };
  /** Operand dimension i becomes result dimension `dimensions[i]` (strictly increasing; sizes equal, or 1 in the operand). */
  broadcast_in_dim: { readonly shape: readonly number[]; readonly dimensions: readonly number[] };
  reshape: { readonly shape: readonly number[] };
  /** Result dimension i is operand dimension `permutation[i]`. */
  transpose: { readonly permutation: readonly number[] };
  reverse: { readonly dimensions: readonly number[] };
  slice: { readonly start: readonly number[]; readonly limit: readonly number[]; readonly strides: readonly number[] };
  /** Pads with zeros; `interior` zeros between elements; never negative. */
  pad: { readonly low: readonly number[]; readonly high: readonly number[]; readonly interior: readonly number[] };
  /** One or more operands. */
  concatenate: { readonly dimension: number };
  /**
   * (operand, indices:int). `batchDims` leading dimensions are common to both; rows are taken along `axis` >= batchDims:
   * result shape = operand[0..axis) ++ indices[batchDims..) ++ operand(axis..]. Indices are in range.
   */
  gather: { readonly axis: number; readonly batchDims: number };
  /** (updates, indices:int): the transpose of `gather` into zeros of `shape` (the gather's operand shape); repeated indices add. */
  scatter_add: { readonly axis: number; readonly batchDims: number; readonly shape: readonly number[] };
  // --- reductions: `dimensions` are removed
  reduce_sum: { readonly dimensions: readonly number[] };
  /** The gradient goes to the first of equal maxima (row-major order). */
  reduce_max: { readonly dimensions: readonly number[] };
  /** int result: index of the first maximum along `dimension`, which is removed. */
  arg_max: { readonly dimension: number };
  cumulative_sum: { readonly dimension: number; readonly reverse: boolean; readonly exclusive: boolean };
  // --- linear algebra
  /** Result dimensions: batch, free dimensions of lhs, free dimensions of rhs. */
  dot_general: {
    readonly lhsBatch: readonly number[];
    readonly rhsBatch: readonly number[];
    readonly lhsContract: readonly number[];
    readonly rhsContract: readonly number[];
  };
  /**
   * lhs [N, groups*C, ...spatial], rhs [groups*O, C, ...kernel] -> [N, groups*O, ...spatial]; cross-correlation as in StableHLO.
   * `padding` is [low, high] per spatial dimension of the dilated lhs and may be negative (cropping).
   */
  convolution: {
    readonly strides: readonly number[];
    readonly padding: readonly (readonly [number, number])[];
    readonly lhsDilation: readonly number[];
    readonly rhsDilation: readonly number[];
    readonly groups: number;
  };
  // --- windows (no padding; `window` and `strides` have one entry per dimension, 1 where there is no window)
  /** int result: which element of each window (row-major within the window) is the first maximum. */
  window_argmax: { readonly window: readonly number[]; readonly strides: readonly number[] };
  /** (operand, choice:int): the chosen element of each window. Max-pool is window_take(x, window_argmax(x)). */
  window_take: { readonly window: readonly number[]; readonly strides: readonly number[] };
  /** (updates, choice:int): the transpose of window_take, into zeros of `shape`; overlapping windows add. */
  window_put: { readonly window: readonly number[]; readonly strides: readonly number[]; readonly shape: readonly number[] };
  // --- structure
  /** Identity whose derivative is zero. */
  stop_gradient: None;
  /**
   * Operands are the arguments of `body`, whose first result is a scalar float. Results: all results of `body`, then one
   * gradient of the first result for each parameter index in `wrt`. Removed by `differentiate`.
   */
  gradient: { readonly body: Func; readonly wrt: readonly number[] };
  /**
   * Runs `body` for each of `tasks` tasks: operands with `mapped[i]` have a leading task dimension that `body` does not see, as
   * have all results. Removed by `batch`.
   */
  map_tasks: { readonly body: Func; readonly mapped: readonly boolean[]; readonly tasks: number };
  /**
   * A recurrence of `length` steps. Operands: the first values of `carries` carries; `sequences` tensors with a leading dimension `length`,
   * of which each step gets its slice; then what every step gets whole. `body` takes them in this order and returns the carries for the
   * next step, in the order and with the types of its first parameters, and then what the step puts out. Results: the carries after the
   * last step, then what the steps put out, stacked along a new leading dimension. With `reverse` the last slice comes first; what a step
   * puts out stands where its slices stood.
   */
  scan: { readonly body: Func; readonly length: number; readonly carries: number; readonly sequences: number; readonly reverse: boolean };
  /**
   * Tensors x that solve equations, as functions of the equations' other values p. Operands: x, `unknowns` tensors; then p. `body` takes them
   * in this order and returns F(x, p), one tensor of the shape of each unknown; its Jacobian by x is symmetric (F is a gradient). Results: x.
   * The derivative is that of the x(p) along which F stays what it is, dx/dp = -(dF/dx)^-1 dF/dp, whatever made x; nothing passes to the
   * operands x. `solver` says how its linear equations are solved. Removed by `differentiate`.
   */
  implicit_root: { readonly body: Func; readonly unknowns: number; readonly solver: LinearSolver };
}

export type PrimitiveName = keyof Attributes;

/** Primitives that only exist before `differentiate` and `batch`; no engine sees them. */
export type StructuralName = 'gradient' | 'map_tasks' | 'implicit_root';

/** Primitives that may stand in a finished program. */
export type RuntimePrimitiveName = Exclude<PrimitiveName, StructuralName>;

/** A table with one entry for each primitive. */
export type PrimitiveTable<Entry extends { [P in PrimitiveName]: unknown }> = { readonly [P in PrimitiveName]: Entry[P] };
