/** @file Operations on tensors of a plan that are kernels of every backend, or are made of such where a backend lacks one. */
import { broadcastShapes, rankedShape } from '../../../compiler/ir/broadcast-shapes.ts';
import { type DType, sameShape, sizeOf } from '../../../compiler/ir/tensor-type.ts';
import type { Capabilities } from './capabilities.ts';
import { mergeBroadcast, mergeTranspose, mergeUnmarked } from './merge-dimensions.ts';
import type { PlanBuilder, Ref } from './plan.ts';
import { TF_DTYPE } from './run-plan.ts';

export class TensorOperations {
  readonly plan: PlanBuilder;
  readonly capabilities: Capabilities;
  /** What a reshaped tensor shares its elements with. */
  readonly #bases = new Map<Ref, Ref>();

  constructor(plan: PlanBuilder, capabilities: Capabilities) {
    this.plan = plan;
    this.capabilities = capabilities;
  }

  reshape(x: Ref, shape: readonly number[]): Ref {
    const base = this.baseOf(x);
    if (sameShape(base.shape, shape)) return base;
    const result = this.plan.kernel('Reshape', { x: base }, { shape }, x.dtype, shape);
    this.#bases.set(result, base);
    return result;
  }

  /** The tensor that a reshaped one was before all reshapes: both share their elements on the backend. */
  baseOf(x: Ref): Ref {
    return this.#bases.get(x) ?? x;
  }

  /** Equal elements that share nothing. */
  copy(x: Ref): Ref {
    return this.plan.kernel('Tile', { x }, { reps: x.shape.map(() => 1) }, x.dtype, x.shape);
  }

  zeros(dtype: DType, shape: readonly number[]): Ref {
    return this.plan.constant(dtype, shape, [0]);
  }

  /** To another type; never to bool. A fraction loses its digits after the point. */
  cast(x: Ref, dtype: DType): Ref {
    if (x.dtype === dtype) return x;
    return this.plan.kernel('Cast', { x }, { dtype: TF_DTYPE[dtype] }, dtype, x.shape);
  }

  /** One operand, one result of the same shape. */
  unary(kernel: string, x: Ref): Ref {
    return this.plan.kernel(kernel, { x }, {}, x.dtype, x.shape);
  }

  /** Two operands, which broadcast. */
  binary(kernel: string, a: Ref, b: Ref, dtype: DType = a.dtype): Ref {
    const shape = broadcastShapes(a.shape, b.shape);
    if (sizeOf(shape) === 0) return this.zeros(dtype, shape);
    const [left, right] = this.#broadcasts(kernel, a, b, shape) ? [a, b] : [this.#suffix(a, shape), this.#suffix(b, shape)];
    const common = broadcastShapes(left.shape, right.shape);
    if (common.length <= this.capabilities.maxRank.value)
      return this.reshape(this.plan.kernel(kernel, { a: left, b: right }, {}, dtype, common), shape);
    const merged = mergeBroadcast(
      [left, right].map((operand) => rankedShape(operand.shape, shape.length)),
      shape,
    );
    // Where the broadcast alternates between the operands too often, both are stretched first: then one dimension is enough.
    const few = merged.result.length <= this.capabilities.maxRank.value;
    const flat = [sizeOf(shape)];
    const [first, second] = few ? (merged.shapes as [number[], number[]]) : [flat, flat];
    const [x, y] = few ? [left, right] : [this.expand(left, shape), this.expand(right, shape)];
    const inputs = { a: this.reshape(x, first), b: this.reshape(y, second) };
    return this.reshape(this.plan.kernel(kernel, inputs, {}, dtype, few ? merged.result : flat), shape);
  }

