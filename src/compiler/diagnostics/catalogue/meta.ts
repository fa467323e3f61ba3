/** @file Messages about levels, episodes and adaptation (E05xx), and warnings (W05xx). */
import type { SourceRange } from '../../ir/ir.ts';
import type { Diagnostic } from '../diagnostic.ts';
import { suggest } from '../did-you-mean.ts';

/** Every path that leads to a name: `net`, `net.head`, `net.head.kernel`. */
function pathsOf(names: readonly string[]): ReadonlySet<string> {
  return new Set(names.flatMap((name) => name.split('.').map((_, depth, parts) => parts.slice(0, depth + 1).join('.'))));
}

export function notAScalarLoss(what: string, found: string, range: SourceRange): Diagnostic {
  return {
    code: 'E0501',
    severity: 'error',
    title: `${what} is not a single number`,
    range,
    expected: 'a scalar: losses and metrics are means over examples',
    found,
    hint: 'reduce it with `mean(…)` or `sum(…)`',
  };
}

export function lossWithoutEpisode(range: SourceRange): Diagnostic {
  return {
    code: 'E0502',
    severity: 'error',
    title: 'the loss does not depend on any task',
    range,
    expected: 'an expression over `support` or `query`',
    found: 'a value that is the same for every episode',
    hint: 'apply the model to `query.x` and compare with `query.y`',
  };
}

export function adaptsNothing(name: string, range: SourceRange): Diagnostic {
  return {
    code: 'E0503',
    severity: 'error',
    title: `the loss of \`adapt ${name}\` does not depend on what it adapts`,
    range,
    expected: `a loss over \`${name}(support.x)\`; inside the block \`${name}\` is the current iterate`,
    found: 'no weight of the adapted model in the loss',
    hint: `write \`${name}(support.x)\` in \`minimize\``,
  };
}

export function noSuchPart(path: string, known: readonly string[], range: SourceRange): Diagnostic {
  const near = suggest(path, pathsOf(known));
  return {
    code: 'E0504',
    severity: 'error',
    title: `no weight stands under \`${path}\``,
    range,
    expected: known.length > 12 ? `${known.slice(0, 12).join(', ')}, …` : known.join(', '),
    found: `\`${path}\``,
    hint:
      near === undefined ? 'name the model and then equations, functions or layers, as `explain` prints them' : `did you mean \`${near}\`?`,
  };
}

export function adaptsOnQuery(name: string, range: SourceRange): Diagnostic {
  return {
    code: 'E0505',
    severity: 'error',
    title: `\`adapt ${name}\` learns from the query set that it is judged on`,
    range,
    expected: '`support`',
    found: '`query`',
    hint: 'adapt on `support`; labels of the query set may only stand in `train`, `validate` and `evaluate`',
  };
}

/** One for all weights with the same reason; `ranges` are the places that create them. */
export function unreachedWeights(names: readonly string[], reason: string, ranges: readonly SourceRange[], hint?: string): Diagnostic {
  const shown = names.slice(0, 8).map((name) => `\`${name}\``);
  const list = names.length > shown.length ? [...shown, `${names.length - shown.length} more`] : shown;
  const [first, ...others] = ranges;
  return {
    code: 'E0506',
    severity: 'error',
    title: names.length === 1 ? `no gradient reaches the weight ${list}` : `no gradient reaches ${names.length} weights`,
    range: first,
    expected: 'every weight is trained by some `train` block',
    found: `${names.length === 1 ? '' : `${list.join(', ')}: `}${reason}`,
    related: others.slice(0, 3).map((range) => ({ range, message: 'and here' })),
    hint: hint ?? 'use its layer in the loss, remove it, or remove the `stop(…)` that cuts it off',
  };
}

export function nothingLeftToAdapt(name: string, range: SourceRange): Diagnostic {
  return {
    code: 'E0515',
    severity: 'error',
    title: `\`only\` and \`freeze\` leave nothing that \`adapt ${name}\` can change`,
    range,
    expected: 'at least one weight that the loss depends on',
    hint: 'name more weights in `only`, or fewer in `freeze`',
  };
}

