/** @file dot_general as BatchMatMul, or as one product per matrix of the stack where a backend is slow on stacks. */
import type { Node } from '../../../compiler/ir/ir.ts';
import { freeAxes, matrixStack } from '../../../compiler/ir/matrices.ts';
import { sizeOf } from '../../../compiler/ir/tensor-type.ts';
import { operandOf, resultShape } from './lower-shape.ts';
import type { LoweringContext } from './lowering-context.ts';
import type { Ref } from './plan.ts';

/** An operand as a stack of matrices [batch, rows, columns], or stored as [batch, columns, rows]. */
interface Matrices {
  readonly tensor: Ref;
  readonly transposed: boolean;
}

export function dotGeneral(context: LoweringContext, node: Node<'dot_general'>): Ref {
  const { lhsBatch, rhsBatch, lhsContract, rhsContract } = node.attributes;
  const [lhs, rhs] = [context.full(operandOf(node, 0)), context.full(operandOf(node, 1))];
  const result = resultShape(node);
  if (sizeOf(result) === 0 || sizeOf(lhs.shape) === 0) return context.operations.zeros('float', result);
  const batch = sizeOf(lhsBatch.map((axis) => lhs.shape[axis] as number));
  const left = matrices(context, lhs, lhsBatch, freeAxes(lhs.shape.length, lhsBatch, lhsContract), lhsContract);
  const right = matrices(context, rhs, rhsBatch, rhsContract, freeAxes(rhs.shape.length, rhsBatch, rhsContract));
  return context.operations.reshape(product(context, left, right, batch), result);
}

function product(context: LoweringContext, left: Matrices, right: Matrices, batch: number): Ref {
  const { operations, capabilities } = { operations: context.operations, capabilities: context.operations.capabilities };
  const [rows, columns] = [left.tensor.shape[left.transposed ? 2 : 1] as number, right.tensor.shape[right.transposed ? 1 : 2] as number];
  const inner = left.tensor.shape[left.transposed ? 1 : 2] as number;
  if (batch === 1 || rows * columns * inner <= capabilities.separateProducts.value)
    return multiply(context, left, right, [batch, rows, columns]);
  const products = Array.from({ length: batch }, (_, index) => {
    const part = ({ tensor, transposed }: Matrices): Matrices => ({ tensor: operations.slice(tensor, 0, index, index + 1, 1), transposed });
    return multiply(context, part(left), part(right), [1, rows, columns]);
  });
  return operations.concatenate(products, 0);
}

function multiply(context: LoweringContext, left: Matrices, right: Matrices, shape: readonly number[]): Ref {
  const { plan, operations } = context;
  const attributes = { transposeA: left.transposed, transposeB: right.transposed };
  if (shape[0] !== 1) return plan.kernel('BatchMatMul', { a: left.tensor, b: right.tensor }, attributes, 'float', shape);
  const [a, b] = [left.tensor, right.tensor].map((tensor) => operations.reshape(tensor, tensor.shape.slice(1))) as [Ref, Ref];
  return plan.kernel('BatchMatMul', { a, b: context.rightOperand(b) }, attributes, 'float', shape.slice(1));
}

function matrices(
  { operations }: LoweringContext,
  tensor: Ref,
  batch: readonly number[],
  rows: readonly number[],
  columns: readonly number[],
): Matrices {
  const { order, shape, transposed } = matrixStack(tensor.shape, batch, rows, columns, operations.capabilities.transposedProducts.value);
  return { tensor: operations.reshape(operations.transpose(tensor, order), shape), transposed };
}
