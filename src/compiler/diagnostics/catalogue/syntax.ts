/** @file Messages about the text itself (E01xx): what cannot be read as a statement of the language. */
import type { SourceRange } from '../../ir/ir.ts';
import type { Diagnostic, RelatedPlace } from '../diagnostic.ts';

type Details = Omit<Diagnostic, 'code' | 'severity' | 'title' | 'range'>;

function error(code: string, title: string, range: SourceRange, details: Details): Diagnostic {
  return { code, severity: 'error', title, range, ...details };
}

/** @param name how to call the characters, for those that cannot be seen or are easily mistaken. */
export function strayCharacters(characters: string, name: string | undefined, hint: string, range: SourceRange): Diagnostic {
  return error('E0101', `\`${characters}\` is not part of the language`, range, { label: name ?? 'this means nothing here', hint });
}

export function malformedNumber(text: string, hint: string, range: SourceRange): Diagnostic {
  return error('E0102', 'this number cannot be read', range, {
    label: 'not a number',
    expected: 'a number such as `3`, `60_000`, `0.5` or `1e-3`',
    found: `\`${text}\``,
    hint,
  });
}

export function numberTooLarge(text: string, range: SourceRange): Diagnostic {
  return error('E0103', 'this number is too large', range, {
    label: 'larger than any floating-point number',
    found: `\`${text}\``,
    hint: 'numbers go up to about 1.8e308',
  });
}

export function unclosedText(range: SourceRange): Diagnostic {
  return error('E0104', 'this text is not closed', range, {
    label: 'the closing `"` is missing',
    hint: 'a text ends with `"` on the line where it begins',
  });
}

export function singleQuotedText(content: string, range: SourceRange): Diagnostic {
  return error('E0105', 'a text stands in double quotes', range, { label: 'single quotes', hint: `write \`"${content}"\`` });
}

export function foreignComment(sign: string, range: SourceRange): Diagnostic {
  return error('E0106', `\`${sign}\` does not begin a comment`, range, {
    label: 'a comment of another language',
    hint: 'a comment begins with `//` and ends with its line',
  });
}

export function fileTooLarge(length: number, limit: number, unit: string): Diagnostic {
  return error(
    'E0107',
    'this file is too large for a spec',
    { start: 0, end: 0 },
    {
      label: 'not read any further',
      expected: `at most ${limit} ${unit}`,
      found: `${length} ${unit}`,
      hint: 'check that this is a .meta file; data belongs in files of its own',
    },
  );
}

export function nestedTooDeeply(limit: number, range: SourceRange): Diagnostic {
  return error('E0108', 'this is nested too deeply', range, {
    label: `more than ${limit} brackets and signs are open here`,
    hint: 'give the inner parts names of their own: `name = …`',
  });
}

export function chainTooLong(limit: number, range: SourceRange): Diagnostic {
  return error('E0109', 'this expression is too long', range, {
    label: `a chain of more than ${limit} operations`,
    hint: 'give its parts names of their own: `name = …`',
  });
}

/** An operand is missing: after an operator, a comma, a bracket, or the sign that begins a value. */
export function missingValue(after: string, found: string, hint: string, range: SourceRange): Diagnostic {
  return error('E0110', `a value is missing after ${after}`, range, { label: 'expected a value here', expected: 'a value', found, hint });
}

export function unexpected(expected: string, found: string, hint: string | undefined, range: SourceRange): Diagnostic {
  return error('E0111', `expected ${expected}`, range, {
    label: `expected ${expected} here`,
    expected,
    found,
    ...(hint === undefined ? {} : { hint }),
  });
}

export function missingCloser(closer: string, found: string, range: SourceRange, opener: SourceRange | undefined): Diagnostic {
  return error('E0112', `\`${closer}\` is missing`, range, {
    label: `expected \`${closer}\` here`,
    expected: `\`,\` or \`${closer}\``,
    found,
    hint: `close the bracket with \`${closer}\``,
    ...related(opener, 'opened here'),
  });
}

export function missingBrace(found: string, range: SourceRange, opener: SourceRange | undefined): Diagnostic {
  return error('E0113', '`}` is missing', range, {
    label: 'expected `}` here',
    found,
    hint: 'close the body with `}`',
    ...related(opener, 'this body is not closed'),
  });
}

