/** @file The engines that metac has, and the choice between them. */
import { LimitationError } from './compiler/diagnostics/internal-error.ts';
import type { Engine } from './runtime/engine.ts';
import { onnxEngine } from './runtime/engines/onnx/onnx-engine.ts';
import { referenceEngine } from './runtime/engines/reference/reference-engine.ts';

export type EngineName = 'onnx' | 'reference';

/** Fastest first: `auto` takes the first that works. */
export function engines(): readonly Engine[] {
  return [onnxEngine(), referenceEngine()];
}

export interface EngineChoice {
  readonly engine: Engine;
  /** One line: which, and why not a faster one. */
  readonly why: string;
}

/** Throws LimitationError when the engine asked for does not work here. */
export async function chooseEngine(name: EngineName | 'auto'): Promise<EngineChoice> {
  const refused: string[] = [];
  for (const engine of engines()) {
    if (name !== 'auto' && engine.name !== name) continue;
    const { available, detail } = await engine.probe();
    if (available) return { engine, why: [`engine ${engine.name}: ${detail}`, ...refused].join('; ') };
    refused.push(`${engine.name} does not work here: ${detail}`);
  }
  throw new LimitationError(refused.join('; '));
}

/** A word of the command line; whatever is not an engine's name means `auto`. */
export function engineNamed(name: string | undefined): EngineName | 'auto' {
  return name === 'onnx' || name === 'reference' ? name : 'auto';
}
