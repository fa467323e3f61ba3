/** @file The type rule of each primitive: result types from operand types and attributes, or an InternalError that says what is wrong. */
import { InternalError } from '../diagnostics/internal-error.ts';
import type { Attributes, PrimitiveName } from './primitives.ts';
import { type DType, printType, sameShape, sameType, sizeOf, type TensorType, tensorType } from './tensor-type.ts';

type Operands = readonly TensorType[];
type Rule<P extends PrimitiveName> = (operands: Operands, attributes: Attributes[P]) => readonly TensorType[];

function fail(message: string): never {
  throw new InternalError(message);
}

function take(operands: Operands, count: number): Operands {
  if (operands.length !== count) fail(`expected ${count} operands, found ${operands.length}`);
  return operands;
}

function one(operands: Operands): TensorType {
  return take(operands, 1)[0] as TensorType;
}

function two(operands: Operands): readonly [TensorType, TensorType] {
  return take(operands, 2) as unknown as readonly [TensorType, TensorType];
}

function requireDType(type: TensorType, allowed: readonly DType[]): void {
  if (!allowed.includes(type.dtype)) fail(`expected ${allowed.join(' or ')}, found ${printType(type)}`);
}

function unary(...allowed: DType[]): (operands: Operands) => readonly TensorType[] {
  return (operands) => {
    const operand = one(operands);
    requireDType(operand, allowed);
    return [operand];
  };
}

function binary(...allowed: DType[]): (operands: Operands) => readonly TensorType[] {
  return (operands) => {
    const [left, right] = two(operands);
    if (!sameType(left, right)) fail(`operands differ: ${printType(left)} and ${printType(right)}`);
    requireDType(left, allowed);
    return [left];
  };
}

function at(shape: readonly number[], axis: number): number {
  const size = shape[axis];
  if (size === undefined) fail(`no dimension ${axis} in [${shape.join(', ')}]`);
  return size;
}

function distinctAxes(axes: readonly number[], rank: number): void {
  const seen = new Set<number>();
  for (const axis of axes) {
    if (!Number.isInteger(axis) || axis < 0 || axis >= rank) fail(`dimension ${axis} is outside rank ${rank}`);
    if (seen.has(axis)) fail(`dimension ${axis} is named twice`);
    seen.add(axis);
  }
}

function without(shape: readonly number[], axes: readonly number[]): number[] {
  return shape.filter((_, axis) => !axes.includes(axis));
}

function reduced(operands: Operands, dimensions: readonly number[]): TensorType {
  const operand = one(operands);
  distinctAxes(dimensions, operand.shape.length);
  return tensorType(operand.dtype, without(operand.shape, dimensions));
}

/** Result shape of a window over `shape`; shared by the three window primitives. */
export function windowedShape(shape: readonly number[], window: readonly number[], strides: readonly number[]): number[] {
  if (window.length !== shape.length || strides.length !== shape.length) fail('window and strides need one entry per dimension');
  return shape.map((size, axis) => {
    const width = at(window, axis);
    if (width < 1 || at(strides, axis) < 1 || width > size) fail(`window ${width} does not fit dimension ${axis} of size ${size}`);
    return Math.floor((size - width) / at(strides, axis)) + 1;
  });
}

/** Result shape of a gather. */
export function gatheredShape(operand: readonly number[], indices: readonly number[], axis: number, batchDims: number): number[] {
  if (axis < batchDims || axis >= operand.length) fail(`gather axis ${axis} with ${batchDims} batch dimensions in rank ${operand.length}`);
  for (let batch = 0; batch < batchDims; batch++) {
    if (operand[batch] !== indices[batch]) fail(`gather batch dimension ${batch} differs: ${operand[batch]} and ${indices[batch]}`);
  }
  return [...operand.slice(0, axis), ...indices.slice(batchDims), ...operand.slice(axis + 1)];
}

/** Spatial result size of a convolution; at least 0. */
export function convolvedSize(
  size: number,
  kernel: number,
  stride: number,
  padding: readonly [number, number],
  lhsDilation: number,
  rhsDilation: number,
): number {
  const input = (size === 0 ? 0 : (size - 1) * lhsDilation + 1) + padding[0] + padding[1];
  const reach = (kernel - 1) * rhsDilation + 1;
  return input < reach ? 0 : Math.floor((input - reach) / stride) + 1;
}

