/** @file `scan`: a recurrence over the leading axis of a sequence. */
import { badStep, notASequence } from '../../diagnostics/catalogue/recurrences.ts';
import { shapesMustAgree } from '../../diagnostics/catalogue/shapes.ts';
import { DiagnosticError } from '../../diagnostics/diagnostic.ts';
import type { SourceRange } from '../../ir/ir.ts';
import type { Arguments, Builtin } from '../builtin.ts';
import { describe } from '../describe.ts';
import type { Context, Dim, Meaning } from '../meaning.ts';
import { inOrder, type Structure, takeApart } from '../structure.ts';
import { shapeAt } from './checks.ts';
import { better } from './dimensions.ts';
import { anyParameter, booleanParameter, functionParameter } from './parameters.ts';

/** The sequences, and how many steps they have. Throws E0473 and E0404. */
function readSequences(context: Context, values: Arguments): { readonly structure: Structure; readonly length: Dim } {
  const range = values.rangeOf('over');
  const structure = takeApart(context, values.any('over'), range);
  const [first] = structure.leaves;
  const scalar = structure.leaves.find(({ tensor }) => tensor.dims.length === 0 || tensor.dims[0]?.size === 0);
  if (first === undefined || scalar !== undefined)
    throw new DiagnosticError(notASequence('scan', describe(scalar?.tensor ?? values.any('over')), range));
  const length = structure.leaves.reduce((common, { tensor }) => {
    const own = tensor.dims[0] as Dim;
    if (own.size === common.size) return better(common, own);
    const hint = 'all parts of a sequence have the same number of steps';
    throw new DiagnosticError(shapesMustAgree('scan', 'one number of steps', shapeAt(first.tensor, range), shapeAt(tensor, range), hint));
  }, first.tensor.dims[0] as Dim);
  return { structure, length };
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
    anyParameter('over', 'the sequence [steps, ...], or a record of several'),
    booleanParameter('reverse', 'from the last item to the first', false),
  ],
  apply(context, values) {
    const at = values.rangeOf('step');
    const start = takeApart(context, values.any('from'), values.rangeOf('from'));
    const { structure: over, length } = readSequences(context, values);
    let outputs: Structure | undefined;
    const { last, outputs: stacked } = context.recur({
      length,
      reverse: values.boolean('reverse'),
      carries: start.leaves.map((leaf) => ({ ...leaf, range: values.rangeOf('from') })),
      sequences: over.leaves.map(({ tensor }) => tensor),
      range: at,
      step: (carries, slices) => {
        const result = readResult(context.call(values.any('step'), [start.rebuild(carries), over.rebuild(slices)], at), at);
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
