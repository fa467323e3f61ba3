/**
 * @file Lowers a checked Model to a Program: entry functions that map one task's work over a chunk of tasks, take the outer
 * gradient, average it and update weights and state. `gradient` and `map_tasks` nodes remain for the next stages.
 */
import type { Model, ModelTrain, ModelValidate } from '../check/model.ts';
import type { EntryFunction, EvaluatePlan, Program, StateDeclaration, TrainPlan, ValidatePlan } from '../ir/ir.ts';
import { tensorType } from '../ir/tensor-type.ts';
import { evaluateEntry } from './lower-evaluate.ts';
import { initializeEntry } from './lower-initialize.ts';
import { accumulateEntry, accumulatorsOf, applyEntry, optimiserStates, stepEntry } from './lower-train.ts';
import { reportResult, stepState } from './train-names.ts';

export interface LowerOptions {
  /** Tasks per call; limited to each block's own number of tasks. */
  readonly chunk: number;
  /** The same for validation and evaluation; as `chunk` unless told. */
  readonly reportChunk?: number;
  /** Spread the tasks of a step evenly over as few calls as `chunk` allows, for processors or devices that share them: with places left over if need be. */
  readonly spread?: boolean;
}

export function lower(model: Model, options: LowerOptions): Program {
  const functions: EntryFunction[] = [initializeEntry(model)];
  const state: StateDeclaration[] = model.states.map(({ name, type, initial }) => ({ name, type, initial }));
  const train: TrainPlan[] = [];
  for (const block of model.train) {
    state.push({ name: stepState(block), type: tensorType('float', []), initial: 0 }, ...optimiserStates(model, block));
    const chunk = tasksPerCall(block.batch, options.chunk, options.spread === true);
    const whole = chunk === block.batch;
    if (whole) functions.push(stepEntry(model, block));
    else {
      state.push(...accumulatorsOf(model, block));
      functions.push(accumulateEntry(model, block, chunk), applyEntry(model, block));
    }
    train.push({
      name: block.name,
      batch: block.batch,
      steps: block.steps,
      step: whole ? `${block.name}.outer_step` : undefined,
      accumulate: whole ? undefined : `${block.name}.accumulate`,
      apply: whole ? undefined : `${block.name}.apply`,
      episodeShapes: block.task.episodes,
      metrics: ['loss', ...block.reports.map((report) => reportResult(model, report, ['loss']))],
      validate: block.validate === undefined ? undefined : validatePlan(model, block, block.validate, options, functions),
    });
  }
  return {
    format: 'metac-ir',
    version: 1,
    name: model.name,
    weights: model.weights.map(({ name, type }) => ({ name, type })),
    state,
    sources: model.sources,
    functions,
    train,
    evaluate: evaluatePlan(model, options, functions),
    protocol: Object.fromEntries([
      ...model.protocol,
      ...model.adaptations.map((one) => [
        `adapt ${one.name}`,
        `${one.steps} step${one.steps === 1 ? '' : 's'} of ${one.optimiser}, ${one.order}`,
      ]),
    ]),
  };
}

function validatePlan(
  model: Model,
  block: ModelTrain,
  validate: ModelValidate,
  options: LowerOptions,
  functions: EntryFunction[],
): ValidatePlan {
  const entry = `${block.name}.validate`;
  functions.push(
    evaluateEntry(
      model,
      validate.task,
      validate.reports,
      entry,
      Math.min(options.reportChunk ?? options.chunk, validate.episodes),
      stepState(block),
    ),
  );
  const keep = validate.keep === undefined ? undefined : { ...validate.keep, metric: reportResult(model, validate.keep.metric) };
  return { every: validate.every, episodes: validate.episodes, entry, episodeShapes: validate.task.episodes, keep };
}

function evaluatePlan(model: Model, options: LowerOptions, functions: EntryFunction[]): EvaluatePlan | undefined {
  const { evaluate } = model;
  if (evaluate === undefined) return undefined;
  const first = model.train[0];
  functions.push(
    evaluateEntry(
      model,
      evaluate.task,
      evaluate.reports,
      'evaluate',
      Math.min(options.reportChunk ?? options.chunk, evaluate.episodes),
      first === undefined ? undefined : stepState(first),
    ),
  );
  return {
    episodes: evaluate.episodes,
    entry: 'evaluate',
    episodeShapes: evaluate.task.episodes,
    reports: evaluate.reports.map((label) => ({ label, result: reportResult(model, label) })),
  };
}

/**
 * Tasks of each call of a step, at most `chunk`: the largest divisor of `batch` where one is larger than half of `chunk`; else, and with `spread`, the
 * tasks are spread evenly over the fewest calls, the last of which may have places left over.
 */
export function tasksPerCall(batch: number, chunk: number, spread: boolean): number {
  const most = Math.min(batch, Math.max(1, chunk));
  if (!spread) for (let size = most; 2 * size > most; size--) if (batch % size === 0) return size;
  return Math.ceil(batch / Math.ceil(batch / most));
}
