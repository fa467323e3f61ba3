/** @file Messages about the arguments of builtin functions (E035x). */
import type { SourceRange } from '../../ir/ir.ts';
import type { Diagnostic } from '../diagnostic.ts';
import { suggest } from '../did-you-mean.ts';

function list(words: readonly string[]): string {
  return words.map((word) => `\`${word}\``).join(', ');
}

export function unknownArgument(callee: string, name: string, known: readonly string[], range: SourceRange): Diagnostic {
  const near = suggest(name, known);
  return {
    code: 'E0351',
    severity: 'error',
    title: `\`${callee}\` has no argument \`${name}\``,
    range,
    expected: known.length > 0 ? list(known) : 'no named arguments',
    found: `\`${name}\``,
    hint: near === undefined ? 'use one of the arguments listed' : `did you mean \`${near}\`?`,
  };
}

export function missingArgument(callee: string, name: string, about: string, usage: string, range: SourceRange): Diagnostic {
  return {
    code: 'E0352',
    severity: 'error',
    title: `\`${callee}\` needs \`${name}\``,
    range,
    label: `\`${name}\` is missing`,
    expected: `\`${name}\`: ${about}`,
    hint: `write \`${usage}\``,
  };
}

export function tooManyArguments(callee: string, known: readonly string[], found: number, range: SourceRange): Diagnostic {
  return {
    code: 'E0353',
    severity: 'error',
    title: `\`${callee}\` takes ${known.length === 0 ? 'no arguments' : `at most ${known.length} argument${known.length === 1 ? '' : 's'} by position`}`,
    range,
    label: 'one too many',
    expected: known.length > 0 ? list(known) : 'nothing between the brackets',
    found: String(found),
    hint: 'remove it, or give it by name: `name: value`',
  };
}

export function argumentTwice(callee: string, name: string, range: SourceRange, first: SourceRange): Diagnostic {
  return {
    code: 'E0354',
    severity: 'error',
    title: `\`${name}\` of \`${callee}\` is given twice`,
    range,
    hint: 'keep one of the two (the value piped in with `|>` is the first argument)',
    related: [{ range: first, message: 'the first one' }],
  };
}

export function wrongArgument(
  callee: string,
  name: string,
  expected: string,
  found: string,
  range: SourceRange,
  hint?: string,
): Diagnostic {
  return {
    code: 'E0355',
    severity: 'error',
    title: `wrong value for \`${name}\` of \`${callee}\``,
    range,
    expected,
    found,
    hint: hint ?? `change \`${name}\` to what is expected`,
  };
}

/** `learned(…, per: element)` where there is no weight that it could be per. */
export function perOutsideOptimiser(per: string, range: SourceRange): Diagnostic {
  const hint = 'remove `per`, or use the value only as a hyperparameter of an inner optimiser: `using sgd(rate: …)` in an `adapt` block';
  return wrongArgument('learned', 'per', 'one learned number, without `per`', `one \`per: ${per}\``, range, hint);
}

export function unknownOption(callee: string, name: string, options: readonly string[], found: string, range: SourceRange): Diagnostic {
  const near = suggest(found, options);
  return {
    code: 'E0356',
    severity: 'error',
    title: `\`${found}\` is no choice for \`${name}\` of \`${callee}\``,
    range,
    expected: list(options),
    found: `\`${found}\``,
    hint: near === undefined ? 'use one of the words listed' : `did you mean \`${near}\`?`,
  };
}

export function argumentsExclude(callee: string, first: string, second: string, reason: string, range: SourceRange): Diagnostic {
  return {
    code: 'E0357',
    severity: 'error',
    title: `\`${callee}\` takes \`${first}\` or \`${second}\`, not both`,
    range,
    label: reason,
    hint: 'remove one of the two',
  };
}
