/** @file Matrix products in the precision that the caller chose. */
import type { Node } from '../../ir/ir.ts';
import { freeAxes } from '../../ir/matrices.ts';
import type { Attributes } from '../../ir/primitives.ts';
import { sizeOf } from '../../ir/tensor-type.ts';
import { names } from './builder.ts';
import type { LoweringContext, Precision } from './lowering-context.ts';
import { listText, type StableTensor, signatureText } from './tensor.ts';

/** XLA's name of a precision: HIGHEST forbids accelerators to shorten float32 operands, DEFAULT lets them (TF32 on NVIDIA, bf16 on TPUs). */
export function precisionText(precision: Precision): string {
  return precision === 'float32' ? 'HIGHEST' : 'DEFAULT';
}

/** Operands as the chosen precision wants them. */
export function asOperand(context: LoweringContext, operand: StableTensor): StableTensor {
  return context.choices.precision === 'bf16' ? context.builder.convert(operand, 'bf16') : operand;
}

/** Result dimensions: batch, free dimensions of lhs, free dimensions of rhs. */
export function product(
  context: LoweringContext,
  left: StableTensor,
  right: StableTensor,
  { lhsBatch, rhsBatch, lhsContract, rhsContract }: Attributes['dot_general'],
): StableTensor {
  const [lhs, rhs] = [asOperand(context, left), asOperand(context, right)];
  const sizes = (tensor: StableTensor, axes: readonly number[]) => axes.map((axis) => tensor.shape[axis] as number);
  const result = {
    element: 'f32',
    shape: [
      ...sizes(lhs, lhsBatch),
      ...sizes(lhs, freeAxes(lhs.shape.length, lhsBatch, lhsContract)),
      ...sizes(rhs, freeAxes(rhs.shape.length, rhsBatch, rhsContract)),
    ],
  } as const;
  const precision = precisionText(context.choices.precision);
  const batching = lhsBatch.length === 0 ? '' : `batching_dims = ${listText(lhsBatch)} x ${listText(rhsBatch)}, `;
  return context.builder.operation(
    `stablehlo.dot_general ${names([lhs, rhs])}, ${batching}contracting_dims = ${listText(lhsContract)} x ${listText(rhsContract)}, precision = [${precision}, ${precision}] : ${signatureText([lhs, rhs], result)}`,
    result,
  );
}

export function dotGeneral(context: LoweringContext, node: Node<'dot_general'>): StableTensor {
  const [lhs, rhs] = context.operands(node) as readonly [StableTensor, StableTensor];
  const ordered = inOrder(node.attributes);
  if (ordered.lhsContract.every((axis) => lhs.shape[axis] === 1)) return outerProduct(context, lhs, rhs, ordered);
  return product(context, ...joined(context, lhs, rhs, ordered));
}

/** Nothing is summed: both operands are broadcast, which fuses with what comes before and after. */
function outerProduct(
  context: LoweringContext,
  lhs: StableTensor,
  rhs: StableTensor,
  { lhsBatch, rhsBatch, lhsContract, rhsContract }: Attributes['dot_general'],
): StableTensor {
  const { builder } = context;
  const lhsFree = freeAxes(lhs.shape.length, lhsBatch, lhsContract);
  const rhsFree = freeAxes(rhs.shape.length, rhsBatch, rhsContract);
  const sizes = (tensor: StableTensor, axes: readonly number[]) => axes.map((axis) => tensor.shape[axis] as number);
  const shape = [...sizes(lhs, lhsBatch), ...sizes(lhs, lhsFree), ...sizes(rhs, rhsFree)];
  /** Batch dimensions first, then the free ones, which stand from `first` on in the result. */
  const spread = (tensor: StableTensor, batch: readonly number[], free: readonly number[], first: number) => {
    const summed = tensor.shape.map((_, axis) => axis).filter((axis) => !batch.includes(axis) && !free.includes(axis));
    const turned = builder.transpose(tensor, [...batch, ...free, ...summed]);
    const kept = builder.reshape(turned, sizes(tensor, [...batch, ...free]));
    return builder.broadcast(kept, shape, [...batch.map((_, index) => index), ...free.map((_, index) => first + index)]);
  };
  return builder.elementwise(
    'stablehlo.multiply',
    spread(lhs, lhsBatch, lhsFree, lhsBatch.length),
    spread(rhs, rhsBatch, rhsFree, lhsBatch.length + lhsFree.length),
  );
}

/** Neighbouring summed dimensions as one: XLA copies operands whose sums run over several dimensions, also where a reshape would do. */
function joined(
  context: LoweringContext,
  lhs: StableTensor,
  rhs: StableTensor,
  attributes: Attributes['dot_general'],
): [StableTensor, StableTensor, Attributes['dot_general']] {
  const { lhsContract, rhsContract } = attributes;
  const neighbours = (axes: readonly number[]) => axes.every((axis, index) => index === 0 || axis === (axes[index - 1] as number) + 1);
  if (lhsContract.length < 2 || !neighbours(lhsContract) || !neighbours(rhsContract)) return [lhs, rhs, attributes];
  const count = lhsContract.length;
  const join = (tensor: StableTensor, first: number) => {
    const size = sizeOf(tensor.shape.slice(first, first + count));
    return context.builder.reshape(tensor, tensor.shape.toSpliced(first, count, size));
  };
  const [left, right] = [lhsContract[0] as number, rhsContract[0] as number];
  const moved = (axes: readonly number[], first: number) => axes.map((axis) => (axis < first ? axis : axis - count + 1));
  return [
    join(lhs, left),
    join(rhs, right),
    {
      lhsBatch: moved(attributes.lhsBatch, left),
      rhsBatch: moved(attributes.rhsBatch, right),
      lhsContract: [left],
      rhsContract: [right],
    },
  ];
}

/** Pairs of summed dimensions in the order in which lhs stores them: the order of a sum is free, and XLA transposes operands to follow it. */
function inOrder(attributes: Attributes['dot_general']): Attributes['dot_general'] {
  const { lhsContract, rhsContract } = attributes;
  const order = lhsContract.map((_, index) => index).sort((a, b) => (lhsContract[a] as number) - (lhsContract[b] as number));
  const pick = (axes: readonly number[]) => order.map((index) => axes[index] as number);
  return { ...attributes, lhsContract: pick(lhsContract), rhsContract: pick(rhsContract) };
}
