/** @file Makers of products, convolutions and windows. */
import type { Value } from '../../src/compiler/ir/ir.ts';
import { sizeOf } from '../../src/compiler/ir/tensor-type.ts';
import type { Maker } from './makers.ts';

/** A product over one dimension that both have, and perhaps one batch dimension. */
const dot: Maker = (c) => {
  const lhs = c.value('float', (shape) => shape.length > 0 && shape.length < 4 && sizeOf(shape) <= 100);
  if (lhs === undefined) return undefined;
  const axis = c.axis(lhs);
  const size = lhs.type.shape[axis];
  const rhs = c.value('float', (shape) => shape.length < 4 && shape.includes(size as number) && sizeOf(shape) <= 100);
  if (rhs === undefined) return undefined;
  const other = rhs.type.shape.indexOf(size as number);
  const batches = lhs.type.shape.flatMap((length, left) =>
    rhs.type.shape.flatMap((same, right) => (left !== axis && right !== other && length === same ? [[left, right] as const] : [])),
  );
  const batch = c.coin() ? batches[c.number(batches.length)] : undefined;
  return c.builder.emit('dot_general', [lhs, rhs], {
    lhsBatch: batch === undefined ? [] : [batch[0]],
    rhsBatch: batch === undefined ? [] : [batch[1]],
    lhsContract: [axis],
    rhsContract: [other],
  });
};

/** A product of two tensors that are repeated against each other, summed. */
const table: Maker = (c) => {
  const fits = (shape: readonly number[]) => shape.length > 0 && shape.length < 4 && sizeOf(shape) <= 24;
  const left = c.value('float', fits);
  const size = left?.type.shape[c.number(left.type.shape.length)] ?? 0;
  const right = c.value('float', (shape) => fits(shape) && shape.includes(size));
  if (left === undefined || right === undefined) return undefined;
  // Dimensions: those of the left side, then those of the right side but the common one.
  const common = left.type.shape.indexOf(size);
  const own = right.type.shape.indexOf(size);
  const shape = [...left.type.shape, ...right.type.shape.filter((_, axis) => axis !== own)];
  const first = c.builder.transpose(right, [own, ...right.type.shape.map((_, axis) => axis).filter((axis) => axis !== own)]);
  const places = [common, ...right.type.shape.slice(1).map((_, index) => left.type.shape.length + index)];
  const factors = [
    c.builder.broadcast(
      left,
      shape,
      left.type.shape.map((_, axis) => axis),
    ),
    c.builder.broadcast(first, shape, places),
  ] as const;
  const product = c.coin() ? c.builder.binary('multiply', factors[0], factors[1]) : c.builder.binary('multiply', factors[1], factors[0]);
  return c.builder.sum(
    product,
    shape.map((_, axis) => axis).filter((axis) => axis === common || c.number(3) === 0),
  );
};

/** A vector times a table of rank one. */
const chain: Maker = (c) => {
  const fits = (shape: readonly number[]) => sizeOf(shape) >= 3 && sizeOf(shape) <= 24;
  const left = c.value('float', fits);
  const right = c.value('float', fits);
  if (left === undefined || right === undefined) return undefined;
  const { builder } = c;
  const [rows, columns] = [sizeOf(left.type.shape), sizeOf(right.type.shape)];
  const matrix = { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [1] };
  // Bounded: chains of chains would grow beyond what any rounding allows.
  const vector = builder.unary('tanh', builder.reshape(left, [rows]));
  const made = builder.emit(
    'dot_general',
    [builder.reshape(vector, [rows, 1]), builder.unary('tanh', builder.reshape(right, [columns, 1]))],
    matrix,
  );
  const product = { lhsBatch: [], rhsBatch: [], lhsContract: [0], rhsContract: [0] };
  return builder.emit('dot_general', c.coin() ? [vector, made] : [made, vector], product);
};

/** Two tasks, each with its own update of a shared table (as it is, or times a number), which a vector of each task multiplies. */
const updated: Maker = (c) => {
  const fits = (shape: readonly number[]) => sizeOf(shape) >= 6 && sizeOf(shape) <= 24 && sizeOf(shape) % 2 === 0;
  const left = c.value('float', fits);
  const right = c.value('float', fits);
  if (left === undefined || right === undefined) return undefined;
  const { builder } = c;
  const [rows, columns] = [sizeOf(left.type.shape) / 2, sizeOf(right.type.shape) / 2];
  const [lhs, rhs] = [builder.unary('tanh', builder.reshape(left, [2, rows])), builder.unary('tanh', builder.reshape(right, [2, columns]))];
  const shared = builder.emit('dot_general', [lhs, rhs], { lhsBatch: [], rhsBatch: [], lhsContract: [0], rhsContract: [0] });
  const repeated = builder.broadcast(shared, [2, rows, columns], [1, 2]);
  const examples = [builder.reshape(lhs, [2, 1, rows]), builder.reshape(rhs, [2, 1, columns])];
  const update = builder.emit('dot_general', examples, { lhsBatch: [0], rhsBatch: [0], lhsContract: [1], rhsContract: [1] });
  const scaled = c.coin() ? builder.scale('multiply', update, 0.5) : update;
  const [first, second] = c.coin() ? [repeated, scaled] : [scaled, repeated];
  const table = builder.binary(c.coin() ? 'add' : 'subtract', first, second);
  const onLeft = { lhsBatch: [0], rhsBatch: [0], lhsContract: [2], rhsContract: [2] };
  if (c.coin()) return builder.emit('dot_general', [table, builder.reshape(rhs, [2, 1, columns])], onLeft);
  return builder.emit('dot_general', [lhs, table], { lhsBatch: [0], rhsBatch: [0], lhsContract: [1], rhsContract: [1] });
};

