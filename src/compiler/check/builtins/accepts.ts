/** @file Whether a value is what a parameter accepts, and how that is said in messages and in the documentation. */
import type { Accepts } from '../builtin.ts';
import type { Meaning } from '../meaning.ts';
import { hasWeights } from './over-weights.ts';

/** `a whole number, at least 1`; printed by messages and by the language page. */
export function printAccepts(accepts: Accepts): string {
  switch (accepts.kind) {
    case 'tensor':
      return accepts.learners === true ? 'a tensor, a number, or a model or learner' : 'a tensor or a number';
    case 'number':
      return `a constant ${accepts.integer ? 'whole number' : 'number'}${printLimits(accepts)}`;
    case 'numbers':
      return `a constant ${accepts.integer ? 'whole number' : 'number'} or a list of them${printLimits(accepts)}`;
    case 'boolean':
      return '`true` or `false`';
    case 'text':
      return 'a text in quotes';
    case 'option':
      return `one of ${accepts.options.map((word) => `\`${word}\``).join(', ')}`;
    case 'hyperparameter':
      return 'a number of at least 0, a schedule, `learned(…)` or a scalar tensor';
    case 'function':
      return 'a function, a layer, a model or an adapted learner';
    case 'distribution':
      return 'a distribution such as `normal(0, 1)`';
    case 'any':
      return accepts.options === undefined ? 'any value' : `${accepts.options.map((word) => `\`${word}\``).join(', ')}, or a value`;
  }
}

function printLimits({ least, most, above }: { readonly least?: number; readonly most?: number; readonly above?: number }): string {
  const parts = [
    ...(above === undefined ? [] : [`above ${above}`]),
    ...(least === undefined ? [] : [`at least ${least.toLocaleString('en')}`]),
    ...(most === undefined ? [] : [`at most ${most.toLocaleString('en')}`]),
  ];
  return parts.length === 0 ? '' : `, ${parts.join(', ')}`;
}

function numberFits(
  value: number,
  limits: { readonly integer?: boolean; readonly least?: number; readonly most?: number; readonly above?: number },
): boolean {
  return (
    Number.isFinite(value) &&
    (limits.integer !== true || Number.isSafeInteger(value)) &&
    (limits.least === undefined || value >= limits.least) &&
    (limits.most === undefined || value <= limits.most) &&
    (limits.above === undefined || value > limits.above)
  );
}

/** The constant numbers of a number or a list of numbers; undefined when it is anything else. */
export function constantNumbers(meaning: Meaning): readonly number[] | undefined {
  if (meaning.kind === 'number') return [meaning.value];
  if (meaning.kind !== 'list') return undefined;
  const values = meaning.items.map((item) => (item.kind === 'number' ? item.value : undefined));
  return values.includes(undefined) ? undefined : (values as number[]);
}

/** Whether the checker turns such a value into a tensor. */
export function isTensorLike(meaning: Meaning): boolean {
  return ['tensor', 'number', 'list', 'schedule', 'learned'].includes(meaning.kind);
}

export function accepted(accepts: Accepts, meaning: Meaning): boolean {
  switch (accepts.kind) {
    case 'tensor':
      return isTensorLike(meaning) || (accepts.learners === true && hasWeights(meaning));
    case 'number':
      return meaning.kind === 'number' && numberFits(meaning.value, accepts);
    case 'numbers':
      return constantNumbers(meaning)?.every((value) => numberFits(value, accepts)) ?? false;
    case 'boolean':
      return meaning.kind === 'boolean';
    case 'text':
      return meaning.kind === 'text';
    case 'option':
      return meaning.kind === 'option' && accepts.options.includes(meaning.name);
    case 'hyperparameter':
      return (
        (meaning.kind === 'number' && numberFits(meaning.value, { least: 0 })) ||
        meaning.kind === 'schedule' ||
        meaning.kind === 'learned' ||
        (meaning.kind === 'tensor' && meaning.dims.length === 0)
      );
    case 'function':
      return meaning.kind === 'function' || meaning.kind === 'builtin' || meaning.kind === 'callable';
    case 'distribution':
      return meaning.kind === 'distribution';
    case 'any':
      return true;
  }
}
