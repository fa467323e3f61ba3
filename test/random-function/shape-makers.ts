/** @file Makers of nodes that move, repeat, cut and sum elements. */
import type { Value } from '../../src/compiler/ir/ir.ts';
import { sizeOf } from '../../src/compiler/ir/tensor-type.ts';
import type { Choices } from './choices.ts';
import type { Maker } from './makers.ts';

const small = (shape: readonly number[]): boolean => sizeOf(shape) <= 200;

function some(c: Choices): Value | undefined {
  return c.value((['float', 'float', 'float', 'int', 'bool'] as const)[c.number(5)] ?? 'float', small);
}

const constant: Maker = (c) => {
  const shape = c.coin() ? [2, 3] : [3];
  const values = Array.from({ length: sizeOf(shape) }, () => c.number(5) - 2);
  return c.moved(c.builder.emit('constant', [], { dtype: 'float', shape, values: c.coin() ? values : values.slice(0, 1) }), []);
};

const iota: Maker = (c) =>
  c.moved(c.builder.emit('iota', [], { dtype: c.coin() ? 'float' : 'int', shape: [2, 3], dimension: c.number(2) }), []);

const broadcast: Maker = (c) => {
  const x = some(c);
  if (x === undefined || x.type.shape.length > 3) return undefined;
  const place = c.number(x.type.shape.length + 1);
  const shape = x.type.shape.map((size) => (size === 1 && c.coin() ? 3 : size));
  shape.splice(place, 0, 2);
  const dimensions = x.type.shape.map((_, axis) => (axis < place ? axis : axis + 1));
  return c.moved(c.builder.broadcast(x, shape, dimensions), [x]);
};

const reshape: Maker = (c) => {
  const x = some(c);
  if (x === undefined) return undefined;
  const { shape } = x.type;
  const axis = c.axis(x);
  const size = shape[axis];
  switch (c.number(4)) {
    case 0:
      return c.moved(c.builder.reshape(x, [...shape.slice(0, axis), 1, ...shape.slice(axis)]), [x]);
    case 1:
      return c.moved(
        c.builder.reshape(
          x,
          shape.filter((length) => length !== 1),
        ),
        [x],
      );
    case 2: {
      const next = shape[axis + 1];
      if (size === undefined || next === undefined) return undefined;
      return c.moved(c.builder.reshape(x, [...shape.slice(0, axis), size * next, ...shape.slice(axis + 2)]), [x]);
    }
    default:
      if (size === undefined || size % 2 !== 0) return undefined;
      return c.moved(c.builder.reshape(x, [...shape.slice(0, axis), 2, size / 2, ...shape.slice(axis + 1)]), [x]);
  }
};

const transpose: Maker = (c) => {
  const x = some(c);
  if (x === undefined) return undefined;
  const order = x.type.shape.map((_, axis) => axis);
  for (let axis = order.length - 1; axis > 0; axis--) {
    const other = c.number(axis + 1);
    [order[axis], order[other]] = [order[other] as number, order[axis] as number];
  }
  return c.moved(c.builder.transpose(x, order), [x]);
};

const reverse: Maker = (c) => {
  const x = some(c);
  return x === undefined ? undefined : c.moved(c.builder.emit('reverse', [x], { dimensions: c.axes(x) }), [x]);
};

const slice: Maker = (c) => {
  const x = some(c);
  if (x === undefined) return undefined;
  const start = x.type.shape.map((size) => c.number(Math.min(size, 2)));
  const limit = x.type.shape.map((size, axis) => Math.max((start[axis] as number) + 1, size - c.number(2)));
  return c.moved(c.builder.emit('slice', [x], { start, limit, strides: x.type.shape.map(() => 1 + c.number(2)) }), [x]);
};

const pad: Maker = (c) => {
  const x = c.value('float', (shape) => sizeOf(shape) <= 60);
  if (x === undefined) return undefined;
  const amounts = () => x.type.shape.map(() => c.number(2));
  return c.moved(
    c.builder.emit('pad', [x], { low: amounts(), high: amounts(), interior: x.type.shape.map(() => (c.number(4) === 0 ? 1 : 0)) }),
    [x],
  );
};

const concatenate: Maker = (c) => {
  const x = c.value('float', (shape) => shape.length > 0 && small(shape));
  if (x === undefined) return undefined;
  const parts = [x, c.like(x)];
  return c.moved(c.builder.emit('concatenate', parts, { dimension: c.axis(x) }), parts);
};

/** Rows of a tensor with dimensions of size 2 or more; indices are 0 or 1. */
const gather: Maker = (c) => {
  const x = c.value('float', (shape) => shape.length > 0 && shape.length < 4 && shape[shape.length - 1] !== 1);
  const places = c.value('int', (shape) => sizeOf(shape) <= 6);
  if (x === undefined || places === undefined) return undefined;
  const safe = c.builder.scale('minimum', c.builder.scale('maximum', places, 0), 1);
  return c.moved(c.builder.emit('gather', [x, safe], { axis: x.type.shape.length - 1, batchDims: 0 }), [x, places]);
};

const scatter: Maker = (c) => {
  const x = c.value('float', (shape) => shape[0] === 3 && shape.length < 4);
  const places = c.value('int', (shape) => shape.length === 1 && shape[0] === 3);
  if (x === undefined || places === undefined) return undefined;
  const safe = c.builder.scale('minimum', c.builder.scale('maximum', places, 0), 1);
  return c.builder.emit('scatter_add', [x, safe], { axis: 0, batchDims: 0, shape: [2, ...x.type.shape.slice(1)] });
};

const sum: Maker = (c) => {
  const x = c.value(c.number(6) === 0 ? 'int' : 'float');
  return x === undefined ? undefined : c.builder.sum(x, c.axes(x));
};

const maximum: Maker = (c) => {
  const x = c.value('float', (shape) => shape.length > 0);
  return x === undefined ? undefined : c.builder.emit('reduce_max', [x], { dimensions: c.axes(x) });
};

const winner: Maker = (c) => {
  const x = c.exact('float', (shape) => shape.length > 0);
  return x === undefined ? undefined : c.moved(c.builder.emit('arg_max', [x], { dimension: c.axis(x) }), []);
};

const cumulative: Maker = (c) => {
  const x = c.value('float', (shape) => shape.length > 0);
  if (x === undefined) return undefined;
  return c.builder.emit('cumulative_sum', [x], { dimension: c.axis(x), reverse: c.coin(), exclusive: c.coin() });
};

export const shapeMakers = {
  constant,
  iota,
  broadcast,
  reshape,
  transpose,
  reverse,
  slice,
  pad,
  concatenate,
  gather,
  scatter,
  sum,
  maximum,
  winner,
  cumulative,
} as const satisfies Readonly<Record<string, Maker>>;
