/** @file Identities of `select` and of the logical primitives; part of the algebra pass. */
import type { Value } from '../ir/ir.ts';
import { splatOf } from './operands.ts';
import type { Rewriter, Rule, RuleSet } from './rewriter.ts';

function not(graph: Rewriter, value: Value): Value | undefined {
  return graph.match(value, 'not')?.operands[0];
}

const select: Rule<'select'> = (operands, _, graph) => {
  const [predicate, onTrue, onFalse] = operands as readonly [Value, Value, Value];
  if (onTrue === onFalse) return onTrue;
  const known = splatOf(graph, predicate);
  if (known !== undefined) return known !== 0 ? onTrue : onFalse;
  const opposite = not(graph, predicate);
  if (opposite !== undefined) return graph.emit('select', [opposite, onFalse, onTrue], {});
  const inTrue = graph.match(onTrue, 'select');
  if (inTrue?.operands[0] === predicate) return graph.emit('select', [predicate, inTrue.operands[1] as Value, onFalse], {});
  const inFalse = graph.match(onFalse, 'select');
  if (inFalse?.operands[0] === predicate) return graph.emit('select', [predicate, onTrue, inFalse.operands[2] as Value], {});
  const numbers = [splatOf(graph, onTrue), splatOf(graph, onFalse)];
  const same = numbers[0] !== undefined && numbers[0] === numbers[1];
  return same ? onTrue : undefined;
};

/** `and` has neutral element 1, `or` has 0; the other one decides alone. */
function logical(neutral: 0 | 1): Rule<'and'> & Rule<'or'> {
  return (operands, _, graph) => {
    const [left, right] = operands as readonly [Value, Value];
    if (left === right) return left;
    for (const [one, other] of [
      [left, right],
      [right, left],
    ] as const) {
      const known = splatOf(graph, one);
      if (known !== undefined) return known === neutral ? other : one;
    }
    return undefined;
  };
}

const compare: Rule<'compare'> = (operands, { direction }, graph, type) => {
  const [left, right] = operands as readonly [Value, Value];
  // A float may be not-a-number, which differs from itself.
  if (left !== right || left.type.dtype === 'float') return undefined;
  const holds = direction === 'EQ' || direction === 'LE' || direction === 'GE';
  return graph.constant(holds ? 1 : 0, type.shape, 'bool');
};

export const foldPredicates: RuleSet = {
  select,
  and: logical(1),
  or: logical(0),
  not: (operands, _, graph) => not(graph, operands[0] as Value),
  compare,
};
