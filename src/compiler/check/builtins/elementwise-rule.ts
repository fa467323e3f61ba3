/** @file `elementwise`: an optimiser written in the language, applied to every number of the weights. */
import { badStep } from '../../diagnostics/catalogue/recurrences.ts';
import { DiagnosticError } from '../../diagnostics/diagnostic.ts';
import type { FunctionBuilder } from '../../ir/build.ts';
import type { SourceRange, Value } from '../../ir/ir.ts';
import { sizeOf } from '../../ir/tensor-type.ts';
import type { Builtin } from '../builtin.ts';
import { describe } from '../describe.ts';
import { dim } from '../dims.ts';
import type { Context, Meaning, OptimiserInput, OptimiserMeaning, TensorMeaning } from '../meaning.ts';
import { fitted } from '../recurrence.ts';
import { inOrder, takeApart } from '../structure.ts';
import { dimsOf } from './dimensions.ts';
import { asFloat } from './numeric.ts';
import { anyParameter, functionParameter } from './parameters.ts';

const expected = 'a record `(step: …, state: …)` with one number as the step';

/** Reads what the rule returned: its step as float[], and its state. Throws E0470. */
function readResult(context: Context, result: Meaning, range: SourceRange): { readonly step: TensorMeaning; readonly state: Meaning } {
  const fields = result.kind === 'record' ? result.fields : undefined;
  const [written, state] = [fields?.get('step'), fields?.get('state')];
  const names = [...(fields?.keys() ?? [])].map((name) => `\`${name}\``).join(', ');
  if (written === undefined || state === undefined)
    throw new DiagnosticError(badStep('elementwise', expected, fields === undefined ? describe(result) : `a record of ${names}`, range));
  const step = context.tensor(written, range);
  if (step.dims.some(({ size }) => size !== 1))
    throw new DiagnosticError(badStep('elementwise', expected, `${describe(step)} as the step`, range));
  return { step: context.wrap(context.builder.reshape(asFloat(context.builder, step.value), []), [], [step]), state };
}

/** All numbers of several tensors [shape_i..., own...] in one list [numbers, own...]. */
function inOneList(builder: FunctionBuilder, values: readonly Value[], own: readonly number[]): Value {
  const lists = values.map((value) => builder.reshape(value, [sizeOf(value.type.shape) / sizeOf(own), ...own]));
  return lists.length === 1 ? (lists[0] as Value) : builder.emit('concatenate', lists, { dimension: 0 });
}

/** The inverse of `inOneList`, for tensors of the given shapes. */
function apart(builder: FunctionBuilder, list: Value, shapes: readonly (readonly number[])[]): readonly Value[] {
  const own = list.type.shape.slice(1);
  let from = 0;
  return shapes.map((shape) => {
    const to = from + sizeOf(shape);
    const whole = list.type.shape[0] === to - from;
    const slice = whole
      ? list
      : builder.emit('slice', [list], { start: [from, ...own.map(() => 0)], limit: [to, ...own], strides: [1, ...own.map(() => 1)] });
    from = to;
    return builder.reshape(slice, [...shape, ...own]);
  });
}

export const elementwise: Builtin = {
  name: 'elementwise',
  category: 'optimiser',
  summary:
    'An optimiser of your own, for `adapt`: `rule(gradient, state)` returns `(step: …, state: …)`; it is applied to every number of the weights, each with a state of its own, and w += step (Andrychowicz et al. 2016).',
  parameters: [
    functionParameter('rule', 'rule(gradient, state) of one number; a model, if it has weights'),
    anyParameter('from', 'first state of each number: a tensor, or a record of them'),
  ],
  apply(context, values): OptimiserMeaning {
    const range = values.rangeOf('rule');
    const start = takeApart(context, values.any('from'), values.rangeOf('from'));
    const first = start.leaves.map(({ tensor }) => ({ ...tensor, value: asFloat(context.builder, tensor.value) }));
    const rule = values.any('rule');
    return {
      kind: 'optimiser',
      name: 'elementwise',
      settings: new Map([['rule', describe(rule)]]),
      hyperparameters: new Map(),
      slots: start.leaves.map(({ path }) => (path === '' ? 'state' : path)),
      start(builder, slot, shape) {
        const { value } = first[slot] as TensorMeaning;
        return builder.broadcast(
          value,
          [...shape, ...value.type.shape],
          value.type.shape.map((_, axis) => axis + shape.length),
        );
      },
      update({ builder, weights, gradients, slots }: OptimiserInput) {
        const shapes = weights.map(({ type }) => type.shape);
        const count = dim(shapes.reduce((sum, shape) => sum + sizeOf(shape), 0));
        const list = (of: readonly Value[], own: readonly number[]): TensorMeaning => ({
          kind: 'tensor',
          value: inOneList(builder, of, own),
          dims: [count, ...dimsOf(own)],
          level: 'task',
        });
        // A recurrence without a state is the same thing done to each item.
        const { outputs } = context.recur({
          length: count,
          reverse: false,
          carries: [],
          sequences: [list(gradients, []), ...first.map((tensor, slot) => list(slots[slot] as readonly Value[], tensor.value.type.shape))],
          range,
          step(_, [gradient, ...states]) {
            const { step, state } = readResult(
              context,
              context.call(rule, [gradient as TensorMeaning, start.rebuild(states)], range),
              range,
            );
            const next = inOrder(start, takeApart(context, state, range), range, values.rangeOf('from'));
            return {
              next: [],
              outputs: [
                step,
                ...next.map((tensor, slot) => {
                  const { path } = start.leaves[slot] as { path: string };
                  return fitted(
                    context.builder,
                    { path, before: states[slot] as TensorMeaning, range, start: values.rangeOf('from') },
                    tensor,
                  );
                }),
              ],
            };
          },
        });
        const [steps, ...states] = outputs.map(({ value }) => apart(builder, value, shapes));
        return {
          weights: weights.map((weight, index) => builder.binary('add', weight, steps?.[index] as Value)),
          slots: states,
        };
      },
    };
  },
};
