/** @file `scan`: a recurrence over the leading axis of a sequence. */
import { badStep, notASequence } from '../../diagnostics/catalogue/recurrences.ts';
import { shapesMustAgree } from '../../diagnostics/catalogue/shapes.ts';
import { DiagnosticError } from '../../diagnostics/diagnostic.ts';
import type { SourceRange } from '../../ir/ir.ts';
import type { Arguments, Builtin } from '../builtin.ts';
import { describe } from '../describe.ts';
import type { Context, Dim, Meaning, SequenceMeaning } from '../meaning.ts';
import { inOrder, type Structure, sequenceOf, takeApart } from '../structure.ts';
import { shapeAt } from './checks.ts';
import { better } from './dimensions.ts';
import { anyParameter, booleanParameter, functionParameter } from './parameters.ts';

/** The sequences, and how many steps they have. Throws E0473, E0404, and E0450 or E0477 for a list of unlike items. */
function readSequences(
  context: Context,
  callee: string,
  values: Arguments,
  parameter: string,
): { readonly sequence: SequenceMeaning; readonly length: Dim } {
  const range = values.rangeOf(parameter);
  const sequence = sequenceOf(context, values.any(parameter), range);
  const [first] = sequence.parts;
  const scalar = sequence.parts.find(({ dims }) => dims.length === 0 || dims[0]?.size === 0);
  if (first === undefined || scalar !== undefined)
    throw new DiagnosticError(notASequence(callee, describe(scalar ?? values.any(parameter)), range));
  const length = sequence.parts.reduce((common, tensor) => {
    const own = tensor.dims[0] as Dim;
    if (own.size === common.size) return better(common, own);
    const hint = 'all parts of a sequence have the same number of steps';
    throw new DiagnosticError(shapesMustAgree(callee, 'one number of steps', shapeAt(first, range), shapeAt(tensor, range), hint));
  }, first.dims[0] as Dim);
  return { sequence, length };
}

const expected = 'a record `(state: …, output: …)`, or `(state: …)`';

/** What the step returned: its fields `state` and `output`. Throws E0470. */
function readResult(result: Meaning, range: SourceRange): { readonly state: Meaning; readonly output: Meaning | undefined } {
  const fields = result.kind === 'record' ? result.fields : undefined;
  const state = fields?.get('state');
  const others = [...(fields?.keys() ?? [])].filter((name) => name !== 'state' && name !== 'output');
  if (state === undefined || others.length > 0) {
    const names = [...(fields?.keys() ?? [])].map((name) => `\`${name}\``).join(', ');
    throw new DiagnosticError(badStep('scan', expected, fields === undefined ? describe(result) : `a record of ${names}`, range));
  }
  return { state, output: fields?.get('output') };
}

export const scan: Builtin = {
  name: 'scan',
  category: 'sequence',
  summary:
    'Runs `step(state, item)` along the leading axis of a sequence, each on the state that the one before returned: a record of `state`, the last one, and `output`, what the steps returned as output, stacked: [steps, ...].',
  parameters: [
    functionParameter('step', 'step(state, item), which returns `(state: …, output: …)`; its weights are shared by all steps'),
    anyParameter('from', 'first state: a tensor, a record of them, or a learner'),
    anyParameter('over', 'the sequence [steps, ...], a record of several, or a list of items of one form, such as learners'),
    booleanParameter('reverse', 'from the last item to the first', false),
  ],
  apply(context, values) {
    const at = values.rangeOf('step');
    const start = takeApart(context, values.any('from'), values.rangeOf('from'));
    const { sequence: over, length } = readSequences(context, 'scan', values, 'over');
    let outputs: Structure | undefined;
    const { last, outputs: stacked } = context.recur({
      length,
      reverse: values.boolean('reverse'),
      carries: start.leaves.map((leaf) => ({ ...leaf, range: values.rangeOf('from') })),
      sequences: over.parts,
      range: at,
      step: (carries, slices) => {
        const result = readResult(context.call(values.any('step'), [start.rebuild(carries), over.item(slices)], at), at);
        outputs = result.output === undefined ? undefined : takeApart(context, result.output, at);
        return {
          next: inOrder(start, takeApart(context, result.state, at), at, values.rangeOf('from')),
          outputs: (outputs?.leaves ?? []).map(({ tensor }) => tensor),
        };
      },
    });
    const fields = new Map<string, Meaning>([['state', start.rebuild(last)]]);
    if (outputs !== undefined) fields.set('output', outputs.rebuild(stacked));
    return { kind: 'record', fields };
  },
};

export const map: Builtin = {
  name: 'map',
  category: 'sequence',
  summary:
    'What `f` makes of each item along the leading axis of a sequence, stacked: [items, ...]. A recurrence without a state; `f` is traced once, so its weights are shared.',
  parameters: [
    anyParameter('x', 'the sequence [items, ...], a record of several, or a list of items of one form, such as learners'),
    functionParameter('f', 'f(item)'),
  ],
  apply(context, values) {
    const at = values.rangeOf('f');
    const { sequence, length } = readSequences(context, 'map', values, 'x');
    let made: Structure | undefined;
    const { outputs } = context.recur({
      length,
      reverse: false,
      carries: [],
      sequences: sequence.parts,
      range: at,
      step: (_, slices) => {
        made = takeApart(context, context.call(values.any('f'), [sequence.item(slices)], at), at);
        return { next: [], outputs: made.leaves.map(({ tensor }) => tensor) };
      },
    });
    return (made as Structure).rebuild(outputs);
  },
};
