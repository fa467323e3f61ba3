/** @file Messages about values of the wrong sort (E04xx, from E0450 on). */
import type { SourceRange } from '../../ir/ir.ts';
import type { Diagnostic } from '../diagnostic.ts';

export function badTensor(
  found: string,
  range: SourceRange,
  hint = 'apply the function or model to its arguments, or pick a field',
): Diagnostic {
  return {
    code: 'E0450',
    severity: 'error',
    title: 'a tensor is needed here',
    range,
    expected: 'a tensor, a number, or a list of equal-shaped ones',
    found,
    hint,
  };
}

export function badIndex(expected: string, found: string, range: SourceRange): Diagnostic {
  return {
    code: 'E0451',
    severity: 'error',
    title: 'this index does not fit',
    range,
    expected,
    found,
    hint: 'indices count from 0; `a..b` includes both ends',
  };
}

export function notIndexable(found: string, range: SourceRange): Diagnostic {
  return {
    code: 'E0452',
    severity: 'error',
    title: 'this cannot be indexed',
    range,
    expected: 'a tensor, a list, or an adapted learner',
    found,
    hint: 'remove the index; fields of a record are read with `.name`',
  };
}

export function badRange(found: string, range: SourceRange): Diagnostic {
  return {
    code: 'E0453',
    severity: 'error',
    title: 'a range needs two whole numbers',
    range,
    expected: '`first..last` with whole numbers that are constants',
    found,
    hint: 'both ends are included: `1..5` has five numbers',
  };
}

export function rangeTooLong(found: number, most: number, range: SourceRange): Diagnostic {
  return {
    code: 'E0459',
    severity: 'error',
    title: 'this range is absurdly long',
    range,
    expected: `at most ${most.toLocaleString('en')} numbers`,
    found: found.toLocaleString('en'),
    hint: 'check its ends for a digit too many',
  };
}

export function notADistribution(found: string, range: SourceRange): Diagnostic {
  return {
    code: 'E0454',
    severity: 'error',
    title: '`~` draws from a distribution',
    range,
    expected: '`uniform(…)`, `normal(…)`, `bernoulli(…)`, or a tasks block',
    found,
    hint: 'write `=` for a value that is not random',
  };
}

/** `example`: how it could be written. */
export function notAnOptimiser(found: string, example: string, range: SourceRange): Diagnostic {
  return {
    code: 'E0455',
    severity: 'error',
    title: '`using` needs an optimiser',
    range,
    expected: '`sgd(rate: …)`, `adam(rate: …)`, …',
    found,
    hint: `give it a rate: \`using ${example}\``,
  };
}

export function badOperands(
  operator: string,
  found: string,
  range: SourceRange,
  hint = 'apply the function or model to its arguments first',
): Diagnostic {
  return {
    code: 'E0456',
    severity: 'error',
    title: `\`${operator}\` cannot take this`,
    range,
    expected: 'numbers, tensors, or models and their gradients',
    found,
    hint,
  };
}

export function badGradient(expected: string, found: string, range: SourceRange): Diagnostic {
  return {
    code: 'E0457',
    severity: 'error',
    title: '`gradient` cannot be taken like this',
    range,
    expected,
    found,
    hint: 'write `gradient(loss, of: net)`',
  };
}

/** `found`: what was computed, with the numbers in it. */
export function noNumber(found: string, value: number, range: SourceRange): Diagnostic {
  const hint = 'check the divisor for 0 and the exponent for its size; `infinity` is a number that may be written';
  return {
    code: 'E0479',
    severity: 'error',
    title: Number.isNaN(value) ? 'this constant is not a number' : 'this constant is larger than any number',
    range,
    expected: 'a finite number',
    found: `\`${found}\``,
    hint,
  };
}
