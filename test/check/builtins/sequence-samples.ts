/** @file Samples of recurrences, recurrent cells and what else is done with sequences. */
import type { CallableMeaning, Meaning, TensorMeaning } from '../../../src/compiler/check/meaning.ts';
import { call, type FakeContext, named } from './fake-context.ts';
import type { Sample, Samples } from './sample.ts';

const sequence = [1, -2, 3, 4, 5, -6];
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** state' = tanh(state * item + item), output = state' * state. */
const step: CallableMeaning = {
  kind: 'callable',
  description: 'a function',
  name: 'step',
  parameters: ['before', 'item'],
  call(context, [before, item]) {
    const [h, x] = [before, item] as readonly [TensorMeaning, TensorMeaning];
    const { builder } = context;
    const next = builder.unary('tanh', builder.binary('add', builder.binary('multiply', h.value, x.value), x.value));
    const fields = new Map<string, Meaning>([
      ['state', context.wrap(next, h.dims, [h, x])],
      ['output', context.wrap(builder.binary('multiply', next, h.value), h.dims, [h, x])],
    ]);
    return { kind: 'record', fields };
  },
};

/** The same in numbers: states and outputs, row by row. */
function ran(rows: readonly (readonly number[])[], reverse = false): { readonly state: number[]; readonly outputs: number[][] } {
  let state = (rows[0] as readonly number[]).map(() => 0.5);
  const outputs: number[][] = [];
  for (const row of reverse ? rows.toReversed() : rows) {
    const next = state.map((h, index) => Math.tanh(h * (row[index] as number) + (row[index] as number)));
    outputs.push(next.map((value, index) => value * (state[index] as number)));
    state = next;
  }
  return { state, outputs: reverse ? outputs.toReversed() : outputs };
}

const rows = [sequence.slice(0, 2), sequence.slice(2, 4), sequence.slice(4)].map((row) => row.map((x) => x / 10));

function scanned(about: string, field: 'state' | 'output', dims: string, reverse: boolean, expected: readonly number[]): Sample {
  return {
    about,
    arguments: (context: FakeContext) => ({
      positional: [step],
      named: { from: context.input([2], [0.5, 0.5]), over: context.input([named(3, 'shots'), 2], rows.flat()), reverse },
    }),
    field,
    dims,
    expected: () => expected,
  };
}

const inputs = [0.3, -0.4, 0.5];
const state = [0.1, 0.2, -0.3, 0.4];

/** One step of an LSTM with 2 units, by its equations. */
function lstm(context: FakeContext): { readonly cell: number[]; readonly hidden: number[] } {
  const [kernel, recurrent, bias] = ['kernel', 'recurrent', 'bias'].map((name) => context.weights.get(name)) as [
    number[],
    number[],
    number[],
  ];
  const gate = (index: number): number =>
    inputs.reduce((sum, x, row) => sum + x * (kernel[row * 8 + index] as number), 0) +
    [0, 1].reduce((sum, row) => sum + (state[2 + row] as number) * (recurrent[row * 8 + index] as number), 0) +
    (bias[index] as number);
  const cell = [0, 1].map(
    (unit) => sigmoid(gate(2 + unit) + 1) * (state[unit] as number) + sigmoid(gate(unit)) * Math.tanh(gate(4 + unit)),
  );
  return { cell, hidden: cell.map((value, unit) => sigmoid(gate(6 + unit)) * Math.tanh(value)) };
}

function lstmSample(about: string, field: 'output' | 'state', dims: string, expected: Sample['expected']): Sample {
  return {
    about,
    arguments: (context) => ({ positional: [context.input([3], inputs), context.input([2, 2], state), 2] }),
    field,
    dims,
    expected,
  };
}

function ofSequence(about: string, dims: string, expected: readonly number[], options: Readonly<Record<string, number>>): Sample {
  return {
    about,
    arguments: (context) => ({ positional: [context.input([named(3, 'shots'), 2], sequence)], named: options }),
    dims,
    expected: () => expected,
  };
}

/** item -> the difference of the first and the second of two parts of a record. */
const difference: CallableMeaning = {
  kind: 'callable',
  description: 'a function',
  name: 'difference',
  parameters: ['item'],
  call(context, [item]) {
    const fields = item?.kind === 'record' ? item.fields : new Map<string, Meaning>();
    const [a, b] = [fields.get('a'), fields.get('b')] as readonly [TensorMeaning, TensorMeaning];
    return context.wrap(context.builder.binary('subtract', a.value, b.value), a.dims, [a, b]);
  },
};

function mapped(about: string, dims: string, expected: readonly number[], items: (context: FakeContext) => Meaning): Sample {
  return { about, arguments: (context) => ({ positional: [items(context), difference] }), dims, expected: () => expected };
}

const pair = (a: TensorMeaning, b: TensorMeaning): Meaning => ({
  kind: 'record',
  fields: new Map([
    ['a', a],
    ['b', b],
  ]),
});

