/** @file Layers for recurrent models: the LSTM cell, and embeddings of numbers. */
import { wrongRank } from '../../diagnostics/catalogue/shapes.ts';
import { DiagnosticError } from '../../diagnostics/diagnostic.ts';
import type { Value } from '../../ir/ir.ts';
import type { Builtin } from '../builtin.ts';
import { dim, printDims } from '../dims.ts';
import type { Dim, Meaning } from '../meaning.ts';
import { requireRank, shapeAt } from './checks.ts';
import { shapeOf } from './dimensions.ts';
import { initialParameter, readInitialiser } from './initialisers.ts';
import { alignRight, asFloat } from './numeric.ts';
import { countParameter, numberParameter, tensorParameter } from './parameters.ts';

const zeros = { distribution: 'constant', offset: 0, scale: 0 } as const;

const lstmCell: Builtin = {
  name: 'lstm_cell',
  category: 'layer',
  summary:
    'One step of a long short-term memory (Hochreiter and Schmidhuber 1997, with forget gate): [..., in] and a state [2, ..., units] -> `output` [..., units] and `state`; weights `kernel` [in, 4*units], `recurrent` [units, 4*units], `bias`.',
  parameters: [
    tensorParameter('x', 'input [..., in]'),
    tensorParameter('state', 'cell and last output [2, ..., units]; `zeros([2, units])` at first'),
    countParameter('units', 'number of outputs'),
    numberParameter('forget_bias', 'added to the bias of the forget gate, which starts open (Jozefowicz et al. 2015)', { default: 1 }),
    initialParameter('lecun'),
  ],
  apply(context, values) {
    const { builder } = context;
    requireRank('lstm_cell', values, 'x', 1, 'at least one axis: [..., in]');
    const [x, state] = [values.tensor('x'), values.tensor('state')];
    const units = dim(values.number('units'));
    const outer = x.dims.slice(0, -1);
    const dims = [...outer, units];
    const expected = [dim(2), ...dims];
    if (shapeOf(state.dims).join() !== shapeOf(expected).join()) {
      const hint = 'the state has the cell and the last output, each as large as the output: start with `zeros([2, units])`';
      throw new DiagnosticError(wrongRank('lstm_cell', printDims(expected), shapeAt(state, values.rangeOf('state')), hint));
    }
    const inputs = x.dims.at(-1) ?? dim(1);
    const gates = dim(4 * units.size);
    const kernel = context.weight('kernel', [inputs, gates], readInitialiser('lstm_cell', values, inputs.size, units.size));
    const recurrent = context.weight('recurrent', [units, gates], readInitialiser('lstm_cell', values, units.size, units.size));
    const bias = context.weight('bias', [gates], zeros);
    const part = (value: Value, axis: number, index: number, size: number): Value => {
      const { shape } = value.type;
      const slice = builder.emit('slice', [value], {
        start: shape.map((_, at) => (at === axis ? index * size : 0)),
        limit: shape.map((whole, at) => (at === axis ? (index + 1) * size : whole)),
        strides: shape.map(() => 1),
      });
      return slice;
    };
    const before = asFloat(builder, state.value);
    const [cell, hidden] = [0, 1].map((index) => builder.reshape(part(before, 0, index, 1), shapeOf(dims))) as [Value, Value];
    const last = outer.length;
    const product = (left: Value, right: Value): Value =>
      builder.emit('dot_general', [left, right], { lhsBatch: [], rhsBatch: [], lhsContract: [last], rhsContract: [0] });
    const sum = builder.binary('add', product(asFloat(builder, x.value), kernel.value), product(hidden, recurrent.value));
    const all = builder.binary('add', sum, alignRight(builder, bias.value, sum.type.shape));
    const gate = (index: number): Value => part(all, last, index, units.size);
    const forget = builder.unary('logistic', builder.scale('add', gate(1), values.number('forget_bias')));
    const write = builder.binary('multiply', builder.unary('logistic', gate(0)), builder.unary('tanh', gate(2)));
    const next = builder.binary('add', builder.binary('multiply', forget, cell), write);
    const output = builder.binary('multiply', builder.unary('logistic', gate(3)), builder.unary('tanh', next));
    const rows = [next, output].map((value) => builder.reshape(value, [1, ...shapeOf(dims)]));
    const from = [x, state, kernel, recurrent, bias];
    return {
      kind: 'record',
      fields: new Map<string, Meaning>([
        ['output', context.wrap(output, dims, from)],
        ['state', context.wrap(builder.emit('concatenate', rows, { dimension: 0 }), expected, from)],
      ]),
    };
  },
};

const embedding: Builtin = {
  name: 'embedding',
  category: 'layer',
  summary: 'A vector for each number from 0 to count - 1: [...] -> [..., units]; weight `table` [count, units].',
  parameters: [
    tensorParameter('x', 'whole numbers [...], such as class numbers'),
    countParameter('count', 'how many numbers there are'),
    countParameter('units', 'length of a vector'),
    initialParameter('lecun'),
  ],
  apply(context, values) {
    const { builder } = context;
    const x = values.tensor('x');
    const [count, units] = [dim(values.number('count')), dim(values.number('units'))];
    const table = context.weight('table', [count, units], readInitialiser('embedding', values, 1, units.size));
    const whole =
      x.value.type.dtype === 'int'
        ? x.value
        : builder.emit('convert', [builder.unary('floor', asFloat(builder, x.value))], { dtype: 'int' });
    const shape = shapeOf(x.dims);
    const flat = builder.reshape(whole, [shape.reduce((product, size) => product * size, 1)]);
    const last = builder.constant(count.size - 1, flat.type.shape, 'int');
    // Numbers outside of the table have no vector: they take that of the nearest number.
    const inside = builder.binary('maximum', builder.binary('minimum', flat, last), builder.zerosLike(flat));
    const rows = builder.emit('gather', [table.value, inside], { axis: 0, batchDims: 0 });
    const dims: Dim[] = [...x.dims, units];
    return context.wrap(builder.reshape(rows, shapeOf(dims)), dims, [x, table]);
  },
};

export const cellBuiltins: readonly Builtin[] = [lstmCell, embedding];