export function unmatchedCloser(closer: string, range: SourceRange): Diagnostic {
  return error('E0114', `nothing is open that \`${closer}\` could close`, range, {
    label: 'no bracket to close',
    hint: `remove this \`${closer}\`, or open the bracket where it should begin`,
  });
}

/** A first word that is no keyword, and what it was taken for. */
export function misspeltKeyword(word: string, keyword: string, range: SourceRange): Diagnostic {
  return error('E0115', `\`${word}\` is not a word that begins a statement`, range, {
    label: `taken for \`${keyword}\``,
    hint: `did you mean \`${keyword}\`?`,
  });
}

export function unknownStatement(found: string, expected: string, hint: string, range: SourceRange): Diagnostic {
  return error('E0116', 'no statement begins like this', range, { label: 'not the start of a statement', expected, found, hint });
}

export function bracketOpensLine(bracket: string, range: SourceRange): Diagnostic {
  return error('E0117', `a line cannot begin with \`${bracket}\``, range, {
    label: 'this does not continue the line above',
    hint: `put \`${bracket}\` at the end of the line above, or begin the statement with a word, such as \`return\``,
  });
}

export function clauseWithoutValue(word: string, found: string, range: SourceRange): Diagnostic {
  return error('E0118', `\`${word}\` needs a value`, range, {
    label: 'expected a value here',
    expected: 'a value',
    found,
    hint: `write \`${word} …\`, or remove the clause`,
  });
}

export function outsideOfBlock(word: string, range: SourceRange, closed: SourceRange | undefined): Diagnostic {
  return error('E0119', `\`${word}\` stands only inside a block`, range, {
    label: 'no block is open here',
    hint: `move it into the block it belongs to; a value of your own is written \`${word} = …\``,
    ...related(closed, 'the block above ends here'),
  });
}

export function equalsInArguments(name: string, range: SourceRange): Diagnostic {
  return error('E0120', 'a named argument is written with `:`', range, {
    label: 'expected `:`',
    found: '`=`',
    hint: `write \`${name}: …\``,
  });
}

export function chainedComparison(operator: string, range: SourceRange): Diagnostic {
  return error('E0121', 'comparisons do not chain', range, {
    label: 'a second comparison',
    hint: `multiply the two: \`(a < b) * (b ${operator} c)\``,
  });
}

export function missingOperator(found: string, hint: string, range: SourceRange): Diagnostic {
  return error('E0122', 'two values stand side by side', range, {
    label: 'an operator is missing before this',
    expected: 'an operator, or a new statement',
    found,
    hint,
  });
}

export function doubleEquation(found: string, range: SourceRange): Diagnostic {
  return error('E0123', `\`${found}\` does not belong into an expression`, range, {
    label: 'the equation has its sign already',
    hint:
      found === '='
        ? 'an equation has one `=`; two values are compared with `==`'
        : 'a draw is a statement of its own: `name ~ distribution`',
  });
}

export function blockWithoutBody(word: string, found: string, range: SourceRange): Diagnostic {
  return error('E0124', `this \`${word}\` block has no body`, range, {
    label: 'expected `{` here',
    expected: word === 'adapt' ? '`{`, or `from` and a model' : '`{`',
    found,
    hint: word === 'adapt' ? 'write `adapt name from model { … }`' : `write \`${word} … { … }\``,
  });
}

/** `name(x)` on its own. */
export function callAsStatement(name: string, range: SourceRange): Diagnostic {
  return error('E0125', `a call of \`${name}\` is no statement`, range, {
    label: 'nothing takes the value of this call',
    hint: `give the value a name, \`result = ${name}(…)\`, or define the function with \`${name}(…) = …\``,
  });
}

export function functionWithoutEquals(name: string, found: string, range: SourceRange): Diagnostic {
  return error('E0126', `\`=\` is missing after the parameters of \`${name}\``, range, {
    label: 'expected `=` here',
    expected: '`=` and the value of the function',
    found,
    hint: ['tasks', 'train', 'evaluate'].includes(name)
      ? `a \`${name}\` block takes no parameters: write \`${name} { … }\``
      : `write \`${name}(…) = …\``,
  });
}

export function tooManyErrors(limit: number, range: SourceRange): Diagnostic {
  return error('E0199', 'the rest of the file was not read', range, {
    label: `after ${limit} errors`,
    hint: 'correct the errors above first',
  });
}

function related(range: SourceRange | undefined, message: string): { related?: readonly RelatedPlace[] } {
  return range === undefined ? {} : { related: [{ range, message }] };
}