  /** Whether the kernel stretches its operands well by itself. */
  #broadcasts(kernel: string, a: Ref, b: Ref, shape: readonly number[]): boolean {
    if (sameShape(a.shape, shape) && sameShape(b.shape, shape)) return true;
    const { value } = this.capabilities.broadcasting;
    return value === 'all' || (a.dtype === 'float' && value.includes(kernel));
  }

  /** The operand if its elements are those of the last dimensions, repeated, which all kernels do well; else all of `shape`. */
  #suffix(x: Ref, shape: readonly number[]): Ref {
    const first = x.shape.findIndex((size) => size !== 1);
    const own = first < 0 ? [] : x.shape.slice(first);
    return sameShape(own, shape.slice(shape.length - own.length)) ? this.reshape(x, own) : this.expand(x, shape);
  }

  /** Elements of `t` where the condition holds, else of `e`. */
  select(condition: Ref, t: Ref, e: Ref): Ref {
    const shape = [condition, t, e].map((operand) => operand.shape).reduce(broadcastShapes);
    if (sizeOf(shape) === 0) return this.zeros(t.dtype, shape);
    // No kernel broadcasts, and flat tensors suit all of them.
    const flat = (operand: Ref) => this.reshape(this.expand(operand, shape), [sizeOf(shape)]);
    const result = this.plan.kernel('Select', { condition: flat(condition), t: flat(t), e: flat(e) }, {}, t.dtype, [sizeOf(shape)]);
    return this.reshape(result, shape);
  }

  /** Stretches dimensions of size 1, and missing ones in front. */
  expand(x: Ref, shape: readonly number[]): Ref {
    const ranked = rankedShape(x.shape, shape.length);
    if (sameShape(ranked, shape)) return this.reshape(x, shape);
    const values = this.plan.valuesOf(x);
    if (values?.length === 1) return this.plan.constant(x.dtype, shape, values);
    if (sizeOf(shape) === 0) return this.zeros(x.dtype, shape);
    const { shapes, result } = mergeBroadcast([ranked], shape);
    if (this.capabilities.stretch.value === 'Multiply' && x.dtype === 'float') {
      const ones = shapes[0]?.map((size, axis) => (size === result[axis] ? 1 : (result[axis] as number))) ?? [];
      return this.reshape(this.binary('Multiply', this.reshape(x, shapes[0] ?? []), this.plan.constant('float', ones, [1])), shape);
    }
    let tensor = x;
    const current = [...(shapes[0] as number[])];
    // One dimension at a time, the last first: a tile of rank 3 with the smallest tensors.
    for (let axis = result.length - 1; axis >= 0; axis--) {
      if (current[axis] === result[axis]) continue;
      const [before, after, copies] = [sizeOf(current.slice(0, axis)), sizeOf(current.slice(axis + 1)), result[axis] as number];
      current[axis] = copies;
      const rows = this.reshape(tensor, [before, 1, after]);
      tensor = this.plan.kernel('Tile', { x: rows }, { reps: [1, copies, 1] }, x.dtype, [before, copies, after]);
    }
    return this.reshape(tensor, shape);
  }

  /** Result dimension i is operand dimension `permutation[i]`. */
  transpose(x: Ref, permutation: readonly number[]): Ref {
    const shape = permutation.map((axis) => x.shape[axis] as number);
    const merged = mergeTranspose(x.shape, permutation);
    const isIdentity = merged.permutation.every((axis, index) => axis === index);
    if (isIdentity || sizeOf(shape) === 0) return this.reshape(x, shape);
    if (merged.permutation.length <= this.capabilities.maxRank.value) {
      const flat = this.reshape(x, merged.shape);
      const turned = merged.permutation.map((axis) => merged.shape[axis] as number);
      return this.reshape(this.plan.kernel('Transpose', { x: flat }, { perm: merged.permutation }, x.dtype, turned), shape);
    }
    // Too many dimensions for the kernel: the one that comes first in the result goes first, the others follow in a smaller transpose each.
    const [first] = merged.permutation as [number];
    const [before, size, after] = [
      sizeOf(merged.shape.slice(0, first)),
      merged.shape[first] as number,
      sizeOf(merged.shape.slice(first + 1)),
    ];
    const moved = this.transpose(this.reshape(x, [before, size, after]), [1, 0, 2]);
    const rest = [...merged.shape.slice(0, first), ...merged.shape.slice(first + 1)];
    const order = merged.permutation.slice(1).map((axis) => (axis > first ? axis - 1 : axis));
    const parts = Array.from({ length: size }, (_, index) => this.reshape(this.slice(moved, 0, index, index + 1, 1), rest));
    const turned = parts.map((part) => this.transpose(part, order));
    return this.reshape(
      this.concatenate(
        turned.map((part) => this.reshape(part, [1, sizeOf(rest)])),
        0,
      ),
      shape,
    );
  }

  /** Elements start, start + stride, … below limit along one dimension. */
  slice(x: Ref, axis: number, start: number, limit: number, stride: number): Ref {
    const size = x.shape[axis] as number;
    const count = Math.max(0, Math.ceil((limit - start) / stride));
    if (start === 0 && count === size) return x;
    const shape = x.shape.map((length, index) => (index === axis ? count : length));
    if (sizeOf(shape) === 0) return this.zeros(x.dtype, shape);
    if (stride === 1 && this.#slices(x, axis, count)) {
      const { shape: merged, groups } = mergeUnmarked(x.shape, (index) => index === axis);
      const place = groups.findIndex((group) => group.includes(axis));
      const begin = groups.map((_, index) => (index === place ? start : 0));
      const sizes = merged.map((length, index) => (index === place ? count : length));
      return this.reshape(this.plan.kernel('Slice', { x: this.reshape(x, merged) }, { begin, size: sizes }, x.dtype, sizes), shape);
    }
    return this.take(
      x,
      axis,
      Array.from({ length: count }, (_, index) => start + index * stride),
    );
  }

  /** Whether Slice is cheaper than GatherV2. */
  #slices(x: Ref, axis: number, count: number): boolean {
    const costs = this.capabilities.cuts.value;
    const [before, after] = [sizeOf(x.shape.slice(0, axis)), sizeOf(x.shape.slice(axis + 1))];
    if (costs === undefined) return true;
    const [operand, result] = [before * (x.shape[axis] as number) * after, before * count * after];
    const rows = before === 1 ? 0 : before * costs.slicePerRow + result * costs.slicePerResult;
    return operand * costs.slicePerOperand + rows <= result * costs.gatherPerResult;
  }

  /** Elements at known positions along one dimension. */
  take(x: Ref, axis: number, positions: readonly number[]): Ref {
    const shape = x.shape.map((length, index) => (index === axis ? positions.length : length));
    if (sizeOf(shape) === 0) return this.zeros(x.dtype, shape);
    return this.gather(x, axis, this.plan.constant('int', [positions.length], positions));
  }

  /** Rows along `axis`: [..axis) ++ indices ++ (axis..]. */
  gather(x: Ref, axis: number, indices: Ref): Ref {
    const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
    if (sizeOf(shape) === 0) return this.zeros(x.dtype, shape);
    const [before, along, after] = [sizeOf(x.shape.slice(0, axis)), x.shape[axis] as number, sizeOf(x.shape.slice(axis + 1))];
    const count = sizeOf(indices.shape);
    const flat = this.reshape(indices, [count]);
    // WASM is silently wrong for batch dimensions: none are used anywhere. A leading 1 is not worth a dimension.
    const [table, place, picked] =
      before === 1 ? ([[along, after], 0, [count, after]] as const) : ([[before, along, after], 1, [before, count, after]] as const);
    const inputs = { x: this.reshape(x, table), indices: flat };
    return this.reshape(this.plan.kernel('GatherV2', inputs, { axis: place, batchDims: 0 }, x.dtype, picked), shape);
  }

  /** Sums rows [n, size] into a table of `count` rows at the places that `indices` [n] name; repeated places add. */
  scatterRows(updates: Ref, indices: Ref, count: number): Ref {
    const [rows, size] = updates.shape as [number, number];
    if (count * size === 0 || rows === 0) return this.zeros(updates.dtype, [count, size]);
    const inputs = { indices: this.reshape(indices, [rows, 1]), updates };
    return this.plan.kernel('ScatterNd', inputs, { shape: [count, size] }, updates.dtype, [count, size]);
  }

  /** Zeros around one dimension. */
  padAround(x: Ref, axis: number, low: number, high: number): Ref {
    if (low === 0 && high === 0) return x;
    const shape = x.shape.map((length, index) => (index === axis ? low + length + high : length));
    if (sizeOf(shape) === 0 || sizeOf(x.shape) === 0) return this.zeros(x.dtype, shape);
    const { shape: merged, groups } = mergeUnmarked(x.shape, (index) => index === axis);
    const place = groups.findIndex((group) => group.includes(axis));
    const paddings = groups.map((_, index) => (index === place ? [low, high] : [0, 0]));
    const padded = merged.map((length, index) => (index === place ? low + length + high : length));
    const whole = x.dtype === 'bool' ? this.cast(x, 'int') : x;
    const result = this.plan.kernel('PadV2', { x: this.reshape(whole, merged) }, { paddings, constantValue: 0 }, whole.dtype, padded);
    const typed = x.dtype === 'bool' ? this.binary('NotEqual', result, this.plan.scalar('int', 0), 'bool') : result;
    return this.reshape(typed, shape);
  }

  concatenate(parts: readonly Ref[], axis: number): Ref {
    const [first] = parts as readonly [Ref];
    const total = parts.reduce((sum, part) => sum + (part.shape[axis] as number), 0);
    const shape = first.shape.map((length, index) => (index === axis ? total : length));
    const filled = parts.filter((part) => sizeOf(part.shape) > 0);
    if (filled.length === 0) return this.zeros(first.dtype, shape);
    if (filled.length === 1) return this.reshape(filled[0] as Ref, shape);
    const [before, after] = [sizeOf(shape.slice(0, axis)), sizeOf(shape.slice(axis + 1))];
    const flat = filled.map((part) => this.reshape(part, [before, (part.shape[axis] as number) * after]));
    return this.reshape(this.plan.listKernel('Concat', flat, { axis: 1 }, [before, total * after]), shape);
  }
}
