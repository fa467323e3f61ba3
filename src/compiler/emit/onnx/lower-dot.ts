/** @file dot_general as Gemm (no batch dimensions) or MatMul. Transposes of the last two axes are fused by ONNX Runtime. */
import type { Node, Value } from '../../ir/ir.ts';
import { freeAxes, matrixStack } from '../../ir/matrices.ts';
import { sizeOf } from '../../ir/tensor-type.ts';
import type { OnnxTensor } from './graph.ts';
import type { LoweringContext } from './lowering-context.ts';

/** An operand as a stack of matrices [batch, rows, columns], or stored as [batch, columns, rows]. */
interface Matrices {
  readonly tensor: OnnxTensor;
  readonly transposed: boolean;
}

export function dotGeneral(context: LoweringContext, node: Node<'dot_general'>): OnnxTensor {
  const { lhsBatch, rhsBatch, lhsContract, rhsContract } = node.attributes;
  const { graph } = context;
  const lhs = context.full(node.operands[0] as Value);
  const rhs = context.full(node.operands[1] as Value);
  const result = (node.results[0] as Value).type.shape;
  const batch = lhsBatch.map((axis) => lhs.shape[axis] as number);
  const lhsFree = freeAxes(lhs.shape.length, lhsBatch, lhsContract);
  const rhsFree = freeAxes(rhs.shape.length, rhsBatch, rhsContract);
  const order = contractOrder(lhsContract, rhsContract);
  const left = matrices(context, lhs, lhsBatch, lhsFree, pick(lhsContract, order));
  const right = matrices(context, rhs, rhsBatch, pick(rhsContract, order), rhsFree);
  const rows = sizeOf(lhsFree.map((axis) => lhs.shape[axis] as number));
  const columns = sizeOf(rhsFree.map((axis) => rhs.shape[axis] as number));
  const count = sizeOf(batch);
  if (count === 1) {
    // Rows may stand in any number of leading dimensions: MatMul with a matrix on the right takes them as they are.
    const stays = lhs.shape.length > 2 && lhsContract.length === 1 && lhsContract[0] === lhs.shape.length - 1 && lhsBatch.length === 0;
    if (stays) {
      const stored = graph.reshape(right.tensor, right.tensor.shape.slice(-2));
      const matrix = right.transposed ? graph.transpose(stored, [1, 0]) : stored;
      const shape = [...lhs.shape.slice(0, -1), columns];
      return graph.reshape(graph.node('MatMul', [lhs, matrix], { element: 'float32', shape }), result);
    }
    const flatten = ({ tensor }: Matrices) => graph.reshape(tensor, tensor.shape.slice(-2));
    const attributes = { ...(left.transposed ? { transA: 1 } : {}), ...(right.transposed ? { transB: 1 } : {}) };
    const plain = !left.transposed && !right.transposed;
    const product = graph.node(
      plain ? 'MatMul' : 'Gemm',
      [flatten(left), flatten(right)],
      { element: 'float32', shape: [rows, columns] },
      attributes,
    );
    return graph.reshape(product, result);
  }
  // A vector times a matrix as it is stored takes half the time of a transposed matrix times a vector (bench/NOTES.md).
  if (columns === 1 && left.transposed) return graph.reshape(swapped(context, right, left, [count, 1, rows]), result);
  if (rows === 1 && right.transposed) return graph.reshape(swapped(context, right, left, [count, columns, 1]), result);
  const straight = ({ tensor, transposed }: Matrices) => (transposed ? graph.transpose(tensor, [0, 2, 1]) : tensor);
  const product = graph.node('MatMul', [straight(left), straight(right)], { element: 'float32', shape: [count, rows, columns] });
  return graph.reshape(product, result);
}

/** The product of the transposes, one of which is a vector and the other one stored so. */
function swapped({ graph }: LoweringContext, first: Matrices, second: Matrices, shape: readonly number[]): OnnxTensor {
  const turned = ({ tensor, transposed }: Matrices): OnnxTensor => {
    const [count, rows, columns] = tensor.shape as readonly [number, number, number];
    return transposed ? tensor : graph.reshape(tensor, [count, columns, rows]);
  };
  return graph.node('MatMul', [turned(first), turned(second)], { element: 'float32', shape });
}

function pick(axes: readonly number[], order: readonly number[]): number[] {
  return order.map((index) => axes[index] as number);
}

/** Contracted axes in the order in which the larger number of operands stores them: that of lhs. */
function contractOrder(lhs: readonly number[], rhs: readonly number[]): number[] {
  const order = lhs.map((_, index) => index);
  order.sort((a, b) => (lhs[a] as number) - (lhs[b] as number) || (rhs[a] as number) - (rhs[b] as number));
  return order;
}

function matrices(
  { graph }: LoweringContext,
  tensor: OnnxTensor,
  batch: readonly number[],
  rows: readonly number[],
  columns: readonly number[],
): Matrices {
  const { order, shape, transposed } = matrixStack(tensor.shape, batch, rows, columns);
  return { tensor: graph.reshape(graph.transpose(tensor, order), shape), transposed };
}
