/**
 * @file Values that are finite numbers unless arithmetic overflows: sums and products of parameters and of constants. Masking such a value is a
 * product with 0 and 1. For others (a logarithm, a quotient) it is not: a mask may be what keeps an infinity out.
 */
import type { AnyNode, Func, Value } from '../../ir/ir.ts';
import type { PrimitiveName } from '../../ir/primitives.ts';

/** Finite for finite operands, but for overflow. */
const TAME: ReadonlySet<PrimitiveName> = new Set<PrimitiveName>([
  'negate',
  'abs',
  'sign',
  'floor',
  'tanh',
  'logistic',
  'sine',
  'cosine',
  'erf',
  'add',
  'subtract',
  'multiply',
  'maximum',
  'minimum',
  'select',
  'iota',
  'convert',
  'broadcast_in_dim',
  'reshape',
  'transpose',
  'reverse',
  'slice',
  'pad',
  'concatenate',
  'gather',
  'scatter_add',
  'reduce_sum',
  'cumulative_sum',
  'dot_general',
  'convolution',
  'window_take',
  'window_put',
  'stop_gradient',
]);

export function finiteValues(body: Func): ReadonlySet<Value> {
  const finite = new Set<Value>(body.parameters.map(({ value }) => value));
  for (const node of body.nodes) if (staysFinite(node, finite)) for (const result of node.results) finite.add(result);
  return finite;
}

function staysFinite(node: AnyNode, finite: ReadonlySet<Value>): boolean {
  if (node.op === 'constant') return node.attributes.values.every((value) => Number.isFinite(value));
  return TAME.has(node.op) && node.operands.every((operand) => operand.type.dtype === 'bool' || finite.has(operand));
}
