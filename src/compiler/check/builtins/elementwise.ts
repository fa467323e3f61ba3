/**
 * @file Operators between tensors, and the broadcasting rule of the language: shapes are aligned from the right, and at most one
 * of the operands is expanded. So [n] with [n, 1] is refused instead of silently making [n, n]; scalars combine with everything.
 * Comparisons give the numbers 0 and 1, so that they can be averaged and multiplied.
 */
import { bothSidesExpand, cannotMultiply, shapesDoNotMatch } from '../../diagnostics/catalogue/shapes.ts';
import { DiagnosticError } from '../../diagnostics/diagnostic.ts';
import type { FunctionBuilder } from '../../ir/build.ts';
import type { SourceRange, Value } from '../../ir/ir.ts';
import type { Direction } from '../../ir/primitives.ts';
import { sameShape } from '../../ir/tensor-type.ts';
import { dim, printDims } from '../dims.ts';
import type { Context, Dim, TensorMeaning } from '../meaning.ts';
import { better, shapeOf } from './dimensions.ts';
import { alignRight, asFloat, axesOf, truthAsFloat } from './numeric.ts';

export type TensorOperator = '+' | '-' | '*' | '/' | '^' | '@' | '<' | '<=' | '>' | '>=' | '==' | '!=';

const arithmetic = { '+': 'add', '-': 'subtract', '*': 'multiply', '/': 'divide', '^': 'power' } as const;

const directions: Readonly<Record<'<' | '<=' | '>' | '>=' | '==' | '!=', Direction>> = {
  '<': 'LT',
  '<=': 'LE',
  '>': 'GT',
  '>=': 'GE',
  '==': 'EQ',
  '!=': 'NE',
};

/** How messages name an operation: `\`+\``, `\`where\``. */
function quoted(operation: string): string {
  return `\`${operation}\``;
}

/**
 * The common shape of two operands. Throws E0401 when sizes disagree and E0402 when both would have to be expanded.
 */
export function broadcastDims(
  operation: string,
  left: readonly Dim[],
  right: readonly Dim[],
  leftRange: SourceRange,
  rightRange: SourceRange,
): readonly Dim[] {
  const rank = Math.max(left.length, right.length);
  const result: Dim[] = [];
  let leftGrows = false;
  let rightGrows = false;
  const leftSide = { shape: printDims(left), range: leftRange };
  const rightSide = { shape: printDims(right), range: rightRange };
  for (let axis = 0; axis < rank; axis++) {
    const leftDim = left[axis - rank + left.length];
    const rightDim = right[axis - rank + right.length];
    if (leftDim === undefined || rightDim === undefined) {
      leftGrows ||= leftDim === undefined;
      rightGrows ||= rightDim === undefined;
      result.push(leftDim ?? rightDim ?? dim(1));
    } else if (leftDim.size === rightDim.size) {
      result.push(better(leftDim, rightDim));
    } else if (leftDim.size === 1) {
      leftGrows = true;
      result.push(rightDim);
    } else if (rightDim.size === 1) {
      rightGrows = true;
      result.push(leftDim);
    } else throw new DiagnosticError(shapesDoNotMatch(quoted(operation), leftSide, rightSide));
  }
  if (leftGrows && rightGrows) throw new DiagnosticError(bothSidesExpand(quoted(operation), leftSide, rightSide, printDims(result)));
  return result;
}

/** Two operands of one type: the same shape, and floats unless both are ints. */
export function broadcastPair(
  context: Context,
  operation: string,
  left: TensorMeaning,
  right: TensorMeaning,
  leftRange: SourceRange,
  rightRange: SourceRange,
): { readonly left: Value; readonly right: Value; readonly dims: readonly Dim[] } {
  const dims = broadcastDims(operation, left.dims, right.dims, leftRange, rightRange);
  const shape = shapeOf(dims);
  const bothInt = left.value.type.dtype === 'int' && right.value.type.dtype === 'int';
  const ready = (value: Value): Value => alignRight(context.builder, bothInt ? value : asFloat(context.builder, value), shape);
  return { left: ready(left.value), right: ready(right.value), dims };
}

