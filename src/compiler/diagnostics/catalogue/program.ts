/** @file Messages about compiled programs that are read from files (E095x). */
import type { Diagnostic } from '../diagnostic.ts';

/** `problems`: one line per place, such as `/functions/0/name: must be string`. */
export function notAProgram(problems: readonly string[]): Diagnostic {
  return {
    code: 'E0951',
    severity: 'error',
    title: 'this is not a compiled metac program',
    range: undefined,
    expected: 'JSON that fits ir.schema.json, as `metac compile --json` writes it',
    found: problems.join('; '),
    hint: 'compile the .meta file again with this version of metac',
  };
}
