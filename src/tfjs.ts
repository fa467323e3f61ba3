/**
 * @file The library for a browser: the compiler, the engine on a TensorFlow.js that the page has loaded, and training in memory. Nothing of
 * Node is in it (scripts/build.mjs refuses). `import { compile, InMemoryRun, tfjsEngine } from 'metac/tfjs'`.
 */
export * from './compiler/index.ts';
export type { Availability, Engine, EngineOptions, Session, Tensors } from './runtime/engine.ts';
export { BACKENDS, type BackendName } from './runtime/engines/tfjs/capabilities.ts';
export type { TensorFlow } from './runtime/engines/tfjs/tensorflow.ts';
export { type InjectedOptions, injectedTfjsEngine as tfjsEngine } from './runtime/engines/tfjs/tfjs-engine.ts';
export { InputSampler, type SamplerContext } from './runtime/episodes/sampler.ts';
export { type CompletedStep, type InMemoryOptions, InMemoryRun } from './runtime/run/in-memory-run.ts';
export { initialState, initialWeights } from './runtime/run/initialize.ts';
export type { Report } from './runtime/run/reports.ts';
export type { Tensor, TensorData } from './runtime/tensor.ts';
