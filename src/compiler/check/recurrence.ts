/** @file Traces one step of a recurrence into a region, and adds the `scan` that repeats it. */
import { stateChanges } from '../diagnostics/catalogue/recurrences.ts';
import { DiagnosticError } from '../diagnostics/diagnostic.ts';
import type { FunctionBuilder } from '../ir/build.ts';
import type { Parameter, SourceRange, Value } from '../ir/ir.ts';
import { tensorType } from '../ir/tensor-type.ts';
import { asFloat } from './builtins/numeric.ts';
import { describe } from './describe.ts';
import { sizes } from './dims.ts';
import type { Level, Recurred, Recurrence, TensorMeaning } from './meaning.ts';

/** Where a step is traced. */
export interface StepRegion {
  readonly outer: FunctionBuilder;
  readonly region: FunctionBuilder;
  /** Runs `body` with nodes going to the region. */
  inside<Result>(body: () => Result): Result;
  /** Parameters that stand for what is drawn anew for each step, and the draws of all steps. */
  draws(): ReadonlyMap<Value, Value>;
  highest(tensors: readonly { readonly level: Level }[]): Level;
}

/** A bool as floats: what a step computes is compared with what it started from, and a comparison is 0 or 1. */
function plain(builder: FunctionBuilder, tensor: TensorMeaning): TensorMeaning {
  return tensor.value.type.dtype === 'int' ? tensor : { ...tensor, value: asFloat(builder, tensor.value) };
}

export function recur(where: StepRegion, recurrence: Recurrence): Recurred {
  const { outer, region, highest } = where;
  const { length, sequences, reverse } = recurrence;
  const carries = recurrence.carries.map(({ tensor }) => plain(outer, tensor));
  const level = highest([...carries, ...sequences]);
  const inner = (name: string, tensor: TensorMeaning, dims: TensorMeaning['dims']): TensorMeaning => ({
    ...tensor,
    value: region.parameter(name, tensorType(tensor.value.type.dtype, sizes(dims))),
    dims,
    level,
  });
  const before = carries.map((tensor, index) => inner(`carry${index}`, tensor, tensor.dims));
  const slices = sequences.map((tensor, index) => inner(`slice${index}`, tensor, tensor.dims.slice(1)));
  const { next, outputs } = where.inside(() => {
    const made = recurrence.step(before, slices);
    return {
      next: made.next.map((tensor, index) => {
        const { path, range: start } = recurrence.carries[index] as Recurrence['carries'][number];
        return fitted(region, { path, before: before[index] as TensorMeaning, range: recurrence.range, start }, tensor);
      }),
      outputs: made.outputs.map((tensor) => plain(region, tensor)),
    };
  });
  const body = region.finish([...next, ...outputs].map(({ value }, index) => ({ name: `result${index}`, value })));
  const draws = where.draws();
  const given = new Map<Value, Value>();
  before.forEach(({ value }, index) => void given.set(value, (carries[index] as TensorMeaning).value));
  slices.forEach(({ value }, index) => void given.set(value, (sequences[index] as TensorMeaning).value));
  for (const [one, all] of draws) given.set(one, all);
  const whole = new Map(region.captures.map((value) => [region.use(value), value]));
  // Parameters were made as they were met; a scan wants carries, then what has a slice per step, then the rest.
  const isRest = ({ value }: Parameter): boolean => !given.has(value);
  const parameters = [
    ...[...before, ...slices].map(({ value }) => body.parameters.find((one) => one.value === value) as Parameter),
    ...body.parameters.filter(({ value }) => draws.has(value)),
    ...body.parameters.filter(isRest),
  ];
  const operands = parameters.map(({ value }) => given.get(value) ?? (whole.get(value) as Value));
  const results = outer.apply('scan', operands, {
    body: { ...body, parameters },
    length: length.size,
    carries: carries.length,
    sequences: sequences.length + draws.size,
    reverse,
  });
  const reached = highest([{ level }, ...next, ...outputs]);
  return {
    last: next.map((tensor, index) => ({
      ...(before[index] as TensorMeaning),
      dims: tensor.dims,
      value: results[index] as Value,
      level: reached,
    })),
    outputs: outputs.map((tensor, index) => ({
      ...tensor,
      value: results[carries.length + index] as Value,
      dims: [length, ...tensor.dims],
      level: reached,
    })),
  };
}

/** One part of a state, before a step. */
interface Before {
  readonly path: string;
  readonly before: TensorMeaning;
  /** Of the step, and of the first state. */
  readonly range: SourceRange;
  readonly start: SourceRange;
}

/** The part after the step, which must be of the form that it had before. Throws E0471. */
export function fitted(builder: FunctionBuilder, { path, before, range, start }: Before, after: TensorMeaning): TensorMeaning {
  const floats = before.value.type.dtype === 'float';
  const tensor = floats ? { ...after, value: asFloat(builder, after.value) } : after;
  const same = before.dims.length === after.dims.length && before.dims.every(({ size }, axis) => size === after.dims[axis]?.size);
  if (same && tensor.value.type.dtype === before.value.type.dtype) return { ...tensor, dims: before.dims };
  const kind = ({ value }: TensorMeaning): string => (value.type.dtype === 'int' ? ' of whole numbers' : '');
  throw new DiagnosticError(stateChanges(path, `${describe(before)}${kind(before)}`, `${describe(after)}${kind(tensor)}`, range, start));
}
