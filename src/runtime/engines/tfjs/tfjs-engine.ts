/** @file The engine on TensorFlow.js, whoever brings it: an application, a page, or load-tensorflow.ts in Node. Runs in a browser. */
import { LimitationError } from '../../../compiler/diagnostics/internal-error.ts';
import type { Availability, Engine } from '../../engine.ts';
import { type ActiveBackend, startBackend } from './active-backend.ts';
import type { TensorFlow } from './tensorflow.ts';
import { TfjsSession } from './tfjs-session.ts';

/** A TensorFlow.js with its backends registered. */
export interface LoadedTensorFlow {
  readonly tf: TensorFlow;
  /** Package and version, and why it is this one. */
  readonly origin: string;
}

/** `load` may throw LimitationError; it is called once, when the engine is first used. */
export function tfjsEngineOf(load: () => Promise<LoadedTensorFlow>, backend: string | undefined): Engine {
  let started: Promise<{ readonly active: ActiveBackend; readonly origin: string }> | undefined;
  const start = () => {
    started ??= load().then(async ({ tf, origin }) => ({ active: await startBackend(tf, backend), origin }));
    return started;
  };
  return {
    name: 'tfjs',
    floatBytes: 4,
    probe: () => probe(start),
    compile: async (program) => new TfjsSession((await start()).active, program),
  };
}

async function probe(start: () => Promise<{ readonly active: ActiveBackend; readonly origin: string }>): Promise<Availability> {
  try {
    const { active, origin } = await start();
    return { available: true, detail: `${origin}, backend ${active.name}` };
  } catch (error) {
    if (error instanceof LimitationError) return { available: false, detail: error.message };
    throw error;
  }
}

export interface InjectedOptions {
  /** `import * as tf from '@tensorflow/tfjs-core'` (or tfjs, tfjs-node), its backends imported too. */
  readonly tf: TensorFlow;
  /** `wasm`, `webgpu`, `webgl`, `cpu` or `tensorflow`; default the fastest that is registered and starts. */
  readonly backend?: string;
}

/** The engine on a TensorFlow.js that the caller has loaded. */
export function injectedTfjsEngine({ tf, backend }: InjectedOptions): Engine {
  return tfjsEngineOf(async () => ({ tf, origin: `TensorFlow.js ${tf.version_core} (given)` }), backend);
}
