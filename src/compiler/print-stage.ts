/** @file Any stage of a compilation as text: `metac compile --stage` prints it and the golden tests compare it. */
import { printModel } from './check/print-model.ts';
import { type CompileOptions, checkSource, compile, type ProgramStage } from './compile.ts';
import type { Diagnostic } from './diagnostics/diagnostic.ts';
import type { SourceFile } from './diagnostics/source-file.ts';
import { onnxGraph } from './emit/onnx/emit.ts';
import { printOnnx } from './emit/onnx/print.ts';
import { emitStableHlo } from './emit/stablehlo/emit.ts';
import type { Precision, Target } from './emit/stablehlo/lowering-context.ts';
import type { EntryFunction, Program } from './ir/ir.ts';
import { printProgram } from './ir/print.ts';
import { withDataRows } from './lower/data-rows.ts';
import { parse } from './parse/parse.ts';
import { printAst } from './parse/print-ast.ts';

/** In the order of the pipeline. */
export type Stage = 'ast' | 'model' | ProgramStage | EmittedStage;

/** What engines are given: an optimised program in another language. */
export type EmittedStage = 'onnx' | 'stablehlo';

export interface StageText {
  readonly diagnostics: readonly Diagnostic[];
  /** Undefined when the spec has errors. Ends with a newline. */
  readonly text: string | undefined;
}

/** Never throws for any text of a spec; errors in it are diagnostics. */
export function printStage(source: SourceFile, stage: Stage, options: CompileOptions = {}): StageText {
  if (stage === 'ast') {
    const { file, diagnostics } = parse(source);
    const failed = diagnostics.some((diagnostic) => diagnostic.severity === 'error');
    return { diagnostics, text: failed ? undefined : printAst(file) };
  }
  if (stage === 'model') {
    const { model, diagnostics } = checkSource(source, options);
    return { diagnostics, text: model === undefined ? undefined : printModel(withDataRows(model, options.rows ?? new Map())) };
  }
  const recorder = new StageRecorder(stage);
  const compilation = compile(source, { ...options, observe: recorder.observe });
  const program = recorder.programAfter(compilation.program);
  return { diagnostics: compilation.diagnostics, text: program === undefined ? undefined : printProgramStage(program, stage) };
}

/** @param stableHlo for the stage `stablehlo` */
export function printProgramStage(program: Program, stage: ProgramStage | EmittedStage, stableHlo: StableHloTextOptions = {}): string {
  if (!isEmitted(stage)) return printProgram(program);
  return program.functions
    .map((entry) => (stage === 'onnx' ? printOnnx(onnxGraph(entry)) : stableHloText(entry, program, stableHlo)).trimEnd())
    .join('\n\n')
    .concat('\n');
}

export interface StableHloTextOptions {
  /** `cpu` if not given. */
  readonly target?: Target;
  /** `float32` if not given. */
  readonly precision?: Precision;
}

/** One call of `entry` as the engine on XLA runs it on such a device. */
export function stableHloText(
  entry: EntryFunction,
  program: Program,
  { target = 'cpu', precision = 'float32' }: StableHloTextOptions = {},
): string {
  return emitStableHlo(entry, program, { target, precision }).text;
}

export function isEmitted(stage: Stage): stage is EmittedStage {
  return stage === 'onnx' || stage === 'stablehlo';
}

/** Keeps the program as it is after one stage of a compilation: `observe` goes into the compiler's options. */
export class StageRecorder {
  readonly #stage: ProgramStage | EmittedStage;
  #seen: Program | undefined;

  constructor(stage: ProgramStage | EmittedStage) {
    this.#stage = stage;
  }

  readonly observe = (stage: ProgramStage, program: Program): void => {
    if (stage === this.#stage) this.#seen = program;
  };

  /** What leaves the compiler has lost its unused inputs since the last stage was observed, so that stage is `compiled` itself. */
  programAfter(compiled: Program | undefined): Program | undefined {
    return this.#stage === 'optimized' || isEmitted(this.#stage) || compiled === undefined ? compiled : this.#seen;
  }
}
