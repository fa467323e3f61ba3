/** @file Recognises the convolutions that are gradients of kernels: whole images as kernels, and a small result. */
import type { AnyNode, Value } from '../ir/ir.ts';

/**
 * Such a convolution has images and features exchanged in both operands, [features, images, …], so that its sum over channels is the sum over
 * images. Engines run it as a matrix product of patches, or have dimension numbers: the exchange costs them nothing.
 */
export function isKernelGradient(node: AnyNode): boolean {
  if (node.op !== 'convolution') return false;
  const kernel = (node.operands[1] as Value).type.shape.slice(2);
  const result = (node.results[0] as Value).type.shape.slice(2);
  const size = (shape: readonly number[]) => shape.reduce((product, length) => product * length, 1);
  return size(kernel) > size(result);
}