export const typeRules: { readonly [P in PrimitiveName]: Rule<P> } = {
  negate: unary('float', 'int'),
  abs: unary('float', 'int'),
  sign: unary('float', 'int'),
  floor: unary('float'),
  exponential: unary('float'),
  exponential_minus_one: unary('float'),
  log: unary('float'),
  log_plus_one: unary('float'),
  sqrt: unary('float'),
  rsqrt: unary('float'),
  tanh: unary('float'),
  logistic: unary('float'),
  sine: unary('float'),
  cosine: unary('float'),
  erf: unary('float'),
  not: unary('bool'),
  add: binary('float', 'int'),
  subtract: binary('float', 'int'),
  multiply: binary('float', 'int'),
  divide: binary('float', 'int'),
  power: binary('float'),
  maximum: binary('float', 'int'),
  minimum: binary('float', 'int'),
  and: binary('bool'),
  or: binary('bool'),
  compare: (operands) => {
    const [left] = binary('float', 'int')(operands);
    return [tensorType('bool', (left as TensorType).shape)];
  },
  select: (operands) => {
    const [predicate, onTrue, onFalse] = take(operands, 3) as unknown as [TensorType, TensorType, TensorType];
    requireDType(predicate, ['bool']);
    if (!sameType(onTrue, onFalse) || !sameShape(predicate.shape, onTrue.shape)) {
      fail(`select of ${printType(predicate)}, ${printType(onTrue)}, ${printType(onFalse)}`);
    }
    return [onTrue];
  },
  constant: (operands, { dtype, shape, values }) => {
    take(operands, 0);
    if (values.length !== 1 && values.length !== sizeOf(shape)) fail(`constant of shape [${shape.join(', ')}] has ${values.length} values`);
    return [tensorType(dtype, shape)];
  },
  iota: (operands, { dtype, shape, dimension }) => {
    take(operands, 0);
    distinctAxes([dimension], shape.length);
    return [tensorType(dtype, shape)];
  },
  convert: (operands, { dtype }) => [tensorType(dtype, one(operands).shape)],
  broadcast_in_dim: (operands, { shape, dimensions }) => {
    const operand = one(operands);
    distinctAxes(dimensions, shape.length);
    if (dimensions.length !== operand.shape.length) fail(`broadcast of ${printType(operand)} names ${dimensions.length} dimensions`);
    dimensions.forEach((target, axis) => {
      if (axis > 0 && target <= (dimensions[axis - 1] as number)) fail('broadcast dimensions must increase');
      const size = at(operand.shape, axis);
      if (size !== 1 && size !== shape[target]) fail(`cannot broadcast ${printType(operand)} to [${shape.join(', ')}]`);
    });
    return [tensorType(operand.dtype, shape)];
  },
  reshape: (operands, { shape }) => {
    const operand = one(operands);
    if (sizeOf(shape) !== sizeOf(operand.shape)) fail(`cannot reshape ${printType(operand)} to [${shape.join(', ')}]`);
    return [tensorType(operand.dtype, shape)];
  },
  transpose: (operands, { permutation }) => {
    const operand = one(operands);
    distinctAxes(permutation, operand.shape.length);
    if (permutation.length !== operand.shape.length) fail(`permutation [${permutation.join(', ')}] of ${printType(operand)}`);
    return [
      tensorType(
        operand.dtype,
        permutation.map((axis) => at(operand.shape, axis)),
      ),
    ];
  },
  reverse: (operands, { dimensions }) => {
    const operand = one(operands);
    distinctAxes(dimensions, operand.shape.length);
    return [operand];
  },
  slice: (operands, { start, limit, strides }) => {
    const operand = one(operands);
    if (start.length !== operand.shape.length || limit.length !== start.length || strides.length !== start.length)
      fail('slice needs one entry per dimension');
    const shape = operand.shape.map((size, axis) => {
      const from = at(start, axis);
      const to = at(limit, axis);
      const step = at(strides, axis);
      if (from < 0 || to > size || from > to || step < 1)
        fail(`slice [${from}:${to}:${step}] of dimension ${axis} of ${printType(operand)}`);
      return Math.ceil((to - from) / step);
    });
    return [tensorType(operand.dtype, shape)];
  },
  pad: (operands, { low, high, interior }) => {
    const operand = one(operands);
    if (low.length !== operand.shape.length || high.length !== low.length || interior.length !== low.length)
      fail('pad needs one entry per dimension');
    if ([...low, ...high, ...interior].some((amount) => amount < 0)) fail('pad amounts are never negative');
    const shape = operand.shape.map((size, axis) => at(low, axis) + size + Math.max(size - 1, 0) * at(interior, axis) + at(high, axis));
    return [tensorType(operand.dtype, shape)];
  },
  concatenate: (operands, { dimension }) => {
    const first = operands[0] ?? fail('concatenate needs an operand');
    distinctAxes([dimension], first.shape.length);
    let size = 0;
    for (const operand of operands) {
      const rest =
        operand.shape.length === first.shape.length &&
        operand.shape.every((length, axis) => axis === dimension || length === first.shape[axis]);
      if (!rest || operand.dtype !== first.dtype) fail(`cannot concatenate ${operands.map(printType).join(', ')} along ${dimension}`);
      size += at(operand.shape, dimension);
    }
    return [
      tensorType(
        first.dtype,
        first.shape.map((length, axis) => (axis === dimension ? size : length)),
      ),
    ];
  },
  gather: (operands, { axis, batchDims }) => {
    const [operand, indices] = two(operands);
    requireDType(indices, ['int']);
    return [tensorType(operand.dtype, gatheredShape(operand.shape, indices.shape, axis, batchDims))];
  },
  scatter_add: (operands, { axis, batchDims, shape }) => {
    const [updates, indices] = two(operands);
    requireDType(indices, ['int']);
    const expected = gatheredShape(shape, indices.shape, axis, batchDims);
    if (!sameShape(expected, updates.shape)) fail(`scatter_add of ${printType(updates)}, expected [${expected.join(', ')}]`);
    return [tensorType(updates.dtype, shape)];
  },
  reduce_sum: (operands, { dimensions }) => {
    requireDType(one(operands), ['float', 'int']);
    return [reduced(operands, dimensions)];
  },
  reduce_max: (operands, { dimensions }) => {
    requireDType(one(operands), ['float', 'int']);
    for (const dimension of dimensions) if (one(operands).shape[dimension] === 0) fail('maximum of nothing');
    return [reduced(operands, dimensions)];
  },
  arg_max: (operands, { dimension }) => {
    requireDType(one(operands), ['float', 'int']);
    return [tensorType('int', reduced(operands, [dimension]).shape)];
  },
  cumulative_sum: (operands, { dimension }) => {
    const operand = one(operands);
    requireDType(operand, ['float', 'int']);
    distinctAxes([dimension], operand.shape.length);
    return [operand];
  },
  dot_general: (operands, { lhsBatch, rhsBatch, lhsContract, rhsContract }) => {
    const [lhs, rhs] = two(operands);
    if (lhs.dtype !== rhs.dtype) fail(`dot_general of ${printType(lhs)} and ${printType(rhs)}`);
    requireDType(lhs, ['float']);
    distinctAxes([...lhsBatch, ...lhsContract], lhs.shape.length);
    distinctAxes([...rhsBatch, ...rhsContract], rhs.shape.length);
    const sizes = (shape: readonly number[], axes: readonly number[]) => axes.map((axis) => at(shape, axis));
    const agree =
      sameShape(sizes(lhs.shape, lhsBatch), sizes(rhs.shape, rhsBatch)) &&
      sameShape(sizes(lhs.shape, lhsContract), sizes(rhs.shape, rhsContract));
    if (!agree)
      fail(
        `dot_general of ${printType(lhs)} and ${printType(rhs)}: batch [${lhsBatch}]/[${rhsBatch}], contract [${lhsContract}]/[${rhsContract}]`,
      );
    return [
      tensorType(lhs.dtype, [
        ...sizes(lhs.shape, lhsBatch),
        ...without(lhs.shape, [...lhsBatch, ...lhsContract]),
        ...without(rhs.shape, [...rhsBatch, ...rhsContract]),
      ]),
    ];
  },
  convolution: (operands, { strides, padding, lhsDilation, rhsDilation, groups }) => {
    const [lhs, rhs] = two(operands);
    requireDType(lhs, ['float']);
    const spatial = lhs.shape.length - 2;
    if (rhs.shape.length !== lhs.shape.length || spatial < 1) fail(`convolution of ${printType(lhs)} and ${printType(rhs)}`);
    for (const list of [strides, padding, lhsDilation, rhsDilation])
      if (list.length !== spatial) fail('convolution attributes need one entry per spatial dimension');
    if (at(lhs.shape, 1) !== at(rhs.shape, 1) * groups || at(rhs.shape, 0) % groups !== 0) {
      fail(`convolution channels: ${printType(lhs)} and ${printType(rhs)} in ${groups} groups`);
    }
    const sizes = strides.map((stride, index) =>
      convolvedSize(
        at(lhs.shape, index + 2),
        at(rhs.shape, index + 2),
        stride,
        padding[index] as readonly [number, number],
        at(lhsDilation, index),
        at(rhsDilation, index),
      ),
    );
    return [tensorType(lhs.dtype, [at(lhs.shape, 0), at(rhs.shape, 0), ...sizes])];
  },
  window_argmax: (operands, { window, strides }) => {
    const operand = one(operands);
    requireDType(operand, ['float']);
    return [tensorType('int', windowedShape(operand.shape, window, strides))];
  },
  window_take: (operands, { window, strides }) => {
    const [operand, choice] = two(operands);
    requireDType(choice, ['int']);
    const shape = windowedShape(operand.shape, window, strides);
    if (!sameShape(shape, choice.shape)) fail(`window_take of ${printType(operand)} with choice ${printType(choice)}`);
    return [tensorType(operand.dtype, shape)];
  },
  window_put: (operands, { window, strides, shape }) => {
    const [updates, choice] = two(operands);
    requireDType(choice, ['int']);
    const expected = windowedShape(shape, window, strides);
    if (!sameShape(expected, updates.shape) || !sameShape(expected, choice.shape))
      fail(`window_put of ${printType(updates)} into [${shape.join(', ')}]`);
    return [tensorType(updates.dtype, shape)];
  },
  stop_gradient: (operands) => [one(operands)],
  gradient: (operands, { body, wrt }) => {
    take(operands, body.parameters.length);
    body.parameters.forEach((parameter, index) => {
      const operand = operands[index] as TensorType;
      if (!sameType(parameter.value.type, operand))
        fail(`gradient argument ${parameter.name}: ${printType(parameter.value.type)} from ${printType(operand)}`);
    });
    const loss = body.results[0] ?? fail('gradient of a function without results');
    if (loss.value.type.dtype !== 'float' || loss.value.type.shape.length > 0)
      fail(`gradient of ${printType(loss.value.type)}, expected float[]`);
    const gradients = wrt.map((index) => {
      const parameter = body.parameters[index] ?? fail(`gradient with respect to parameter ${index}`);
      requireDType(parameter.value.type, ['float']);
      return parameter.value.type;
    });
    return [...body.results.map((result) => result.value.type), ...gradients];
  },
  map_tasks: (operands, { body, mapped, tasks }) => {
    take(operands, body.parameters.length);
    if (mapped.length !== operands.length) fail('map_tasks: mapped needs one entry per operand');
    body.parameters.forEach((parameter, index) => {
      const inner = parameter.value.type;
      const expected = mapped[index] ? tensorType(inner.dtype, [tasks, ...inner.shape]) : inner;
      const operand = operands[index] as TensorType;
      if (!sameType(expected, operand))
        fail(`map_tasks argument ${parameter.name}: expected ${printType(expected)}, found ${printType(operand)}`);
    });
    return body.results.map((result) => tensorType(result.value.type.dtype, [tasks, ...result.value.type.shape]));
  },
  scan: (operands, { body, length, carries, sequences }) => {
    take(operands, body.parameters.length);
    if (length < 1 || !Number.isInteger(length)) fail(`a scan of ${length} steps`);
    if (carries > body.results.length || carries + sequences > operands.length)
      fail(`${carries} carries and ${sequences} sequences of ${operands.length} operands and ${body.results.length} results`);
    body.parameters.forEach(({ name, value }, index) => {
      const isSequence = index >= carries && index < carries + sequences;
      const expected = isSequence ? stacked(value.type, length) : value.type;
      const operand = operands[index] as TensorType;
      if (!sameType(expected, operand)) fail(`scan argument ${name}: expected ${printType(expected)}, found ${printType(operand)}`);
      const next = index < carries ? (body.results[index] as { value: { type: TensorType } }).value.type : value.type;
      if (!sameType(next, value.type)) fail(`scan carry ${name}: ${printType(value.type)} becomes ${printType(next)}`);
    });
    return body.results.map(({ value }, index) => (index < carries ? value.type : stacked(value.type, length)));
  },
  implicit_root: (operands, { body, unknowns, solver }) => {
    take(operands, body.parameters.length);
    if (unknowns < 1 || body.results.length !== unknowns) fail(`implicit_root: ${body.results.length} equations for ${unknowns} unknowns`);
    if (solver.steps < 1 || !Number.isInteger(solver.steps)) fail(`a solver of ${solver.steps} steps`);
    return body.parameters.flatMap(({ name, value }, index) => {
      const operand = operands[index] as TensorType;
      if (!sameType(value.type, operand))
        fail(`implicit_root argument ${name}: expected ${printType(value.type)}, found ${printType(operand)}`);
      if (index >= unknowns) return [];
      requireDType(operand, ['float']);
      const equation = (body.results[index] as { value: { type: TensorType } }).value.type;
      if (!sameType(equation, operand)) fail(`equation ${index} of ${printType(operand)} is ${printType(equation)}`);
      return [operand];
    });
  },
};

/** The type of `length` such values, one after another. */
export function stacked(type: TensorType, length: number): TensorType {
  return tensorType(type.dtype, [length, ...type.shape]);
}

/** Result types of one application. Throws InternalError when it is not well typed. */
export function inferTypes<P extends PrimitiveName>(op: P, operands: Operands, attributes: Attributes[P]): readonly TensorType[] {
  const rule: Rule<P> = typeRules[op];
  try {
    return rule(operands, attributes);
  } catch (error) {
    if (error instanceof InternalError) throw new InternalError(`${op}: ${error.message.replace('metac bug: ', '')}`);
    throw error;
  }
}
