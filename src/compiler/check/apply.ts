/** @file Applies what can be called: builtins, functions of the file, models and adapted learners. */
import { namedArgumentNotTaken, notCallable, tooDeep, wrongCount } from '../diagnostics/catalogue/names.ts';
import { DiagnosticError } from '../diagnostics/diagnostic.ts';
import type { SourceRange } from '../ir/ir.ts';
import type { Builtin } from './builtin.ts';
import { bind, type CallArgument } from './builtins/bind.ts';
import { overWeights } from './builtins/over-weights.ts';
import { describe } from './describe.ts';
import type { FunctionMeaning, Meaning, TensorMeaning } from './meaning.ts';
import { PoisonError } from './poison.ts';
import { Scope } from './scope.ts';
import type { Trace } from './trace.ts';

/** `calleeRange`: where the callee stands, if it is written at the place. */
export function applyCallee(
  trace: Trace,
  callee: Meaning,
  values: readonly CallArgument[],
  range: SourceRange,
  calleeRange?: SourceRange,
): Meaning {
  switch (callee.kind) {
    case 'builtin': {
      const { builtin } = callee;
      const run = () => trace.at(range, () => applyToWeights(trace, builtin, values, range) ?? applyBuiltin(trace, builtin, values, range));
      return builtin.category === 'layer' && builtin.name !== 'repeat' ? trace.within(builtin.name, run) : run();
    }
    case 'function':
      return trace.within(callee.name, () => applyFunction(trace, callee, values, range));
    case 'callable': {
      refuseNames(callee.name, values);
      if (values.length !== callee.parameters.length) {
        throw new DiagnosticError(wrongCount(`\`${callee.name}\``, callee.parameters.length, values.length, range));
      }
      return trace.at(range, () =>
        callee.call(
          trace,
          values.map((value) => value.meaning),
          range,
        ),
      );
    }
    case 'poison':
      throw new PoisonError();
    default:
      throw new DiagnosticError(notCallable(describe(callee), productFrom(trace, calleeRange ?? range, range), range));
  }
}

function applyBuiltin(trace: Trace, builtin: Builtin, values: readonly CallArgument[], range: SourceRange): Meaning {
  return builtin.apply(trace, bind(builtin, values, trace, range));
}

/** `exp(net)`: an elementwise builtin of learners is a learner. Undefined for other builtins, and where no argument is a learner. */
function applyToWeights(trace: Trace, builtin: Builtin, values: readonly CallArgument[], range: SourceRange): Meaning | undefined {
  if (builtin.elementwise !== true) return undefined;
  const found = overWeights(trace, builtin.name, values, range, (_path, meanings): TensorMeaning => {
    const parts = values.map((value, index) => ({ ...value, meaning: meanings[index] as Meaning }));
    return trace.tensor(applyBuiltin(trace, builtin, parts, range), range);
  });
  return found?.like.withWeights(found.results);
}

function applyFunction(trace: Trace, callee: FunctionMeaning, values: readonly CallArgument[], range: SourceRange): Meaning {
  refuseNames(callee.name, values);
  if (values.length !== callee.parameters.length) {
    throw new DiagnosticError(wrongCount(`\`${callee.name}\``, callee.parameters.length, values.length, range));
  }
  const limit = (): never => {
    throw new DiagnosticError(tooDeep(callee.name, range));
  };
  return trace.deeper(limit, () => {
    const scope = new Scope(callee.scope);
    callee.parameters.forEach((parameter, index) => {
      scope.define(parameter, () => (values[index] as CallArgument).meaning);
    });
    return trace.language.evaluateValue(trace, callee.value, scope);
  });
}

function refuseNames(what: string, values: readonly CallArgument[]): void {
  const named = values.find((value) => value.name !== undefined);
  if (named !== undefined) throw new DiagnosticError(namedArgumentNotTaken(`\`${what}\``, named.nameRange ?? named.range));
}

/** `val (1 - alpha)` as `val * (1 - alpha)`. */
function productFrom(trace: Trace, callee: SourceRange, call: SourceRange): string {
  const rest = trace.session.textOf({ start: callee.end, end: call.end });
  return rest.startsWith('(') ? `${trace.session.textOf(callee)} * ${rest}` : 'a * (b)';
}
