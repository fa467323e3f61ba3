/** @file Messages about `scan` and other functions that are run for each step or element (E0470 to E0489). */
import type { SourceRange } from '../../ir/ir.ts';
import type { Diagnostic } from '../diagnostic.ts';

export function badStep(callee: string, expected: string, found: string, range: SourceRange): Diagnostic {
  return {
    code: 'E0470',
    severity: 'error',
    title: `the function given to \`${callee}\` returns something else than it should`,
    range,
    expected,
    found,
    hint: `end it with \`return (${callee === 'scan' ? 'state: …, output: …' : 'step: …, state: …'})\``,
  };
}

/** `path`: the field of the state; empty when the state is one tensor. */
export function stateChanges(path: string, before: string, after: string, range: SourceRange, start: SourceRange): Diagnostic {
  const what = path === '' ? 'the state' : `\`${path}\` of the state`;
  return {
    code: 'E0471',
    severity: 'error',
    title: `${what} is not after a step what it was before`,
    range,
    expected: before,
    found: after,
    hint: 'every step must return a state of the same form as the one that it was given: start with that form, or reshape what is returned',
    related: [{ range: start, message: 'the first state' }],
  };
}

export function stateHasOtherFields(
  before: readonly string[],
  after: readonly string[],
  range: SourceRange,
  start: SourceRange,
): Diagnostic {
  const list = (names: readonly string[]): string =>
    names.length === 0 ? 'nothing' : names.map((name) => `\`${name || 'one tensor'}\``).join(', ');
  return {
    code: 'E0472',
    severity: 'error',
    title: 'the state after a step has other fields than before',
    range,
    expected: list(before),
    found: list(after),
    hint: 'return every field of the state, also those that stay as they are, and no others',
    related: [{ range: start, message: 'the first state' }],
  };
}

export function notASequence(callee: string, found: string, range: SourceRange): Diagnostic {
  return {
    code: 'E0473',
    severity: 'error',
    title: `\`${callee}\` needs something with an axis to go along`,
    range,
    expected: 'a tensor [steps, ...], or a record of them with one number of steps',
    found,
    hint: 'to take n steps with nothing else to say about each, go over `1..n`',
  };
}

export function gradientFromOutside(range: SourceRange): Diagnostic {
  return {
    code: 'E0474',
    severity: 'error',
    title: 'this gradient would go through something that was computed outside of the step',
    range,
    expected: 'a loss that is computed within the step, from `of` on',
    found: 'a value from outside that depends on `of` too',
    hint: 'compute it within the step, or say with `stop(…)` that it is a constant',
  };
}

export function optimiserOfAdapt(name: string, range: SourceRange): Diagnostic {
  return {
    code: 'E0476',
    severity: 'error',
    title: `\`${name}\` is an optimiser for \`adapt\``,
    range,
    expected: '`sgd(rate: …)`, `adam(rate: …)`, …',
    found: `\`${name}\` in \`train\``,
    hint: 'the weights of a rule are trained by an ordinary optimiser: `using adam(rate: 1e-3)` and `over` the rule',
  };
}

export function valueLeavesItsStep(range: SourceRange): Diagnostic {
  return {
    code: 'E0475',
    severity: 'error',
    title: 'a value of one step is used where no step is running',
    range,
    expected: 'values that exist outside of the step too',
    found: 'an adaptation, an equation or a task that depends on the state or the item of a step',
    hint: 'hand it to the next step in the state, or out in the output; `adapt` cannot depend on a step: write the inner loop with `gradient`',
  };
}

/** Forms: a description, and the names of the parts. */
export function unlikeItems(
  first: readonly [string, readonly string[]],
  other: readonly [string, readonly string[]],
  range: SourceRange,
): Diagnostic {
  const form = ([what, parts]: readonly [string, readonly string[]]): string =>
    parts.length === 0 ? what : `${what} with ${parts.map((part) => `\`${part || 'one tensor'}\``).join(', ')}`;
  return {
    code: 'E0477',
    severity: 'error',
    title: 'the items of this list have different forms',
    range,
    expected: `${form(first)}, like the first item`,
    found: form(other),
    hint: 'what is done to every item is written once, so all items need the same fields, or weights',
  };
}

export function averagesOfAStep(range: SourceRange): Diagnostic {
  return {
    code: 'E0478',
    severity: 'error',
    title: 'running averages cannot be kept from the steps of a recurrence',
    range,
    expected: 'a mode that needs no averages of earlier steps',
    found: 'a step that is traced once for all, without averages of its own',
    hint: 'write `batch_norm(mode: transductive)`, or `mode: support`, or `layer_norm`',
  };
}
