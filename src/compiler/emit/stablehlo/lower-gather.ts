/** @file gather and scatter_add with StableHLO's dimension numbers. */
import type { Node, Value } from '../../ir/ir.ts';
import { names } from './builder.ts';
import type { LoweringContext } from './lowering-context.ts';
import { ELEMENT_OF, listText, type StableTensor, signatureText } from './tensor.ts';

/** Which dimensions of the gathered tensor are whole dimensions of the table: all but the batch dimensions and those of the indices. */
function windowDimensions(table: readonly number[], indices: readonly number[], axis: number, batchDims: number): number[] {
  const inserted = indices.length - batchDims;
  return table.flatMap((_, dimension) => {
    if (dimension < batchDims || dimension === axis) return [];
    return [dimension < axis ? dimension : dimension - 1 + inserted];
  });
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

export function gather(context: LoweringContext, node: Node<'gather'>): StableTensor {
  const { axis, batchDims } = node.attributes;
  const [operand, indices] = context.operands(node) as readonly [StableTensor, StableTensor];
  const { type } = node.results[0] as Value;
  const result = { element: ELEMENT_OF[type.dtype], shape: type.shape };
  const numbers = [
    `offset_dims = ${listText(windowDimensions(operand.shape, indices.shape, axis, batchDims))}`,
    `collapsed_slice_dims = ${listText([axis])}`,
    `operand_batching_dims = ${listText(upTo(batchDims))}`,
    `start_indices_batching_dims = ${listText(upTo(batchDims))}`,
    `start_index_map = ${listText([axis])}`,
    `index_vector_dim = ${indices.shape.length}`,
  ];
  const sizes = operand.shape.map((size, dimension) => (dimension < batchDims || dimension === axis ? 1 : size));
  return context.builder.operation(
    `"stablehlo.gather"(${names([operand, indices])}) <{dimension_numbers = #stablehlo.gather<${numbers.join(', ')}>, indices_are_sorted = false, slice_sizes = array<i64: ${sizes.join(', ')}>}> : ${signatureText([operand, indices], result)}`,
    result,
  );
}

export function scatterAdd(context: LoweringContext, node: Node<'scatter_add'>): StableTensor {
  const { axis, batchDims, shape } = node.attributes;
  const [updates, indices] = context.operands(node) as readonly [StableTensor, StableTensor];
  const { element } = updates;
  const zeros = context.builder.splat(0, { element, shape });
  const numbers = [
    `update_window_dims = ${listText(windowDimensions(shape, indices.shape, axis, batchDims))}`,
    `inserted_window_dims = ${listText([axis])}`,
    `input_batching_dims = ${listText(upTo(batchDims))}`,
    `scatter_indices_batching_dims = ${listText(upTo(batchDims))}`,
    `scatter_dims_to_operand_dims = ${listText([axis])}`,
    `index_vector_dim = ${indices.shape.length}`,
  ];
  const number = `tensor<${element}>`;
  const text = [
    `"stablehlo.scatter"(${names([zeros, indices, updates])}) <{indices_are_sorted = false, scatter_dimension_numbers = #stablehlo.scatter<${numbers.join(', ')}>, unique_indices = false}> ({`,
    `^bb0(%a: ${number}, %b: ${number}):`,
    `  %sum = stablehlo.add %a, %b : ${number}`,
    `  stablehlo.return %sum : ${number}`,
    `}) : ${signatureText([zeros, indices, updates], zeros)}`,
  ].join('\n');
  return context.builder.operation(text, { element, shape });
}