export function outsideModel(layer: string, range: SourceRange): Diagnostic {
  return {
    code: 'E0507',
    severity: 'error',
    title: `\`${layer}\` has weights or state, so it must stand in a model`,
    range,
    hint: 'put it into `model name(x) { … }`, which owns its weights',
  };
}

export function weightShapeChanged(name: string, before: string, now: string, range: SourceRange, first: SourceRange): Diagnostic {
  return {
    code: 'E0508',
    severity: 'error',
    title: `the weight \`${name}\` would need two shapes`,
    range,
    expected: before,
    found: now,
    hint: 'a model has one set of weights: apply it to inputs of one shape, or make its sizes independent of `ways`',
    ...(first.start === range.start ? {} : { related: [{ range: first, message: 'created here with the first shape' }] }),
  };
}

export function notALearner(found: string, range: SourceRange): Diagnostic {
  return {
    code: 'E0509',
    severity: 'error',
    title: '`adapt … from` needs a model',
    range,
    expected: 'a model or an adapted learner',
    found,
    hint: 'write `adapt fast from net { … }` with `net` a `model`',
  };
}

/** `anywhere`: `steps` is the most of any phase, not that of training. */
export function tooManySteps(name: string, asked: number, steps: number, range: SourceRange, anywhere = false): Diagnostic {
  const training = steps === 1 ? 'only training step' : `${steps} training steps`;
  return {
    code: 'E0510',
    severity: 'error',
    title: `\`${name}[${asked}]\` is beyond the ${anywhere ? 'most steps of an adaptation' : training}`,
    range,
    expected: `0 to ${steps}${anywhere ? '' : ' in `train`'}`,
    found: String(asked),
    hint: anywhere ? 'ask for an earlier iterate' : 'raise `steps`; only `validate` and `evaluate` may adapt longer',
  };
}

export function adaptInsideItself(name: string, range: SourceRange): Diagnostic {
  return {
    code: 'E0511',
    severity: 'error',
    title: `\`${name}\` here means the adapted learner, which depends on this very value`,
    range,
    hint: `use \`${name}\` directly inside its \`adapt\` block, or pass it to a function: \`loss(${name})\``,
  };
}

export function supportStatistics(range: SourceRange): Diagnostic {
  return {
    code: 'E0512',
    severity: 'error',
    title: '`mode: support` needs a support set to take statistics of',
    range,
    hint: 'apply the model to `support.x` and `query.x` of a tasks block, with one parameter',
  };
}

export function fieldNotDefined(field: string, range: SourceRange): Diagnostic {
  return {
    code: 'E0513',
    severity: 'error',
    title: `tasks that are generated need an \`example { … }\` part that defines \`${field}\``,
    range,
    hint: 'add `example { x ~ uniform(-5, 5)  y = … }`',
  };
}

export function unknownWeight(name: string, known: readonly string[], range: SourceRange): Diagnostic {
  const near = suggest(name, pathsOf(known));
  return {
    code: 'E0514',
    severity: 'error',
    title: `\`over\` names \`${name}\`, which owns no weights`,
    range,
    hint: near === undefined ? 'name a model, a part of one, or a learned scalar' : `did you mean \`${near}\`?`,
  };
}

export function sameTasks(name: string, range: SourceRange): Diagnostic {
  return {
    code: 'W0501',
    severity: 'warning',
    title: `the tasks of \`${name}\` do not differ`,
    range,
    label: 'nothing is drawn once per task',
    hint: 'with one underlying task there is nothing to adapt to: draw a parameter outside `example`, such as `slope ~ uniform(1, 3)`',
  };
}

export function unusedDefinition(name: string, range: SourceRange): Diagnostic {
  return {
    code: 'W0502',
    severity: 'warning',
    title: `\`${name}\` is never used`,
    range,
    hint: 'remove it, or use it in `train` or `evaluate`',
  };
}

export function samplesInAStep(range: SourceRange): Diagnostic {
  return {
    code: 'E0516',
    severity: 'error',
    title: '`samples` are taken of a whole result',
    range,
    expected: 'a value that is computed outside of the steps of recurrences and of `example`',
    found: 'one that exists within a step only',
    hint: 'put it out of the step, and take `samples` of what the recurrence returns',
  };
}
