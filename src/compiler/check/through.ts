/** @file The clause `through` of an `adapt` block: what the meta-gradient goes through. */
import { suggest } from '../diagnostics/did-you-mean.ts';
import type { Expression } from '../parse/ast.ts';
import type { ClauseReader } from './clause-reader.ts';
import { wrongClause } from './clauses.ts';
import { describe } from './describe.ts';
import type { OptimiserMeaning, ScheduleMeaning, SolverMeaning } from './meaning.ts';
import { PoisonError } from './poison.ts';
import type { Scope } from './scope.ts';
import type { Trace } from './trace.ts';

type Orders =
  | { readonly kind: 'everything' }
  | { readonly kind: 'first_order' }
  | { readonly kind: 'truncated'; readonly last: number }
  /** The derivative of the inner gradient counts this much: first order where it is 0, everything where it is 1. */
  | { readonly kind: 'scheduled'; readonly share: ScheduleMeaning }
  /** Not through the inner steps, but through the equations that hold where they end. */
  | { readonly kind: 'implicit'; readonly solver: SolverMeaning };

export interface Through {
  readonly orders: Orders;
  /** Every so many steps, the iterate and the state of the optimiser are taken as constants. */
  readonly window: number | undefined;
}

const words = ['everything', 'first_order', 'truncated', 'windows', 'implicit'];
const expected = '`everything`, `first_order`, `truncated(k)`, `windows(k)`, `implicit(solver: …)`, or a schedule from 0 to 1';

/** Whether the meta-gradient takes the inner gradient of step `step` (from 1) of `steps` as a constant. */
export function isConstantStep({ orders }: Through, step: number, steps: number): boolean {
  return orders.kind === 'first_order' || (orders.kind === 'truncated' && step <= steps - orders.last);
}

/** Whether the step (from 1) is the first of a window other than the first. */
export function beginsWindow({ window }: Through, step: number): boolean {
  return window !== undefined && step > 1 && (step - 1) % window === 0;
}

/** `steps`: of the block. Throws E0304. */
export function readThrough(trace: Trace, reader: ClauseReader, steps: number, scope: Scope): Through {
  const wrong = (range: Expression['range'], hint?: string) =>
    wrongClause('adapt', 'through', expected, trace.session.textOf(range), range, hint);
  let orders: Orders | undefined;
  let window: number | undefined;
  for (const argument of reader.arguments('through')) {
    if (argument.kind !== 'positional') throw wrong(argument.range);
    const { value } = argument;
    const name = calledName(value);
    if (name === 'windows') {
      if (window !== undefined) throw wrong(argument.range, 'give `windows` once');
      window = countOf(trace, value, scope);
      if (window === undefined) throw wrong(argument.range, 'write how many steps a window has: `windows(20)`');
      continue;
    }
    if (orders !== undefined) throw wrong(argument.range, 'only `windows(k)` stands beside another');
    orders = readOrders(trace, value, steps, scope);
    if (orders === undefined) throw wrong(argument.range, hintFor(value));
  }
  if (orders?.kind === 'implicit' && window !== undefined)
    throw wrong(reader.rangeOf('through'), 'an implicit gradient does not go through the steps: leave `windows` out');
  return { orders: orders ?? { kind: 'everything' }, window: window !== undefined && window < steps ? window : undefined };
}

function readOrders(trace: Trace, written: Expression, steps: number, scope: Scope): Orders | undefined {
  if (written.kind === 'name' && (written.name === 'everything' || written.name === 'first_order')) return { kind: written.name };
  const name = calledName(written);
  if (name === 'implicit' || (written.kind === 'name' && written.name === 'implicit')) return readImplicit(trace, written, scope);
  // A word of `through` is no name of the file: only what can be a schedule is evaluated.
  if (name !== undefined && name !== 'truncated') {
    const share = trace.language.evaluate(trace, written, scope);
    return share.kind === 'schedule' ? { kind: 'scheduled', share } : undefined;
  }
  const last = name === undefined ? undefined : countOf(trace, written, scope);
  if (last === undefined) return undefined;
  return last >= steps ? { kind: 'everything' } : { kind: 'truncated', last };
}

/** `implicit(solver: conjugate_gradient(steps: 5))`. */
function readImplicit(trace: Trace, written: Expression, scope: Scope): Orders {
  const [argument, another] = written.kind === 'call' ? written.arguments : [];
  const isSolver = argument?.kind === 'positional' || (argument?.kind === 'named' && argument.name.text === 'solver');
  const example = 'write, for example, `implicit(solver: conjugate_gradient(steps: 5))`';
  const wrong = (found: string): Error => wrongClause('adapt', 'through', '`implicit` of a solver', found, written.range, example);
  if (argument === undefined || another !== undefined || !isSolver) throw wrong(trace.session.textOf(written.range));
  const solver = trace.language.evaluate(trace, argument.value, scope);
  if (solver.kind === 'poison') throw new PoisonError();
  if (solver.kind !== 'solver') throw wrong(describe(solver));
  return { kind: 'implicit', solver };
}

/** An implicit gradient is one of where all steps lead: they must go down one objective, and `minimize` must be all of it. */
export function refuseUnlessStationary(reader: ClauseReader, optimiser: OptimiserMeaning, counter: string | undefined): void {
  const using = (expected: string, found: string, hint: string): Error =>
    wrongClause('adapt', 'using', expected, `\`${optimiser.name}\` with ${found}`, reader.rangeOf('using'), hint);
  if (counter !== undefined)
    throw wrongClause(
      'adapt',
      'steps',
      'a number of steps without a name',
      `the name \`${counter}\``,
      reader.rangeOf('steps'),
      'an implicit gradient needs one objective, the same at every step',
    );
  for (const [name, value] of optimiser.hyperparameters)
    if (name === 'weight_decay' && !(value.kind === 'number' && value.value === 0))
      throw using(
        'an optimiser that goes down what `minimize` says, and nothing else',
        '`weight_decay`',
        'an implicit gradient is one of the objective: write the penalty into `minimize`',
      );
}

function calledName(written: Expression): string | undefined {
  return written.kind === 'call' && written.callee.kind === 'name' ? written.callee.name : undefined;
}

/** The only argument of a call, if it is a constant whole number of at least 1. */
function countOf(trace: Trace, written: Expression, scope: Scope): number | undefined {
  const [argument, ...others] = written.kind === 'call' ? written.arguments : [];
  const count = argument?.kind === 'positional' && others.length === 0 ? trace.language.evaluate(trace, argument.value, scope) : undefined;
  return count?.kind === 'number' && Number.isInteger(count.value) && count.value >= 1 ? count.value : undefined;
}

function hintFor(written: Expression): string | undefined {
  if (written.kind !== 'name') return undefined;
  if (written.name === 'second_order') return 'leave `through` out: the default goes through every order';
  const near = suggest(written.name, words);
  return near === undefined ? undefined : `did you mean \`${near}\`?`;
}

/** For `explain`. */
export function describeThrough({ orders, window }: Through): string {
  const order = describeOrders(orders);
  return window === undefined ? order : `${order}, in windows of ${window} steps`;
}

function describeOrders(orders: Orders): string {
  switch (orders.kind) {
    case 'everything':
      return 'every order';
    case 'first_order':
      return 'first order';
    case 'scheduled':
      return `the second order by ${orders.share.description}`;
    case 'implicit':
      return `implicit, by ${orders.solver.description}`;
    case 'truncated':
      return `truncated to the last ${orders.last} steps`;
  }
}
