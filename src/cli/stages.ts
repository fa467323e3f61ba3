/**
 * @file The stages that `compile --stage` takes, in the order of the pipeline, and what else it can be told. A leaf, so that the declarations
 * load without the compiler.
 */
import type { Precision, Target } from '../compiler/emit/stablehlo/lowering-context.ts';
import type { Stage } from '../compiler/print-stage.ts';

export const STAGES: readonly Stage[] = ['ast', 'model', 'ir', 'differentiated', 'batched', 'optimized', 'onnx', 'stablehlo'];

export const TARGETS: readonly Target[] = ['cpu', 'gpu', 'tpu'];

export const PRECISIONS: readonly Precision[] = ['float32', 'tf32', 'bf16'];
