/** @file The compiler as a library, for any JavaScript host: no file system, no clock, no native package. */
export type { Model, ModelAdaptation, ModelWeight, Setting } from './check/model.ts';
export { type Compilation, type CompileOptions, checkSource, compile, type PassReport, type ProgramStage } from './compile.ts';
export { type Diagnostic, DiagnosticError, type RelatedPlace, type Severity } from './diagnostics/diagnostic.ts';
export { InternalError, LimitationError } from './diagnostics/internal-error.ts';
export { type RenderOptions, renderDiagnostic, renderDiagnostics } from './diagnostics/render.ts';
export { type Position, positionOf, type SourceFile } from './diagnostics/source-file.ts';
export { emitOnnx, outputName } from './emit/onnx/emit.ts';
export { type EmitStableHloOptions, emitStableHlo, type StableHloModule } from './emit/stablehlo/emit.ts';
export { type EmitLoopOptions, emitStableHloLoop } from './emit/stablehlo/emit-loop.ts';
export type { EntryFunction, EvaluatePlan, Func, Program, SourceRange, TrainPlan } from './ir/ir.ts';
export { hashProgram, serializeProgram } from './ir/serialize.ts';
export type { DType, TensorType } from './ir/tensor-type.ts';
export {
  type EmittedStage,
  printProgramStage,
  printStage,
  type StableHloTextOptions,
  type Stage,
  StageRecorder,
  type StageText,
} from './print-stage.ts';