function matrixProduct(
  context: Context,
  left: TensorMeaning,
  right: TensorMeaning,
  leftRange: SourceRange,
  rightRange: SourceRange,
): TensorMeaning {
  const mismatch = (detail: string): DiagnosticError =>
    new DiagnosticError(
      cannotMultiply({ shape: printDims(left.dims), range: leftRange }, { shape: printDims(right.dims), range: rightRange }, detail),
    );
  const leftRank = left.dims.length;
  const rightRank = right.dims.length;
  if (leftRank === 0 || rightRank === 0) throw mismatch('a scalar has no axis to sum over; `*` scales');
  const batch = rightRank > 2 ? rightRank - 2 : 0;
  const leftInner = left.dims[leftRank - 1] as Dim;
  const rightInner = right.dims[rightRank === 1 ? 0 : rightRank - 2] as Dim;
  if (leftInner.size !== rightInner.size) throw mismatch(`${leftInner.text} does not match ${rightInner.text}`);
  if (batch > 0) {
    const same = leftRank === rightRank && sameShape(shapeOf(left.dims.slice(0, batch)), shapeOf(right.dims.slice(0, batch)));
    if (!same) throw mismatch('stacks of matrices need the same leading sizes');
  }
  const stacked = Array.from({ length: batch }, (_, axis) => axis);
  const value = context.builder.emit('dot_general', [asFloat(context.builder, left.value), asFloat(context.builder, right.value)], {
    lhsBatch: stacked,
    rhsBatch: stacked,
    lhsContract: [leftRank - 1],
    rhsContract: [rightRank === 1 ? 0 : rightRank - 2],
  });
  return context.wrap(value, [...left.dims.slice(0, -1), ...(rightRank === 1 ? [] : right.dims.slice(-1))], [left, right]);
}

/**
 * `left operator right`, elementwise with the broadcasting rule above; `@` is the matrix product: [..., k] @ [k, m], [k], or
 * stacks of matrices with equal leading sizes. Ints stay ints under + - *; everything else gives floats; comparisons give 0 and 1.
 * Throws DiagnosticError (E0401, E0402, E0405).
 */
export function applyBinary(
  context: Context,
  operator: TensorOperator,
  left: TensorMeaning,
  right: TensorMeaning,
  leftRange: SourceRange,
  rightRange: SourceRange,
): TensorMeaning {
  if (operator === '@') return matrixProduct(context, left, right, leftRange, rightRange);
  const { builder } = context;
  const pair = broadcastPair(context, operator, left, right, leftRange, rightRange);
  if (operator in directions) {
    const truth = builder.compare(directions[operator as keyof typeof directions], pair.left, pair.right);
    return context.wrap(truthAsFloat(builder, truth), pair.dims, [left, right]);
  }
  const primitive = arithmetic[operator as keyof typeof arithmetic];
  const float = primitive === 'divide' || primitive === 'power';
  const operands = float ? [asFloat(builder, pair.left), asFloat(builder, pair.right)] : [pair.left, pair.right];
  return context.wrap(builder.binary(primitive, operands[0] as Value, operands[1] as Value), pair.dims, [left, right]);
}

/** `-operand`. */
export function negate(context: Context, operand: TensorMeaning): TensorMeaning {
  const { dtype } = operand.value.type;
  const value = dtype === 'float' || dtype === 'int' ? operand.value : asFloat(context.builder, operand.value);
  return context.wrap(context.builder.unary('negate', value), operand.dims, [operand]);
}

/**
 * `base ^ exponent` for a constant exponent: small whole exponents are products, which are exact and have derivatives at 0
 * and for negative bases; the elaborator prefers it to `applyBinary` when the exponent is a number.
 */
export function applyPower(context: Context, base: TensorMeaning, exponent: number): TensorMeaning {
  const { builder } = context;
  const value = asFloat(builder, base.value);
  return context.wrap(powerOf(builder, value, exponent), base.dims, [base]);
}

function powerOf(builder: FunctionBuilder, value: Value, exponent: number): Value {
  if (exponent === 1) return value;
  if (exponent === 0) return builder.constant(1, value.type.shape);
  if (exponent === 0.5) return builder.unary('sqrt', value);
  if (Number.isInteger(exponent) && exponent < 0 && exponent >= -8)
    return builder.binary('divide', builder.constant(1, value.type.shape), powerOf(builder, value, -exponent));
  if (Number.isInteger(exponent) && exponent > 1 && exponent <= 8) {
    const half = powerOf(builder, value, Math.floor(exponent / 2));
    const square = builder.binary('multiply', half, half);
    return exponent % 2 === 0 ? square : builder.binary('multiply', square, value);
  }
  return builder.scale('power', value, exponent);
}

/** Expands a tensor to `dims`, aligned from the right; the caller has checked that it fits. */
export function expandTo(context: Context, tensor: TensorMeaning, dims: readonly Dim[]): Value {
  return alignRight(context.builder, asFloat(context.builder, tensor.value), shapeOf(dims));
}

/** Applies a function of floats to every element. */
export function mapElements(
  context: Context,
  operand: TensorMeaning,
  compute: (builder: FunctionBuilder, value: Value) => Value,
): TensorMeaning {
  return context.wrap(compute(context.builder, asFloat(context.builder, operand.value)), operand.dims, [operand]);
}

/** All axes of a tensor. */
export function allAxes(tensor: TensorMeaning): number[] {
  return axesOf(tensor.value);
}