export const sequenceSamples: Samples = {
  map: [
    mapped('over a record of sequences', '[shots = 3, 2]', [0, -4, 0, 3, 6, -7], (context) =>
      pair(context.input([named(3, 'shots'), 2], sequence), context.input([named(3, 'shots'), 2], [1, 2, 3, 1, -1, 1])),
    ),
    mapped('over a list of records', '[2]', [-3, 7], (context) => ({
      kind: 'list',
      items: [pair(context.input([], [1]), context.input([], [4])), pair(context.input([], [5]), context.input([], [-2]))],
    })),
  ],
  scan: [
    scanned('its last state', 'state', '[2]', false, ran(rows).state),
    scanned('what its steps put out', 'output', '[shots = 3, 2]', false, ran(rows).outputs.flat()),
    scanned('from the last to the first', 'output', '[shots = 3, 2]', true, ran(rows, true).outputs.flat()),
  ],
  lstm_cell: [
    lstmSample('output', 'output', '[2]', (context) => lstm(context).hidden),
    lstmSample('state', 'state', '[2, 2]', (context) => [...lstm(context).cell, ...lstm(context).hidden]),
    {
      about: 'of several rows at once',
      arguments: (context) => ({
        positional: [
          context.input([2, 3], [...inputs, ...inputs]),
          context.input([2, 2, 2], [0.1, 0.2, 0.1, 0.2, -0.3, 0.4, -0.3, 0.4]),
          2,
        ],
      }),
      field: 'output',
      dims: '[2, 2]',
      expected: (context) => [...lstm(context).hidden, ...lstm(context).hidden],
    },
  ],
  embedding: [
    {
      about: 'of class numbers',
      arguments: (context) => ({ positional: [context.labels([2, 0, 2], 3), 3, 2] }),
      dims: '[3, 2]',
      expected: (context) => [2, 0, 2].flatMap((row) => (context.weights.get('table') as number[]).slice(2 * row, 2 * row + 2)),
    },
    {
      about: 'numbers outside take the nearest vector',
      arguments: (context) => ({ positional: [context.labels([-1, 7], undefined), 3, 2] }),
      dims: '[2, 2]',
      expected: (context) => [0, 2].flatMap((row) => (context.weights.get('table') as number[]).slice(2 * row, 2 * row + 2)),
    },
  ],
  shift: [
    ofSequence('by one', '[shots = 3, 2]', [0, 0, 1, -2, 3, 4], {}),
    ofSequence('by two', '[shots = 3, 2]', [0, 0, 0, 0, 1, -2], { by: 2 }),
    ofSequence('to earlier places', '[shots = 3, 2]', [3, 4, 5, -6, 0, 0], { by: -1 }),
    ofSequence('by more than there are', '[shots = 3, 2]', [0, 0, 0, 0, 0, 0], { by: 7 }),
    ofSequence('by nothing', '[shots = 3, 2]', sequence, { by: 0 }),
  ],
  pad: [
    ofSequence('before and after', '[6, 2]', [0, 0, ...sequence, 0, 0, 0, 0], { before: 1, after: 2 }),
    ofSequence('with nothing', '[3, 2]', sequence, {}),
  ],
  circular_convolution: [
    {
      about: 'three weights',
      arguments: (context) => ({ positional: [context.input([4], [1, 2, 3, 4]), context.input([3], [0.5, 0.2, 0.3])] }),
      dims: '[4]',
      // Weight 0 moves everything one place back, weight 2 one place on.
      expected: () => [0, 1, 2, 3].map((i) => 0.5 * (((i + 1) % 4) + 1) + 0.2 * (i + 1) + 0.3 * (((i + 3) % 4) + 1)),
    },
    {
      about: 'one weight stays in place',
      arguments: (context) => ({ positional: [context.input([2], [1, 2]), context.input([1], [3])] }),
      dims: '[2]',
      expected: () => [3, 6],
    },
  ],
  instance: [
    {
      about: 'the second of each class',
      arguments: (context) => ({ positional: [context.input([5, 1], [10, 11, 12, 13, 14]), context.labels([1, 0, 1, 0, 1], 2), 2] }),
      dims: '[ways = 2, 1]',
      expected: () => [13, 12],
    },
    {
      about: 'zeros where a class has too few',
      arguments: (context) => ({ positional: [context.input([5, 1], [10, 11, 12, 13, 14]), context.labels([1, 0, 1, 0, 1], 2), 3] }),
      dims: '[ways = 2, 1]',
      expected: () => [0, 14],
    },
  ],
};

/** A shuffled tensor: items in the order of the draws. */
export function shuffled(context: FakeContext, values: readonly number[]): Meaning {
  const distribution = call(context, 'shuffle', [context.input([values.length], values)]);
  if (distribution.kind !== 'distribution') throw new Error('no distribution');
  return distribution.sample(context, [], { start: 0, end: 1 });
}
