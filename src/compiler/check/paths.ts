/** @file Paths such as `net.head` in `only`, `freeze` and `over`. */
import type { Expression } from '../parse/ast.ts';

/** The words of a path, or undefined when the expression is no path. */
export function pathOf(expression: Expression): readonly string[] | undefined {
  if (expression.kind === 'name') return [expression.name];
  if (expression.kind !== 'field') return undefined;
  const before = pathOf(expression.of);
  return before === undefined ? undefined : [...before, expression.name.text];
}
