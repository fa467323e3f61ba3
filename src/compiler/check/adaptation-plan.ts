/** @file The header and clauses of an `adapt` block as a plan: from what, by which optimiser, how far, over which weights. */
import { headerMissing } from '../diagnostics/catalogue/blocks.ts';
import { noSuchPart, notALearner } from '../diagnostics/catalogue/meta.ts';
import { notAnOptimiser } from '../diagnostics/catalogue/values.ts';
import { DiagnosticError } from '../diagnostics/diagnostic.ts';
import type { SourceRange } from '../ir/ir.ts';
import type { Block, Expression } from '../parse/ast.ts';
import { limits } from './budget.ts';
import { ClauseReader } from './clause-reader.ts';
import { wrongClause } from './clauses.ts';
import { describe, optimiserExample } from './describe.ts';
import { isLearner, type LearnerMeaning, ownedWeights } from './learner.ts';
import type { OptimiserMeaning } from './meaning.ts';
import { pathOf } from './paths.ts';
import { PoisonError } from './poison.ts';
import type { Scope } from './scope.ts';
import { settingPrefix } from './setting-prefix.ts';
import { readThrough, refuseUnlessStationary, type Through } from './through.ts';
import type { Trace } from './trace.ts';
import type { WeightEntry } from './weights.ts';

export interface Plan {
  readonly name: string;
  readonly base: LearnerMeaning;
  readonly minimize: Expression;
  readonly optimiser: OptimiserMeaning;
  readonly steps: number;
  /** `steps k in 1..n`. */
  readonly counter: string | undefined;
  readonly through: Through;
  readonly adapts: (entry: WeightEntry) => boolean;
  /** Of `only` or `freeze`. */
  readonly selectionRange: SourceRange;
}

/** Reads the header and the clauses; each part by itself, so that one wrong value does not hide another. */
export function readPlan(trace: Trace, block: Block, name: string, scope: Scope): Plan {
  const { session } = trace;
  const reader = new ClauseReader(session, 'adapt', settingPrefix(block), `\`adapt ${name}\``, block.body, block.keywordRange);
  reader.allowOnly(block.body, []);
  if (block.from === undefined)
    throw new DiagnosticError(headerMissing('`from` and a model', 'adapt', `adapt ${name} from net { … }`, block.keywordRange));
  const { from } = block;
  const base = session.attempt(() => readBase(trace, from, scope), undefined);
  const complete = reader.complete();
  const using = session.attempt(() => reader.expression('using'), undefined);
  const optimiser = using === undefined ? undefined : session.attempt(() => readOptimiser(trace, using, scope), undefined);
  const schedule = session.attempt(() => readSteps(trace, reader, scope), undefined);
  const through = session.attempt(() => readThrough(trace, reader, schedule?.steps ?? 1, scope), undefined);
  const minimize = session.attempt(() => reader.expression('minimize'), undefined);
  if (base === undefined || !complete || optimiser === undefined || schedule === undefined || through === undefined)
    throw new PoisonError();
  if (minimize === undefined) throw new PoisonError();
  if (through.orders.kind === 'implicit') refuseUnlessStationary(reader, optimiser, schedule.counter);
  const selectionRange = reader.rangeOf(reader.has('only') ? 'only' : 'freeze');
  return { name, base, minimize, optimiser, ...schedule, through, adapts: readSelection(trace, reader, base), selectionRange };
}

function readBase(trace: Trace, from: Expression, scope: Scope): LearnerMeaning {
  const base = trace.language.evaluate(trace, from, scope);
  if (base.kind === 'poison') throw new PoisonError();
  if (!isLearner(base)) throw new DiagnosticError(notALearner(describe(base), from.range));
  return base;
}

/** `steps 5`, or `steps k in 1..5` with a name for the number of the step. */
function readSteps(trace: Trace, reader: ClauseReader, scope: Scope): Pick<Plan, 'steps' | 'counter'> {
  const written = reader.arguments('steps')[0];
  if (written?.kind !== 'binder' || written.value !== undefined) {
    const constants = { constant: (expression: Expression) => trace.language.evaluate(trace, expression, scope) };
    return { steps: reader.number(constants, 'steps', { integer: true, least: 1, most: limits.innerSteps }) ?? 1, counter: undefined };
  }
  const over = trace.language.evaluate(trace, written.over, scope);
  const first = over.kind === 'list' ? over.items[0] : undefined;
  if (over.kind === 'list' && first?.kind === 'number' && first.value === 1 && over.items.length <= limits.innerSteps)
    return { steps: over.items.length, counter: written.name.text };
  const expected = `a range from 1 to at most ${limits.innerSteps.toLocaleString('en')}`;
  throw wrongClause('adapt', 'steps', expected, trace.session.textOf(written.over.range), written.range, 'write `steps k in 1..5`');
}

function readOptimiser(trace: Trace, using: Expression, scope: Scope): OptimiserMeaning {
  const optimiser = trace.language.evaluate(trace, using, scope);
  if (optimiser.kind === 'poison') throw new PoisonError();
  if (optimiser.kind === 'optimiser') return optimiser;
  throw new DiagnosticError(notAnOptimiser(describe(optimiser), optimiserExample(optimiser), using.range));
}

/** `only` and `freeze` as a test on weights; paths that name nothing are refused once the weights are known. */
function readSelection(trace: Trace, reader: ClauseReader, base: LearnerMeaning): (entry: WeightEntry) => boolean {
  const paths = (keyword: string) =>
    reader.arguments(keyword).map((argument) => {
      const path = argument.kind === 'positional' ? pathOf(argument.value) : undefined;
      if (path === undefined)
        throw wrongClause('adapt', keyword, 'a path such as `net.head`', trace.session.textOf(argument.range), argument.range);
      return { path, range: argument.range };
    });
  const only = paths('only');
  const freeze = paths('freeze');
  const { weights } = trace.session;
  const check = (): void => {
    const owned = ownedWeights(trace, base.learner.model);
    for (const { path, range } of [...only, ...freeze]) {
      if (owned.length > 0 && !owned.some((entry) => weights.under(entry, path))) {
        trace.session.report(
          noSuchPart(
            path.join('.'),
            owned.map((entry) => weights.nameOf(entry)),
            range,
          ),
        );
      }
    }
  };
  let checked = false;
  return (entry) => {
    if (!checked) {
      checked = true;
      check();
    }
    const among = (list: readonly { path: readonly string[] }[]) => list.some(({ path }) => weights.under(entry, path));
    return (only.length === 0 || among(only)) && !among(freeze);
  };
}
