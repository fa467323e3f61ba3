/**
 * @file Masks of masked tensors are joined: `select(p, select(q, x, 0), 0)` is `select(p and q, x, 0)`. A truth value takes a byte and a number
 * four, so one pass over numbers becomes one over truth values. The derivative of a tree of maxima is full of such pairs.
 */
import type { Value } from '../ir/ir.ts';
import { splatOf } from './operands.ts';
import { type Rewriter, type Rule, rewritePass } from './rewriter.ts';

interface Masked {
  readonly mask: Value;
  readonly value: Value;
}

/** `value` as a tensor that is kept where a mask says so and is zero elsewhere. */
function maskedBy(graph: Rewriter, predicate: Value, onTrue: Value, onFalse: Value): Masked | undefined {
  if (splatOf(graph, onFalse) === 0) return { mask: predicate, value: onTrue };
  if (splatOf(graph, onTrue) === 0) return { mask: graph.emit('not', [predicate], {}), value: onFalse };
  return undefined;
}

const select: Rule<'select'> = (operands, _, graph, type) => {
  const [predicate, onTrue, onFalse] = operands as readonly [Value, Value, Value];
  if (type.dtype !== 'float') return undefined;
  const kept = splatOf(graph, onFalse) === 0 ? onTrue : splatOf(graph, onTrue) === 0 ? onFalse : undefined;
  const inner = graph.match(kept, 'select');
  // Used by more than both sides of one comparison, the inner one stays, and nothing is gained.
  if (kept === undefined || inner === undefined || graph.uses(kept) > 2) return undefined;
  const [innerPredicate, innerTrue, innerFalse] = inner.operands as readonly [Value, Value, Value];
  const below = maskedBy(graph, innerPredicate, innerTrue, innerFalse);
  const above = below === undefined ? undefined : maskedBy(graph, predicate, onTrue, onFalse);
  if (above === undefined || below === undefined) return undefined;
  const both = graph.emit('and', [above.mask, below.mask], {});
  return graph.emit('select', [both, below.value, graph.constant(0, type.shape)], {});
};

export const masks = rewritePass('masks', 'joins the masks of masked tensors', { select });
