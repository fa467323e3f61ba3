/** @file The engines that metac has, and the choice between them. */
import { LimitationError } from './compiler/diagnostics/internal-error.ts';
import type { Engine } from './runtime/engine.ts';
import { onnxEngine } from './runtime/engines/onnx/onnx-engine.ts';
import { referenceEngine } from './runtime/engines/reference/reference-engine.ts';
import { type XlaOptions, xlaEngine } from './runtime/engines/xla/xla-engine.ts';

/** Fastest first: `auto` takes the first that works and finds itself fit. */
const NAMES = ['xla', 'onnx', 'reference'] as const;

export type EngineName = (typeof NAMES)[number];

/** What the user asked of whichever engine runs. */
export type EngineRequest = XlaOptions;

export function engines(request: EngineRequest = {}): readonly Engine[] {
  return NAMES.map((name) => engineOf(name, request));
}

function engineOf(name: EngineName, request: EngineRequest): Engine {
  switch (name) {
    case 'xla':
      return xlaEngine(request);
    case 'onnx':
      return onnxEngine();
    case 'reference':
      return referenceEngine();
  }
}

export interface EngineChoice {
  readonly name: EngineName;
  readonly engine: Engine;
  /** One line: which, and why not a faster one. */
  readonly why: string;
}

/** Throws LimitationError when the engine asked for does not work here, or not as `request` says. */
export async function chooseEngine(asked: EngineName | 'auto', request: EngineRequest = {}): Promise<EngineChoice> {
  const only = onlyXla(request);
  if (only !== undefined && asked !== 'xla' && asked !== 'auto')
    throw new LimitationError(`--${only} is for the engine xla, not for ${asked}`);
  const wanted = only === undefined ? asked : 'xla';
  const refused: string[] = [];
  for (const name of NAMES.filter((known) => wanted === 'auto' || known === wanted)) {
    const engine = engineOf(name, request);
    const unfit = wanted === 'auto' ? await engine.unfitForAuto?.() : undefined;
    if (unfit !== undefined) {
      refused.push(`not ${engine.name}: ${unfit}`);
      continue;
    }
    const { available, detail } = await engine.probe();
    if (available) return { name, engine, why: [`engine ${engine.name}: ${detail}`, ...refused].join('; ') };
    refused.push(`${engine.name} does not work here: ${detail}`);
  }
  throw new LimitationError(refused.join('; '));
}

/** The first option given that only the engine xla has. */
function onlyXla({ plugin, device, devices, precision }: EngineRequest): string | undefined {
  if (plugin !== undefined) return 'plugin';
  if (devices !== undefined && devices > 1) return 'devices';
  if (precision !== undefined && precision !== 'float32') return 'precision';
  return device === undefined || device === 'cpu' ? undefined : 'device';
}

/** A word of the command line; whatever is not an engine's name means `auto`. */
export function engineNamed(name: string | undefined): EngineName | 'auto' {
  return NAMES.find((known) => known === name) ?? 'auto';
}
