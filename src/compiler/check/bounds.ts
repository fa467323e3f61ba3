/** @file `memory <= 2GB`: what the process that runs the spec may need. */
import { notABound } from '../diagnostics/catalogue/limits.ts';
import { definedTwice, settingNotTaken } from '../diagnostics/catalogue/names.ts';
import { DiagnosticError } from '../diagnostics/diagnostic.ts';
import type { SourceRange } from '../ir/ir.ts';
import type { Bound, Declaration, Expression } from '../parse/ast.ts';
import { describe } from './describe.ts';
import type { Meaning } from './meaning.ts';
import { PoisonError } from './poison.ts';
import type { CheckSession } from './session.ts';

export const MEMORY = 'memory';

export interface MemoryBound {
  /** Of the whole process at its largest, at least 1. */
  readonly bytes: number;
  readonly range: SourceRange | undefined;
}

/**
 * The bound of the file, or of `--set memory=2GB`, which needs none in the file (unless the file calls something else by that name).
 * Undefined when there is none, or a wrong one, which is reported.
 */
export function readMemoryBound(
  session: CheckSession,
  declarations: readonly Declaration[],
  constant: (expression: Expression) => Meaning,
): MemoryBound | undefined {
  const bounds = declarations.filter((declaration): declaration is Bound => declaration.kind === 'bound');
  for (const { name, operator, operatorRange } of bounds) {
    if (name.text !== MEMORY || operator !== '<=')
      session.report(notABound(`${name.text} ${operator}`, name.text === MEMORY ? operatorRange : name.range));
  }
  const [written, another] = bounds.filter(({ name, operator }) => name.text === MEMORY && operator === '<=');
  if (written !== undefined && another !== undefined)
    session.report(definedTwice(MEMORY, another.range, written.range, 'leave one of the two out'));
  if (written === undefined && declarations.some(({ name }) => name?.text === MEMORY)) return undefined;
  const override = session.override(MEMORY);
  if (written === undefined && override === undefined) return undefined;
  return session.attempt(() => {
    const meaning =
      override === undefined ? constant((written as Bound).value) : session.evaluateOverride(MEMORY, () => constant(override));
    if (meaning.kind === 'poison') throw new PoisonError();
    const range = written?.range;
    const expected = 'an amount such as 2GB or 512MiB';
    if (meaning.kind !== 'number' || !(meaning.value >= 1) || meaning.value === Number.POSITIVE_INFINITY) {
      throw new DiagnosticError(
        override === undefined
          ? notABound(describe(meaning), (written as Bound).value.range)
          : settingNotTaken(MEMORY, session.overrideText(MEMORY), expected, describe(meaning)),
      );
    }
    const value = override === undefined ? session.textOf((written as Bound).value.range) : session.overrideText(MEMORY);
    session.setting({ name: MEMORY, value, origin: override === undefined ? 'spec' : 'command line', range });
    return { bytes: meaning.value, range };
  }, undefined);
}
