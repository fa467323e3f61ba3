/** @file Messages about blocks and clauses (E03xx). */
import type { SourceRange } from '../../ir/ir.ts';
import type { Diagnostic } from '../diagnostic.ts';
import { suggest } from '../did-you-mean.ts';

function list(words: readonly string[]): string {
  return words.map((word) => `\`${word}\``).join(', ');
}

/** `homes`: the blocks that do have such a clause. */
export function clauseNotHere(
  word: string,
  where: string,
  allowed: readonly string[],
  homes: readonly string[],
  range: SourceRange,
): Diagnostic {
  const near = suggest(word, allowed);
  return {
    code: 'E0301',
    severity: 'error',
    title: `\`${word}\` does not belong in ${where}`,
    range,
    expected: list(allowed),
    found: `\`${word}\``,
    hint:
      homes.length > 0
        ? `it belongs in ${homes.map((home) => `\`${home}\``).join(' or ')}`
        : near === undefined
          ? 'remove it'
          : `did you mean \`${near}\`?`,
  };
}

export function clauseTwice(word: string, where: string, range: SourceRange, first: SourceRange): Diagnostic {
  return {
    code: 'E0302',
    severity: 'error',
    title: `${where} has two \`${word}\` clauses`,
    range,
    hint: 'keep one of them',
    related: [{ range: first, message: 'the first one' }],
  };
}

/** One for all that are missing, so that they can be added at once. */
export function clausesMissing(words: readonly string[], where: string, examples: readonly string[], range: SourceRange): Diagnostic {
  return {
    code: 'E0303',
    severity: 'error',
    title: words.length === 1 ? `${where} needs a ${list(words)} clause` : `${where} needs the clauses ${list(words)}`,
    range,
    hint: `add, for example, \`${examples.join('   ')}\``,
  };
}

export function badClause(word: string, expected: string, found: string, range: SourceRange, hint: string): Diagnostic {
  return {
    code: 'E0304',
    severity: 'error',
    title: `wrong value for \`${word}\``,
    range,
    expected,
    found,
    hint,
  };
}

export function headerMissing(what: string, block: string, example: string, range: SourceRange): Diagnostic {
  return {
    code: 'E0305',
    severity: 'error',
    title: `this \`${block}\` block needs ${what}`,
    range,
    hint: `write \`${example}\``,
  };
}

export function headerNotTaken(what: string, block: string, range: SourceRange): Diagnostic {
  return {
    code: 'E0306',
    severity: 'error',
    title: `\`${block}\` takes no ${what}`,
    range,
    hint: 'remove it',
  };
}

export function blockTwice(what: string, range: SourceRange, first: SourceRange): Diagnostic {
  return {
    code: 'E0307',
    severity: 'error',
    title: `${what} stands twice`,
    range,
    hint: 'a file has one; name several train blocks: `train learner { … }`',
    related: [{ range: first, message: 'the first one' }],
  };
}

export function statementNotHere(
  what: string,
  where: string,
  range: SourceRange,
  hint = 'move it out of the block, or remove it',
): Diagnostic {
  return {
    code: 'E0308',
    severity: 'error',
    title: `${what} does not belong in ${where}`,
    range,
    hint,
  };
}

export function noReturn(range: SourceRange): Diagnostic {
  return {
    code: 'E0309',
    severity: 'error',
    title: 'this body has no `return`',
    range,
    hint: 'end it with `return e`',
  };
}

export function noTrain(range: SourceRange): Diagnostic {
  return {
    code: 'E0310',
    severity: 'error',
    title: 'this file has nothing to train or evaluate',
    range,
    label: 'the file ends here',
    hint: 'add `train { minimize … using adam(rate: 1e-3) batch 32 steps 1_000 }` or an `evaluate` block',
  };
}

export function notARecord(range: SourceRange): Diagnostic {
  return {
    code: 'E0311',
    severity: 'error',
    title: 'parentheses hold one expression, or named fields',
    range,
    expected: '`(e)` or `(a: x, b: y)`',
    found: 'several values without names, or nothing',
    hint: 'for a list write `[x, y]`',
  };
}

export function binderWithoutValue(name: string, range: SourceRange): Diagnostic {
  return {
    code: 'E0313',
    severity: 'error',
    title: `this says nothing for each \`${name}\``,
    range,
    expected: `\`${name} in list: e\``,
    hint: `write what is added up, such as \`sum(${name} in 1..3: ${name} * loss)\``,
  };
}

export function notAList(found: string, range: SourceRange): Diagnostic {
  return {
    code: 'E0314',
    severity: 'error',
    title: '`in` needs a list',
    range,
    expected: 'a list or a range, such as `1..5`, or something with a leading axis',
    found,
    hint: 'write `k in 1..5: e` for five values of `k`',
  };
}

export function binderNotHere(range: SourceRange): Diagnostic {
  return {
    code: 'E0312',
    severity: 'error',
    title: '`name in list: e` does not belong here',
    range,
    hint: 'binders stand in `sum(k in 1..5: e)`, `mean(k in 1..5: e)`, and in `steps k in 1..5`',
  };
}
