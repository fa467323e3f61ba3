/** @file One outer step: the mean over tasks of the loss and its gradient, then the optimiser; whole, or in chunks. */
import type { Model, ModelTrain } from '../check/model.ts';
import { FunctionBuilder } from '../ir/build.ts';
import type { EntryFunction, Func, Result, StateDeclaration, Value } from '../ir/ir.ts';
import { sizeOf, tensorType } from '../ir/tensor-type.ts';
import { EntryBuilder } from './entry.ts';
import { updateWeights } from './lower-optimiser.ts';
import { reportResult, slotState, stepState, trainedWeights } from './train-names.ts';

/** The optimiser keeps one flat vector per slot over all the weights that it trains: few operations, however many weights. */
export function optimiserStates(model: Model, block: ModelTrain): readonly StateDeclaration[] {
  const size = trainedWeights(model, block).reduce((total, weight) => total + sizeOf(weight.type.shape), 0);
  return block.optimiser.slots.map((slot) => ({ name: slotState(block, slot), type: tensorType('float', [size]), initial: 0 }));
}

interface Accumulated {
  readonly name: string;
  /** What is accumulated: the gradient of a weight, a metric, or a new value of a state. */
  readonly of: string;
  readonly kind: 'gradient' | 'metric' | 'state';
  readonly shape: readonly number[];
}

/** Sums over the tasks of a step, in the order of `taskSums`. */
function accumulated(model: Model, block: ModelTrain): readonly Accumulated[] {
  const named = (kind: Accumulated['kind'], of: string, shape: readonly number[]): Accumulated => ({
    name: `accumulator.${block.name}.${kind}.${of}`,
    of,
    kind,
    shape,
  });
  return [
    named('metric', 'loss', []),
    ...block.reports.map((report) => named('metric', reportResult(model, report, ['loss']), [])),
    ...block.task.updatedStates.map((state) => named('state', state, model.states.find((one) => one.name === state)?.type.shape ?? [])),
    ...trainedWeights(model, block).map((weight) => named('gradient', weight.name, weight.type.shape)),
  ];
}

export function accumulatorsOf(model: Model, block: ModelTrain): readonly StateDeclaration[] {
  return accumulated(model, block).map(({ name, shape }) => ({ name, type: tensorType('float', shape), initial: 0 }));
}

/** Sums over the tasks of one call: metrics, states, gradients of the (signed) loss. A step that leaves places of its last call over says which. */
function taskSums(model: Model, block: ModelTrain, entry: EntryBuilder, tasks: number): readonly Value[] {
  const { operands, mapped } = entry.arguments(model, block.task);
  const leftOver = block.batch % tasks !== 0;
  const live = leftOver ? [entry.input({ kind: 'live', name: `${block.name}.live`, type: tensorType('float', [tasks]) })] : [];
  const body = differentiatedTask(model, block, leftOver);
  const { builder } = entry;
  builder.source = block.range;
  const attributes = { body, mapped: [...mapped, ...live.map(() => true)], tasks };
  return builder.apply('map_tasks', [...operands, ...live], attributes).map((value) => builder.sum(value, [0]));
}

/** One task: the traced body inside a `gradient` node with respect to the trained weights. With `weighted`, a last parameter is the task's weight. */
function differentiatedTask(model: Model, block: ModelTrain, weighted: boolean): Func {
  const { task } = block;
  const builder = new FunctionBuilder();
  builder.source = block.range;
  const parameters = task.body.parameters.map(({ name, value }) => builder.parameter(name, value.type));
  const weights = trainedWeights(model, block);
  const wrt = weights.map((weight) => task.body.parameters.findIndex((parameter) => parameter.name === weight.name));
  const signed = block.maximize ? negatedLoss(task.body) : task.body;
  const live = weighted ? builder.parameter('live', tensorType('float', [])) : undefined;
  const body = live === undefined ? signed : weightedResults(signed);
  const results = builder.apply('gradient', live === undefined ? parameters : [...parameters, live], { body, wrt });
  const names = [...accumulated(model, block).map((one) => one.name)];
  return builder.finish(
    results.map((value, index): Result => {
      // The metric shown is the goal as written, also where it is maximised.
      const shown = index === 0 && block.maximize ? builder.unary('negate', value) : value;
      return { name: names[index] as string, value: shown };
    }),
  );
}

function negatedLoss(body: Func): Func {
  const builder = new FunctionBuilder();
  const values = builder.inline(
    body,
    body.parameters.map(({ name, value }) => builder.parameter(name, value.type)),
  );
  return builder.finish(
    body.results.map(({ name }, index) => ({
      name,
      value: index === 0 ? builder.unary('negate', values[0] as Value) : (values[index] as Value),
    })),
  );
}

/** Every result times a last parameter: its derivatives then are, too. */
function weightedResults(body: Func): Func {
  const builder = new FunctionBuilder();
  const values = builder.inline(
    body,
    body.parameters.map(({ name, value }) => builder.parameter(name, value.type)),
  );
  const weight = builder.parameter('live', tensorType('float', []));
  return builder.finish(
    body.results.map(({ name }, index) => {
      const value = values[index] as Value;
      return { name, value: builder.binary('multiply', value, builder.broadcast(weight, value.type.shape, [])) };
    }),
  );
}

/** From sums over the whole batch to the results of the step. */
function finishStep(model: Model, block: ModelTrain, entry: EntryBuilder, sums: readonly Value[]): Result[] {
  const { builder } = entry;
  const items = accumulated(model, block);
  const mean = (sum: Value): Value => (block.batch === 1 ? sum : builder.scale('multiply', sum, 1 / block.batch));
  const results: Result[] = [];
  items.forEach((item, index) => {
    if (item.kind !== 'gradient') results.push({ name: item.of, value: mean(sums[index] as Value) });
  });
  const gradients = sums.filter((_, index) => items[index]?.kind === 'gradient');
  const step = entry.step();
  const next = builder.scale('add', step, 1);
  results.push({ name: stepState(block), value: next });
  results.push(...updateWeights(model, block, entry, gradients, mean, step, next));
  return results;
}

export function stepEntry(model: Model, block: ModelTrain): EntryFunction {
  const entry = new EntryBuilder(block.batch, stepState(block));
  return entry.finish(`${block.name}.outer_step`, finishStep(model, block, entry, taskSums(model, block, entry, block.batch)));
}

/** Adds one chunk's sums to the accumulators. */
export function accumulateEntry(model: Model, block: ModelTrain, chunk: number): EntryFunction {
  const entry = new EntryBuilder(chunk, stepState(block));
  const sums = taskSums(model, block, entry, chunk);
  const results = accumulated(model, block).map(({ name, shape }, index): Result => {
    const before = entry.resident(name, tensorType('float', shape));
    return { name, value: entry.builder.binary('add', before, sums[index] as Value) };
  });
  return entry.finish(`${block.name}.accumulate`, results);
}

/** Uses and empties the accumulators. */
export function applyEntry(model: Model, block: ModelTrain): EntryFunction {
  const entry = new EntryBuilder(0, stepState(block));
  const items = accumulated(model, block);
  const sums = items.map(({ name, shape }) => entry.resident(name, tensorType('float', shape)));
  const results = finishStep(model, block, entry, sums);
  const emptied = items.map(({ name, shape }): Result => ({ name, value: entry.builder.constant(0, shape) }));
  return entry.finish(`${block.name}.apply`, [...results, ...emptied]);
}
