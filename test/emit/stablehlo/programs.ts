/** @file Small programs for tests of the emitter: a step that uses every kind of parameter, and a block whose tasks come in chunks. */
import { FunctionBuilder } from '../../../src/compiler/ir/build.ts';
import type { EntryFunction, Program } from '../../../src/compiler/ir/ir.ts';
import { tensorType } from '../../../src/compiler/ir/tensor-type.ts';

const vector = tensorType('float', [3]);
const scalar = tensorType('float', []);

function program(functions: readonly EntryFunction[], state: readonly string[], train: Program['train'] = []): Program {
  return {
    format: 'metac-ir',
    version: 1,
    name: 'small program',
    weights: [{ name: 'weight', type: vector }],
    state: state.map((name) => ({ name, type: name === 'count' ? scalar : vector, initial: 0 })),
    sources: [],
    functions,
    train,
    evaluate: undefined,
    protocol: {},
  };
}

/** weight += draw * (a row of the data set); the metric is the sum of the new weight. `unused` is used by nothing, `slope` is only read. */
export function stepProgram(): { readonly program: Program; readonly entry: EntryFunction } {
  const builder = new FunctionBuilder();
  builder.parameter('unused', vector);
  const draw = builder.parameter('draw', vector);
  const weight = builder.parameter('weight', vector);
  const slope = builder.parameter('slope', vector);
  const images = builder.parameter('images', tensorType('uint8', [5, 3]));
  const row = builder.parameter('row', tensorType('int', []));
  const picked = builder.emit('convert', [builder.emit('gather', [images, row], { axis: 0, batchDims: 0 })], { dtype: 'float' });
  const moved = builder.binary('multiply', builder.binary('multiply', draw, picked), slope);
  const next = builder.binary('add', weight, moved);
  const body = builder.finish([
    { name: 'total', value: builder.sum(next, [0]) },
    { name: 'weight', value: next },
    { name: 'last', value: moved },
  ]);
  const entry: EntryFunction = {
    name: 'train.outer_step',
    body,
    tasks: 1,
    inputs: [
      { kind: 'draw', name: 'draw', type: vector, distribution: 'normal', stream: 'draw', perTask: true, tasks: undefined },
      { kind: 'data', name: 'images', type: tensorType('uint8', [5, 3]), tasks: 'images' },
      { kind: 'examples', name: 'row', type: tensorType('int', []), tasks: 'images', episode: 'images', part: 'support' },
    ],
  };
  return { program: program([entry], ['slope', 'last']), entry };
}

/** `accumulate` adds a draw to an accumulator; `apply` moves the weight by it and empties it. */
export function chunkedProgram(): { readonly program: Program; readonly accumulate: EntryFunction; readonly apply: EntryFunction } {
  const adding = new FunctionBuilder();
  const draw = adding.parameter('draw', vector);
  const before = adding.parameter('accumulator.weight', vector);
  const accumulate: EntryFunction = {
    name: 'train.accumulate',
    body: adding.finish([{ name: 'accumulator.weight', value: adding.binary('add', before, draw) }]),
    tasks: 1,
    inputs: [{ kind: 'draw', name: 'draw', type: vector, distribution: 'normal', stream: 'draw', perTask: true, tasks: undefined }],
  };
  const applying = new FunctionBuilder();
  const weight = applying.parameter('weight', vector);
  const sum = applying.parameter('accumulator.weight', vector);
  const apply: EntryFunction = {
    name: 'train.apply',
    body: applying.finish([
      { name: 'weight', value: applying.binary('subtract', weight, sum) },
      { name: 'accumulator.weight', value: applying.constant(0, [3]) },
    ]),
    tasks: 0,
    inputs: [],
  };
  const train = {
    name: 'train',
    batch: 4,
    steps: 10,
    step: undefined,
    accumulate: accumulate.name,
    apply: apply.name,
    episodeShapes: [],
    metrics: [],
    validate: undefined,
  };
  return { program: program([accumulate, apply], ['accumulator.weight'], [train]), accumulate, apply };
}
