/** @file Elementwise primitives that ONNX lacks, written with operators it has. Safe for infinities and NaN. */
import type { Node, Value } from '../../ir/ir.ts';
import type { Direction } from '../../ir/primitives.ts';
import { sizeOf } from '../../ir/tensor-type.ts';
import type { OnnxTensor } from './graph.ts';
import type { LoweringContext } from './lowering-context.ts';

/** e^x - 1 without loss near 0 (Kahan): (u - 1) * x / log u with u = e^x; plainly u - 1 away from 0. */
export function exponentialMinusOne(context: LoweringContext, x: OnnxTensor): OnnxTensor {
  const { graph } = context;
  const one = graph.scalar(1);
  const u = context.elementwise('Exp', [x]);
  const difference = context.elementwise('Sub', [u, one]);
  const near = context.elementwise('Less', [context.elementwise('Abs', [x]), graph.scalar(0.5)], 'bool');
  const exact = context.elementwise('Equal', [u, one], 'bool');
  // Where u is exactly 1 or x is far from 0 the quotient is not used; a harmless denominator keeps it finite.
  const logarithm = context.elementwise('Where', [exact, one, context.elementwise('Log', [u])]);
  const kahan = context.elementwise('Div', [context.elementwise('Mul', [difference, x]), logarithm]);
  return context.elementwise('Where', [near, context.elementwise('Where', [exact, x, kahan]), difference]);
}

/** log(1 + x) without loss near 0: x * log u / (u - 1) with u = 1 + x. */
export function logPlusOne(context: LoweringContext, x: OnnxTensor): OnnxTensor {
  const { graph } = context;
  const one = graph.scalar(1);
  const u = context.elementwise('Add', [x, one]);
  const logarithm = context.elementwise('Log', [u]);
  const near = context.elementwise('Less', [context.elementwise('Abs', [x]), graph.scalar(0.5)], 'bool');
  const exact = context.elementwise('Equal', [u, one], 'bool');
  const denominator = context.elementwise('Where', [exact, one, context.elementwise('Sub', [u, one])]);
  const kahan = context.elementwise('Div', [context.elementwise('Mul', [logarithm, x]), denominator]);
  return context.elementwise('Where', [near, context.elementwise('Where', [exact, x, kahan]), logarithm]);
}

/** Whether the tensor is a constant whose elements all equal `value`. */
export function isSplat(context: LoweringContext, tensor: OnnxTensor, value: number): boolean {
  const values = context.graph.valuesOf(tensor);
  return values?.every((element) => element === value) === true && values.length > 0;
}

/**
 * A finite float with 0 where a mask says so, as a product: Where makes three passes over memory and Mul one (bench/NOTES.md). The mask of 0 and 1
 * is made once for all that it is laid on. Large masks would take more memory than that saves.
 */
export function masked(context: LoweringContext, node: Node<'select'>): OnnxTensor | undefined {
  const [predicate, onTrue, onFalse] = node.operands as readonly [Value, Value, Value];
  const { dtype, shape } = onTrue.type;
  if (dtype !== 'float' || sizeOf(shape) > LARGEST_MASK || sizeOf(predicate.type.shape) !== sizeOf(shape)) return undefined;
  const zeroWhere = isSplat(context, context.small(onTrue), 0);
  if (zeroWhere === isSplat(context, context.small(onFalse), 0)) return undefined;
  const kept = zeroWhere ? onFalse : onTrue;
  if (!context.isFinite(kept)) return undefined;
  const mask = positiveMask(context, predicate, !zeroWhere) ?? truthMask(context, predicate, !zeroWhere);
  return context.elementwise('Mul', [mask, context.small(kept)]);
}

/** 1 where the predicate is `truth`, else 0. */
function truthMask(context: LoweringContext, predicate: Value, truth: boolean): OnnxTensor {
  const tensor = context.small(predicate);
  return context.graph.cast(truth ? tensor : context.elementwise('Not', [tensor]), 'float32');
}

/**
 * `truthMask` of a predicate that says x > 0 or x < 0 of a finite x, in one node: max(0, min(1, x * largest float)), which is 0 or 1 but for numbers
 * under 2.9e-39. Half the time of a comparison, Not and Cast (bench/NOTES.md).
 */
function positiveMask(context: LoweringContext, predicate: Value, truth: boolean): OnnxTensor | undefined {
  const comparison = context.comparisonOf(predicate);
  if (comparison === undefined) return undefined;
  const [left, right] = comparison.operands as readonly [Value, Value];
  const zeroLeft = isSplat(context, context.small(left), 0);
  if (zeroLeft === isSplat(context, context.small(right), 0)) return undefined;
  const x = zeroLeft ? right : left;
  if (x.type.dtype !== 'float' || !context.isFinite(x)) return undefined;
  const sign = SIGN_OF[comparison.attributes.direction][truth ? 'holds' : 'fails'];
  if (sign === 0) return undefined;
  const tensor = context.small(x);
  const alpha = (zeroLeft ? -sign : sign) * LARGEST_FLOAT;
  return context.graph.node(
    'HardSigmoid',
    [tensor],
    { element: 'float32', shape: tensor.shape },
    { alpha: { float: alpha }, beta: { float: 0 } },
  );
}

const LARGEST_FLOAT = 3.4028234663852886e38;

/** The strict sign of x that `x direction 0` stands for where it holds, and where it fails; 0: it says more or less than that. */
const SIGN_OF: Readonly<Record<Direction, { readonly holds: -1 | 0 | 1; readonly fails: -1 | 0 | 1 }>> = {
  GT: { holds: 1, fails: 0 },
  LT: { holds: -1, fails: 0 },
  GE: { holds: 0, fails: -1 },
  LE: { holds: 0, fails: 1 },
  EQ: { holds: 0, fails: 0 },
  NE: { holds: 0, fails: 0 },
};

/** Elements of a mask that stays in the processor's cache. */
const LARGEST_MASK = 65536;
