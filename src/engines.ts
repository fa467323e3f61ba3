/** @file The engines that metac has, and the choice between them. */
import { LimitationError } from './compiler/diagnostics/internal-error.ts';
import { DEVICES, type DeviceName, devicesOf, ENGINE_NAMES, type EngineName } from './engine-names.ts';
import type { Engine } from './runtime/engine.ts';
import { onnxEngine } from './runtime/engines/onnx/onnx-engine.ts';
import { referenceEngine } from './runtime/engines/reference/reference-engine.ts';
import { tfjsEngine } from './runtime/engines/tfjs/load-tensorflow.ts';
import { type XlaOptions, xlaEngine } from './runtime/engines/xla/xla-engine.ts';

/** What the user asked of whichever engine runs. */
export interface EngineRequest extends Omit<XlaOptions, 'device'> {
  readonly device?: DeviceName | undefined;
}

export function engines(request: EngineRequest = {}): readonly Engine[] {
  return ENGINE_NAMES.map((name) => engineOf(name, request));
}

function engineOf(name: EngineName, request: EngineRequest): Engine {
  switch (name) {
    case 'xla':
      return xlaEngine({ ...request, device: DEVICES.xla.find((device) => device === request.device) });
    case 'tfjs':
      return tfjsEngine();
    case 'onnx':
      return onnxEngine({ device: DEVICES.onnx.find((device) => device === request.device) });
    case 'reference':
      return referenceEngine();
  }
}

export interface EngineChoice {
  readonly name: EngineName;
  readonly engine: Engine;
  /** One line: which, and why not a faster one. */
  readonly why: string;
  /** Of the engine's `Availability`. */
  readonly chunkBytes: number | undefined;
  readonly processors: number | undefined;
}

/** Throws LimitationError when the engine asked for does not work here, or not as `request` says. */
export async function chooseEngine(asked: EngineName | 'auto', request: EngineRequest = {}): Promise<EngineChoice> {
  const only = onlyXla(request);
  if (only !== undefined && asked !== 'xla' && asked !== 'auto')
    throw new LimitationError(`--${only} is for the engine xla, not for ${asked}`);
  const wanted = only === undefined ? asked : 'xla';
  const { device } = request;
  if (device !== undefined && wanted !== 'auto' && !devicesOf(wanted).includes(device)) {
    const known = devicesOf(wanted);
    throw new LimitationError(
      `--device ${device} is not for the engine ${wanted}${known.length === 0 ? ', which chooses for itself' : `: it has ${known.join(', ')}`}`,
    );
  }
  const candidates = ENGINE_NAMES.filter((known) =>
    wanted === 'auto' ? device === undefined || devicesOf(known).includes(device) : known === wanted,
  );
  const refused: string[] = [];
  for (const name of candidates) {
    const engine = engineOf(name, request);
    const unfit = wanted === 'auto' ? await engine.unfitForAuto?.() : undefined;
    if (unfit !== undefined) {
      refused.push(`not ${engine.name}: ${unfit}`);
      continue;
    }
    const { available, detail, chunkBytes, processors } = await engine.probe();
    if (available) return { name, engine, why: [`engine ${engine.name}: ${detail}`, ...refused].join('; '), chunkBytes, processors };
    refused.push(`${engine.name} does not work here: ${detail}`);
  }
  throw new LimitationError(refused.join('; '));
}

/** The first option given that only the engine xla has. */
function onlyXla({ plugin, devices, precision }: EngineRequest): string | undefined {
  if (plugin !== undefined) return 'plugin';
  if (devices !== undefined && devices > 1) return 'devices';
  return precision !== undefined && precision !== 'float32' ? 'precision' : undefined;
}

/** A word of the command line; whatever is not an engine's name means `auto`. */
export function engineNamed(name: string | undefined): EngineName | 'auto' {
  return ENGINE_NAMES.find((known) => known === name) ?? 'auto';
}
