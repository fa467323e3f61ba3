/**
 * @file A small program for tests of the runtime: tasks have a slope, the learner w meets x * slope + noise, and gradient descent with
 * momentum minimises the mean of (w * x - y)^2, whole or in chunks. w ends near the mean slope.
 */
import { FunctionBuilder } from '../../../src/compiler/ir/build.ts';
import type { EntryFunction, InputDeclaration, Program, Value } from '../../../src/compiler/ir/ir.ts';
import { tensorType } from '../../../src/compiler/ir/tensor-type.ts';

export interface TinyOptions {
  readonly steps?: number;
  readonly batch?: number;
  readonly chunk?: number;
  readonly rate?: number;
  readonly pool?: number;
  readonly validateEvery?: number;
  readonly evaluateChunk?: number;
}

const EXAMPLES = 4;
const scalar = tensorType('float', []);

export function tinyProgram(options: TinyOptions = {}): Program {
  const { steps = 20, batch = 6, chunk = batch, rate = 0.05, pool = 0, validateEvery = 5, evaluateChunk = 4 } = options;
  const whole = chunk === batch;
  const train: EntryFunction[] = whole
    ? [stepEntry('step', batch, (builder, values) => update(builder, values, batch, rate))]
    : [stepEntry('accumulate', chunk, (builder, values) => accumulate(builder, values)), applyEntry(batch, rate)];
  return {
    format: 'metac-ir',
    version: 1,
    name: 'tiny',
    weights: [{ name: 'w', type: tensorType('float', [1]) }],
    state: [
      { name: 'momentum', type: tensorType('float', [1]), initial: 0 },
      ...(whole ? [] : ['accumulator.gradient', 'accumulator.loss'].map((name) => ({ name, type: scalar, initial: 0 }))),
    ],
    sources: [{ name: 'lines', kind: 'generated', pool }],
    functions: [initializeEntry(), ...train, evaluateEntry('validate', evaluateChunk), evaluateEntry('evaluate', evaluateChunk)],
    train: [
      {
        name: 'train',
        batch,
        steps,
        step: whole ? 'step' : undefined,
        accumulate: whole ? undefined : 'accumulate',
        apply: whole ? undefined : 'apply',
        episodeShapes: [],
        metrics: ['loss'],
        validate: { every: validateEvery, episodes: 10, entry: 'validate', episodeShapes: [], keep: { metric: 'error', best: 'lowest' } },
      },
    ],
    evaluate: { episodes: 10, entry: 'evaluate', episodeShapes: [], reports: [{ label: 'error of w', result: 'error' }] },
    protocol: { order: 'none' },
  };
}

function initializeEntry(): EntryFunction {
  const builder = new FunctionBuilder();
  const type = tensorType('float', [1]);
  const draw = builder.parameter('draw', type);
  const input: InputDeclaration = {
    kind: 'draw',
    name: 'draw',
    type,
    distribution: 'normal',
    stream: 'w',
    perTask: false,
    tasks: undefined,
  };
  return { name: 'initialize', body: builder.finish([{ name: 'w', value: draw }]), tasks: 0, inputs: [input] };
}

function drawOf(name: string, shape: readonly number[], tasks: string | undefined): InputDeclaration {
  return { kind: 'draw', name, type: tensorType('float', shape), distribution: 'uniform', stream: name, perTask: true, tasks };
}

interface TaskValues {
  readonly w: Value;
  /** [tasks] losses. */
  readonly losses: Value;
  /** Sum over the tasks of the derivative by w. */
  readonly gradient: Value;
}

function taskValues(builder: FunctionBuilder, tasks: number): { values: TaskValues; inputs: readonly InputDeclaration[] } {
  const shape = [tasks, EXAMPLES];
  const inputs = [drawOf('slope', [tasks], 'lines'), drawOf('x', shape, 'lines'), drawOf('noise', shape, undefined)];
  const [slope, x, noise] = inputs.map(({ name, type }) => builder.parameter(name, type)) as [Value, Value, Value];
  const w = builder.parameter('w', tensorType('float', [1]));
  builder.source = { start: 10, end: 20 };
  const guess = builder.broadcast(w, shape, [1]);
  const y = builder.binary('add', builder.binary('multiply', builder.broadcast(slope, shape, [0]), x), noise);
  const difference = builder.binary('subtract', builder.binary('multiply', guess, x), y);
  const losses = builder.sum(builder.binary('multiply', difference, difference), [1]);
  const gradient = builder.sum(builder.scale('multiply', builder.binary('multiply', difference, x), 2), [0, 1]);
  return { values: { w, losses, gradient }, inputs };
}

type Finish = (builder: FunctionBuilder, values: TaskValues) => { name: string; value: Value }[];

function stepEntry(name: string, tasks: number, finish: Finish): EntryFunction {
  const builder = new FunctionBuilder();
  const { values, inputs } = taskValues(builder, tasks);
  return { name, body: builder.finish(finish(builder, values)), tasks, inputs };
}

function update(
  builder: FunctionBuilder,
  { w, losses, gradient }: TaskValues,
  batch: number,
  rate: number,
): { name: string; value: Value }[] {
  return descend(builder, w, builder.sum(losses, [0]), gradient, batch, rate);
}

function descend(
  builder: FunctionBuilder,
  w: Value,
  loss: Value,
  gradient: Value,
  batch: number,
  rate: number,
): { name: string; value: Value }[] {
  const momentum = builder.parameter('momentum', tensorType('float', [1]));
  const mean = builder.reshape(builder.scale('divide', gradient, batch), [1]);
  const moved = builder.binary('add', builder.scale('multiply', momentum, 0.5), mean);
  return [
    { name: 'loss', value: builder.scale('divide', loss, batch) },
    { name: 'w', value: builder.binary('subtract', w, builder.scale('multiply', moved, rate)) },
    { name: 'momentum', value: moved },
  ];
}

function accumulate(builder: FunctionBuilder, { losses, gradient }: TaskValues): { name: string; value: Value }[] {
  const add = (name: string, value: Value): { name: string; value: Value } => ({
    name,
    value: builder.binary('add', builder.parameter(name, scalar), value),
  });
  return [add('accumulator.gradient', gradient), add('accumulator.loss', builder.sum(losses, [0]))];
}

function applyEntry(batch: number, rate: number): EntryFunction {
  const builder = new FunctionBuilder();
  const gradient = builder.parameter('accumulator.gradient', scalar);
  const loss = builder.parameter('accumulator.loss', scalar);
  const results = descend(builder, builder.parameter('w', tensorType('float', [1])), loss, gradient, batch, rate);
  const zero = builder.constant(0);
  const emptied = ['accumulator.gradient', 'accumulator.loss'].map((name) => ({ name, value: zero }));
  return { name: 'apply', body: builder.finish([...results, ...emptied]), tasks: 0, inputs: [] };
}

function evaluateEntry(name: string, tasks: number): EntryFunction {
  return stepEntry(name, tasks, (_, { losses }) => [{ name: 'error', value: losses }]);
}