/** Two products of the same tensors, one the other way round. */
const turned: Maker = (c) => {
  const fits = (shape: readonly number[]) => sizeOf(shape) >= 16 && sizeOf(shape) <= 64 && sizeOf(shape) % 8 === 0;
  const left = c.value('float', fits);
  const right = c.value('float', fits);
  if (left === undefined || right === undefined) return undefined;
  const { builder } = c;
  const rows = (value: Value): Value => builder.unary('tanh', builder.reshape(value, [sizeOf(value.type.shape) / 8, 8]));
  const [lhs, rhs] = [rows(left), rows(right)];
  const attributes = { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [1] };
  const one = builder.emit('dot_general', [lhs, rhs], attributes);
  const other = builder.emit('dot_general', [rhs, lhs], attributes);
  return builder.emit('concatenate', [builder.reshape(one, [sizeOf(one.type.shape)]), builder.reshape(other, [sizeOf(one.type.shape)])], {
    dimension: 0,
  });
};

const image = (shape: readonly number[]): boolean =>
  shape.length === 4 && sizeOf(shape) <= 200 && shape.slice(2).every((size) => size >= 2);

/** A kernel cut from something with as many channels. */
const convolution: Maker = (c) => {
  const lhs = c.value('float', image);
  if (lhs === undefined) return undefined;
  const channels = lhs.type.shape[1] as number;
  const source = c.value('float', (shape) => shape.length === 4 && sizeOf(shape) <= 200 && (shape[1] as number) >= channels);
  const groups = source === undefined && channels === 2 ? 2 : 1;
  const kernels = source ?? c.builder.constant(0.5, [2, channels / groups, 2, 2]);
  const { shape } = kernels.type;
  const kernel = c.builder.emit('slice', [kernels], {
    start: [0, 0, 0, 0],
    limit: [shape[0] as number, channels / groups, Math.min(2, shape[2] as number), Math.min(2, shape[3] as number)],
    strides: [1, 1, 1, 1],
  });
  return c.builder.emit('convolution', [lhs, kernel], {
    strides: [1 + c.number(2), 1],
    padding: [
      [c.number(2), 1],
      [1, c.number(2)],
    ],
    lhsDilation: [1, 1],
    rhsDilation: [1, 1],
    groups,
  });
};

/** A big kernel over a small image with much padding, as in second derivatives. */
const correlation: Maker = (c) => {
  const rhs = c.value('float', image);
  if (rhs === undefined) return undefined;
  const [features, channels, height, width] = rhs.type.shape as readonly [number, number, number, number];
  const groups = features === 2 ? 1 + c.number(2) : 1;
  const lhs = c.builder.emit('iota', [], { dtype: 'float', shape: [3, groups * channels, 2, 2], dimension: c.number(4) });
  const stride = 1 + c.number(2);
  return c.builder.emit('convolution', [c.builder.unary('sine', lhs), rhs], {
    strides: [stride, 1],
    padding: [
      [height, height + c.number(2)],
      [width - 1, width],
    ],
    lhsDilation: [1, 1 + c.number(2)],
    rhsDilation: [1 + c.number(2), 1],
    groups,
  });
};

const windowed = (value: Value) => {
  const pooled = value.type.shape.map((size, axis) => (axis >= value.type.shape.length - 2 && size >= 2 ? 2 : 1));
  return { window: pooled, strides: pooled };
};

/** Max-pool: whatever wins, its value is the maximum. */
const pool: Maker = (c) => {
  const x = c.value('float', (shape) => shape.length >= 2);
  if (x === undefined) return undefined;
  return c.builder.emit('window_take', [x, c.builder.emit('window_argmax', [x], windowed(x))], windowed(x));
};

/** What won among the elements of a parameter, put back. */
const unpool: Maker = (c) => {
  const x = c.exact('float', (shape) => shape.length >= 2);
  if (x === undefined) return undefined;
  const choice = c.builder.emit('window_argmax', [x], windowed(x));
  const updates = c.builder.unary('tanh', c.builder.emit('window_take', [x, choice], windowed(x)));
  const whole = c.builder.emit('window_put', [updates, choice], { ...windowed(x), shape: x.type.shape });
  switch (c.number(4)) {
    case 0:
      return whole;
    case 1:
      return c.builder.binary('multiply', whole, c.like(whole));
    case 2:
      return c.builder.sum(
        c.builder.binary('multiply', whole, x),
        x.type.shape.map((_, axis) => axis).filter((axis) => axis >= x.type.shape.length - 2),
      );
    default:
      return c.builder.emit('window_take', [c.builder.binary('add', c.builder.unary('sine', whole), c.like(whole)), choice], windowed(x));
  }
};

export const linearMakers = { dot, table, chain, updated, turned, convolution, correlation, pool, unpool } as const satisfies Readonly<
  Record<string, Maker>
>;
