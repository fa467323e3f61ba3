/** @file Matrix products in the precision that the caller chose. */
import type { Node } from '../../ir/ir.ts';
import type { Attributes } from '../../ir/primitives.ts';
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

/** Dimensions that are neither batched nor contracted. */
export function freeAxes(tensor: StableTensor, ...taken: readonly (readonly number[])[]): number[] {
  return tensor.shape.map((_, axis) => axis).filter((axis) => !taken.some((axes) => axes.includes(axis)));
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
      ...sizes(lhs, freeAxes(lhs, lhsBatch, lhsContract)),
      ...sizes(rhs, freeAxes(rhs, rhsBatch, rhsContract)),
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
  return product(context, lhs, rhs, node.attributes);
}
