/** @file Messages about absurd sizes (E046x): refused before anything is allocated. */
import type { SourceRange } from '../../ir/ir.ts';
import type { Diagnostic } from '../diagnostic.ts';

export function tensorTooLarge(shape: readonly number[], most: number, range: SourceRange): Diagnostic {
  const size = shape.reduce((product, length) => product * length, 1);
  return {
    code: 'E0460',
    severity: 'error',
    title: 'this would make an absurdly large tensor',
    range,
    label: `[${shape.map(short).join(', ')}] has ${short(size)} elements`,
    expected: `at most ${short(most)} elements`,
    found: short(size),
    hint: 'check the sizes that lead here for a digit too many',
  };
}

export function weightsTooLarge(size: number, most: number, range: SourceRange): Diagnostic {
  return {
    code: 'E0464',
    severity: 'error',
    title: 'the weights are absurdly large together',
    range,
    label: 'with this one the limit is passed',
    expected: `at most ${short(most)} elements in all weights`,
    found: `at least ${short(size)}`,
    hint: 'use fewer or narrower layers',
  };
}

export function specTooLarge(limit: string, range: SourceRange): Diagnostic {
  return {
    code: 'E0461',
    severity: 'error',
    title: 'this spec unrolls to more than can be compiled',
    range,
    label: 'the limit was reached here',
    expected: `at most ${limit} in all phases together`,
    hint: 'lower inner `steps`, the count in `repeat`, or the length of a range',
  };
}

export function tooDeeplyNested(limit: number, range: SourceRange): Diagnostic {
  return {
    code: 'E0462',
    severity: 'error',
    title: 'this value leads through too many others',
    range,
    label: `more than ${limit} expressions inside each other`,
    hint: 'shorten the chain of equations and functions that leads here',
  };
}

export function setTooLarge(part: string, ways: number, each: number, most: number, range: SourceRange): Diagnostic {
  return {
    code: 'E0463',
    severity: 'error',
    title: `the ${part} set of these tasks is absurdly large`,
    range,
    expected: `at most ${most.toLocaleString('en')} examples`,
    found: `${ways} ways of ${each} examples: ${ways * each}`,
    hint: `lower \`ways\` or \`${part === 'support' ? 'shots' : 'queries'}\``,
  };
}

export function notABound(found: string, range: SourceRange): Diagnostic {
  return {
    code: 'E0465',
    severity: 'error',
    title: 'only the memory of the process can be bounded, from above',
    range,
    expected: '`memory <=` and an amount such as 2GB or 512MiB',
    found,
    hint: 'write `memory <= 2GB`, or leave the line out',
  };
}

/**
 * `needs` tells where the least that was found goes: `['train, one task at a time', 5e8]`.
 * @param fixed the tasks of a call were given
 */
export function memoryTooSmall(
  limit: number,
  least: number,
  needs: readonly (readonly [string, number])[],
  fixed: boolean,
  range: SourceRange | undefined,
): Diagnostic {
  const tried = fixed ? 'inner steps were' : 'tasks were taken one at a time, and inner steps';
  const parts = needs.map(([what, bytes]) => `${what} ${amount(bytes)}`).join(', ');
  return {
    code: 'E0466',
    severity: 'error',
    title: 'the memory limit cannot be met',
    range,
    expected: `at least ${amount(least)}: ${parts}`,
    found: `${amount(limit)}; ${tried} computed again instead of stored`,
    hint: `raise the limit, or lower ${fixed ? 'the tasks of a call (`--chunk`), ' : ''}inner \`steps\`, \`shots\`, \`queries\`, or the widths of the layers`,
  };
}

function amount(bytes: number): string {
  if (bytes < 1e6) return `${Math.ceil(bytes / 1e3)}kB`;
  return bytes < 1e9 ? `${Math.ceil(bytes / 1e6)}MB` : `${(bytes / 1e9).toPrecision(3)}GB`;
}

/** `2147483648` as `2.1e9`. */
function short(value: number): string {
  return value < 1e6 ? String(value) : value.toPrecision(2).replace('e+', 'e');
}
