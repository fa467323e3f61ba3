/** @file After the last differentiation `stop_gradient` is the identity. Not part of `cleanup`, which runs before it. */
import { rewritePass } from './rewriter.ts';

export const stopGradients = rewritePass('stop-gradients', 'removes stop_gradient, which only differentiate minds', {
  stop_gradient: (operands) => operands[0],
});
