/** @file What runs in the page of tfjs-wasm.test.ts: compiles a spec and trains it. Bundled for the browser by the test. */
import '@tensorflow/tfjs-backend-cpu';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { compile, InMemoryRun, type TensorFlow, tfjsEngine } from '../../src/tfjs.ts';

export interface PageResult {
  readonly engine: string;
  readonly losses: readonly number[];
  readonly tensorsLeft: number;
}

/** Losses of the first `steps` steps with seed 0. */
export async function trainInPage(source: { name: string; text: string }, steps: number, wasmFolder: string): Promise<PageResult> {
  setWasmPaths(wasmFolder);
  const { program, diagnostics } = compile(source);
  if (program === undefined) throw new Error(JSON.stringify(diagnostics));
  const engine = tfjsEngine({ tf: tf as unknown as TensorFlow, backend: 'wasm' });
  const run = await InMemoryRun.start(program, { engine, seed: 0 });
  const losses: number[] = [];
  for await (const { metrics } of run.steps()) {
    losses.push(metrics.get('loss') ?? Number.NaN);
    if (losses.length === steps) break;
  }
  await run.dispose();
  return { engine: (await engine.probe()).detail, losses, tensorsLeft: tf.memory().numTensors };
}

Object.assign(globalThis, { trainInPage });
