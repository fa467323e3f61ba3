/** @file The library for Node: everything that the command line does, as typed functions. README.md has examples. */
export * from './compiler/index.ts';
export type { EngineName } from './engine-names.ts';
export { chooseEngine, type EngineChoice, engines } from './engines.ts';
export {
  type CostExplanation,
  type Explanation,
  explain,
  type PassExplanation,
  type ReachExplanation,
  type WeightExplanation,
} from './explain.ts';
export { GRADCHECK_TOLERANCE, type Gradcheck, type GradcheckOptions, gradcheck, type WeightCheck } from './gradcheck/gradcheck.ts';
export { type Prepared, type PrepareOptions, prepare } from './prepare.ts';
export { type KeptProgram, ProgramCache, programCache } from './program-cache.ts';
export type { DataOptions } from './runtime/data/load.ts';
export type { ResidentImages } from './runtime/data/resident.ts';
export type { Availability, Engine, EngineOptions, Session, Tensors } from './runtime/engine.ts';
export { type TfjsOptions, tfjsEngine } from './runtime/engines/tfjs/load-tensorflow.ts';
export { type EvaluationResult, evaluate } from './runtime/run/evaluate.ts';
export type { Listener, ProgressEvent, RunEvent, ValidationEvent } from './runtime/run/events.ts';
export { type CompletedStep, type InMemoryOptions, InMemoryRun } from './runtime/run/in-memory-run.ts';
export type { EvaluateOptions, RunOptions, TrainOptions } from './runtime/run/options.ts';
export type { Report } from './runtime/run/reports.ts';
export { RunFolder } from './runtime/run/run-folder.ts';
export type { Summary } from './runtime/run/statistics.ts';
export { type TrainOutcome, train } from './runtime/run/train.ts';
export type { Tensor, TensorData } from './runtime/tensor.ts';
