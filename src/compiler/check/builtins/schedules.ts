/** @file Scalars that follow the outer step (counted from 0), and learned scalars. */
import { argumentsExclude, wrongArgument } from '../../diagnostics/catalogue/arguments.ts';
import { DiagnosticError } from '../../diagnostics/diagnostic.ts';
import type { FunctionBuilder } from '../../ir/build.ts';
import type { Value } from '../../ir/ir.ts';
import type { Arguments, Builtin, ParameterSpec } from '../builtin.ts';
import { describe } from '../describe.ts';
import type { LearnedMeaning, ScheduleMeaning } from '../meaning.ts';
import { hasWeights } from './over-weights.ts';
import { anyParameter, countParameter, numberParameter, numbersParameter, optionParameter } from './parameters.ts';

const overParameter: ParameterSpec = countParameter('over', 'outer steps it takes; all steps of the train block by default', 'none');

/** step/over, from 0 to 1. */
function progress(builder: FunctionBuilder, step: Value, over: number): Value {
  return builder.scale('minimum', builder.scale('divide', step, over), 1);
}

function overOf(values: Arguments, steps: number): number {
  return values.has('over') ? values.number('over') : Math.max(steps, 1);
}

function describeOver(values: Arguments): string {
  return values.has('over') ? ` over ${values.number('over')} steps` : ' over all steps';
}

function between(builder: FunctionBuilder, from: number, to: number, share: Value): Value {
  return builder.scale('add', builder.scale('multiply', share, to - from), from);
}

const linear: Builtin = {
  name: 'linear',
  category: 'schedule',
  summary: 'From one value to another in equal steps, then constant: from + (to - from)*min(step/over, 1).',
  parameters: [numberParameter('from', 'value at step 0'), numberParameter('to', 'value at the end'), overParameter],
  apply(_context, values): ScheduleMeaning {
    const [from, to] = [values.number('from'), values.number('to')];
    return {
      kind: 'schedule',
      description: `linear from ${from} to ${to}${describeOver(values)}`,
      at: (builder, step, steps) => between(builder, from, to, progress(builder, step, overOf(values, steps))),
    };
  },
};

const cosine: Builtin = {
  name: 'cosine_decay',
  category: 'schedule',
  summary:
    'Linear warm-up from 0, then half a cosine from one value to another (Loshchilov and Hutter 2017), then constant; `over` counts the warm-up too.',
  parameters: [
    numberParameter('from', 'value after the warm-up'),
    numberParameter('to', 'value at the end', { default: 0 }),
    overParameter,
    numberParameter('warmup', 'steps of warm-up', { integer: true, least: 0, default: 0 }),
  ],
  apply(_context, values): ScheduleMeaning {
    const [from, to, warmup] = [values.number('from'), values.number('to'), values.number('warmup')];
    return {
      kind: 'schedule',
      description: `cosine from ${from} to ${to}${describeOver(values)}${warmup === 0 ? '' : ` after ${warmup} of warm-up`}`,
      at(builder, step, steps) {
        const rest = Math.max(overOf(values, steps) - warmup, 1);
        const share = progress(builder, builder.scale('maximum', builder.scale('subtract', step, warmup), 0), rest);
        const wave = builder.scale('add', builder.unary('cosine', builder.scale('multiply', share, Math.PI)), 1);
        const decay = builder.scale('add', builder.scale('multiply', wave, (from - to) / 2), to);
        if (warmup === 0) return decay;
        const rising = builder.scale('multiply', step, from / warmup);
        return builder.select(builder.compare('LT', step, builder.constant(warmup)), rising, decay);
      },
    };
  },
};

const exponential: Builtin = {
  name: 'exponential',
  category: 'schedule',
  summary: 'Geometric decay: from*decay^(step/every).',
  parameters: [
    numberParameter('from', 'value at step 0'),
    numberParameter('decay', 'factor per `every` steps', { above: 0 }),
    countParameter('every', 'steps per factor', 1),
  ],
  apply(_context, values): ScheduleMeaning {
    const [from, decay, every] = [values.number('from'), values.number('decay'), values.number('every')];
    return {
      kind: 'schedule',
      description: `exponential from ${from}, times ${decay} every ${every} steps`,
      at: (builder, step) =>
        builder.scale('multiply', builder.unary('exponential', builder.scale('multiply', step, Math.log(decay) / every)), from),
    };
  },
};

const piecewise: Builtin = {
  name: 'piecewise',
  category: 'schedule',
  summary: 'One value after the other: `piecewise([1e-3, 1e-4], at: [10_000])` changes at step 10,000.',
  parameters: [
    numbersParameter('values', 'the values in order'),
    numbersParameter('at', 'steps at which the next value begins, one fewer'),
  ],
  apply(_context, values): ScheduleMeaning {
    const [levels, starts] = [values.numbers('values'), values.numbers('at')];
    const increasing = starts.every((start, index) => index === 0 || start > (starts[index - 1] as number));
    if (starts.length !== levels.length - 1 || !increasing)
      throw new DiagnosticError(
        wrongArgument(
          'piecewise',
          'at',
          `${Math.max(levels.length - 1, 0)} increasing steps for ${levels.length} values`,
          `[${starts.join(', ')}]`,
          values.rangeOf('at'),
        ),
      );
    return {
      kind: 'schedule',
      description: `piecewise ${levels.join(', ')} at ${starts.join(', ')}`,
      at: (builder, step) =>
        starts.reduce(
          (current, start, index) =>
            builder.select(builder.compare('LT', step, builder.constant(start)), current, builder.constant(levels[index + 1] as number)),
          builder.constant(levels[0] as number),
        ),
    };
  },
};

const learned: Builtin = {
  name: 'learned',
  category: 'schedule',
  summary:
    'A scalar trained with the weights, from `initial` on; as a hyperparameter, one per `scalar`, `element`, `weight` or inner `step`; with `like`, a learner of them.',
  parameters: [
    numberParameter('initial', 'first value'),
    optionParameter('per', ['scalar', 'element', 'weight', 'step'], 'how many of them', 'scalar'),
    numbersParameter('in', 'bounds [low, high], kept after every step', 'none'),
    anyParameter('like', 'a model or learner: one for each element of its weights, which makes a learner', 'none'),
  ],
  apply(_context, values): LearnedMeaning {
    const initial = values.number('initial');
    const like = values.has('like') ? values.any('like') : undefined;
    if (like !== undefined && !hasWeights(like))
      throw new DiagnosticError(wrongArgument('learned', 'like', 'a model or an adapted learner', describe(like), values.rangeOf('like')));
    if (like !== undefined && values.option('per') !== 'scalar')
      throw new DiagnosticError(argumentsExclude('learned', 'per', 'like', 'two ways to say how many', values.range));
    const [low, high, ...more] = values.has('in') ? values.numbers('in') : [-Infinity, Infinity];
    if (low === undefined || high === undefined || more.length > 0 || low >= high || initial < low || initial > high)
      throw new DiagnosticError(
        wrongArgument(
          'learned',
          'in',
          'two increasing numbers with the first value between them: `learned(0.5, in: [0, 1])`',
          values.has('in') ? `[${values.numbers('in').join(', ')}] with first value ${initial}` : 'nothing',
          values.rangeOf('in'),
        ),
      );
    return {
      kind: 'learned',
      initial,
      per: values.option('per') as LearnedMeaning['per'],
      bounds: values.has('in') ? [low, high] : undefined,
      ...(like === undefined ? {} : { like }),
      range: values.range,
    };
  },
};

export const scheduleBuiltins: readonly Builtin[] = [linear, cosine, exponential, piecewise, learned];
