/** @file The stages that `compile --stage` takes, in the order of the pipeline. A leaf, so that the declarations load without the compiler. */
import type { Stage } from '../compiler/print-stage.ts';

export const STAGES: readonly Stage[] = ['ast', 'model', 'ir', 'differentiated', 'batched', 'optimized', 'onnx', 'stablehlo'];
