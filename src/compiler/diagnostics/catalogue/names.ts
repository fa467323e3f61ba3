/** @file Messages about names (E02xx): unknown, defined twice, circular, of the wrong sort. */
import type { SourceRange } from '../../ir/ir.ts';
import type { Diagnostic } from '../diagnostic.ts';
import { suggest } from '../did-you-mean.ts';

export function unknownName(name: string, known: readonly string[], range: SourceRange): Diagnostic {
  const near = suggest(name, known);
  return {
    code: 'E0201',
    severity: 'error',
    title: `unknown name \`${name}\``,
    range,
    label: 'not defined in this file and not a builtin',
    hint: near === undefined ? `define it with \`${name} = …\`, or check the spelling` : `did you mean \`${near}\`?`,
  };
}

export function definedTwice(
  name: string,
  range: SourceRange,
  first: SourceRange,
  hint = 'each name is defined once; rename one of the two',
): Diagnostic {
  return {
    code: 'E0202',
    severity: 'error',
    title: `\`${name}\` is defined twice`,
    range,
    label: 'second definition',
    hint,
    related: [{ range: first, message: 'first defined here' }],
  };
}

export function circular(name: string, range: SourceRange): Diagnostic {
  return {
    code: 'E0203',
    severity: 'error',
    title: `\`${name}\` is defined by itself`,
    range,
    label: 'this needs its own value',
    hint: 'an equation may not depend on its own name, directly or through others',
  };
}

export function unknownField(name: string, of: string, known: readonly string[], range: SourceRange): Diagnostic {
  const near = suggest(name, known);
  return {
    code: 'E0204',
    severity: 'error',
    title: `${of} has no \`${name}\``,
    range,
    ...(known.length > 0 ? { expected: known.map((field) => `\`${field}\``).join(', ') } : {}),
    found: `\`${name}\``,
    hint:
      known.length === 0
        ? 'only records and episodes have fields; paths of weights stand in `only`, `freeze` and `over`'
        : near === undefined
          ? 'use one of the fields listed'
          : `did you mean \`${near}\`?`,
  };
}

/** `product`: the call with the operator that may have been meant. */
export function notCallable(found: string, product: string, range: SourceRange): Diagnostic {
  return {
    code: 'E0205',
    severity: 'error',
    title: 'this is called like a function, but is not one',
    range,
    expected: 'a function, a model or an adapted learner',
    found,
    hint: `if a product was meant, write the operator: \`${product}\``,
  };
}

export function wrongCount(what: string, expected: number, found: number, range: SourceRange): Diagnostic {
  return {
    code: 'E0206',
    severity: 'error',
    title: `${what} takes ${expected} argument${expected === 1 ? '' : 's'}`,
    range,
    expected: String(expected),
    found: String(found),
    hint: 'give one value for each parameter',
  };
}

export function needsParts(what: string, tasks: readonly string[], range: SourceRange): Diagnostic {
  return {
    code: 'E0207',
    severity: 'error',
    title: `\`${what}\` is ambiguous: this file has several tasks blocks`,
    range,
    hint: `say which one: ${tasks.map((name) => `\`${name}.${what}\``).join(' or ')}`,
  };
}

export function noTasks(what: string, range: SourceRange): Diagnostic {
  return {
    code: 'E0208',
    severity: 'error',
    title: `\`${what}\` needs a tasks block`,
    range,
    hint: 'add a block such as `tasks omniglot { source images("omniglot")  ways 5  shots 1  queries 15 }`',
  };
}

export function namedArgumentNotTaken(what: string, range: SourceRange): Diagnostic {
  return {
    code: 'E0209',
    severity: 'error',
    title: `${what} takes its arguments by position`,
    range,
    hint: 'drop the name and the colon',
  };
}

export function tooDeep(name: string, range: SourceRange, limit = 100): Diagnostic {
  return {
    code: 'E0210',
    severity: 'error',
    title: `calls of \`${name}\` never end`,
    range,
    label: `nested more than ${limit} deep`,
    hint: 'functions and models may not apply themselves; use `repeat(n, f)` for a fixed number of applications',
  };
}

export function unknownSetting(name: string, known: readonly string[]): Diagnostic {
  const near = suggest(name, known);
  return {
    code: 'E0601',
    severity: 'error',
    title: `--set names \`${name}\`, which is no setting of this spec`,
    range: undefined,
    expected: known.map((setting) => `\`${setting}\``).join(', '),
    found: `\`${name}\``,
    hint: near === undefined ? 'use one of the settings listed' : `did you mean \`${near}\`?`,
  };
}

export function badSetting(name: string, value: string, reason: string): Diagnostic {
  return {
    code: 'E0602',
    severity: 'error',
    title: `--set ${name}=${value} is not a value`,
    range: undefined,
    expected: 'a constant such as `0.5`, `60_000`, `[1, 2]`, `28 x 28` or "text"',
    found: `\`${value}\`: ${reason}`,
    hint: 'quote the whole option for your shell: --set "name=value"',
  };
}

/** A value that the place in the spec cannot take. */
export function settingNotTaken(name: string, value: string, expected: string, found: string): Diagnostic {
  return {
    code: 'E0603',
    severity: 'error',
    title: `--set ${name}=${value} does not fit the spec`,
    range: undefined,
    expected,
    found,
    hint: `give \`${name}\` a value of the kind that the spec has`,
  };
}
