/** @file Finds a TensorFlow.js in Node: the native packages first, then the core with the WASM backend, then plain JavaScript. */
import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import util from 'node:util';
import { LimitationError } from '../../../compiler/diagnostics/internal-error.ts';
import type { Engine } from '../../engine.ts';
import type { TensorFlow } from './tensorflow.ts';
import { injectedTfjsEngine, type LoadedTensorFlow, tfjsEngineOf } from './tfjs-engine.ts';

export interface TfjsOptions {
  /** A TensorFlow.js that is loaded already; default: the best package that is installed. */
  readonly tf?: TensorFlow;
  /** `tensorflow` (tfjs-node and tfjs-node-gpu), `wasm` or `cpu`; default the fastest. */
  readonly backend?: string;
  /** The file or folder from which packages are looked for; default metac's own place. */
  readonly from?: string;
}

/** The engine `tfjs` for Node. Nothing is loaded before it is used. */
export function tfjsEngine({ tf, backend, from }: TfjsOptions = {}): Engine {
  if (tf !== undefined) return injectedTfjsEngine(backend === undefined ? { tf } : { tf, backend });
  const loadOnce = once(() => loadTensorFlow(backend, from));
  return { ...tfjsEngineOf(loadOnce, backend), unfitForAuto: () => unfitForAuto(new Packages(from), loadOnce) };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** On a CPU the other engines are faster: `auto` takes TensorFlow.js only for a GPU that tfjs-node-gpu sees. */
async function unfitForAuto(packages: Packages, load: () => Promise<LoadedTensorFlow>): Promise<string | undefined> {
  if (!packages.has(GPU)) return `${GPU} is not installed`;
  const { tf, origin } = await load();
  const backend = tf.findBackend('tensorflow') as { readonly isUsingGpuDevice?: boolean } | null;
  return backend?.isUsingGpuDevice === true ? undefined : `${origin} sees no GPU`;
}

const GPU = '@tensorflow/tfjs-node-gpu';
const NATIVE = [GPU, '@tensorflow/tfjs-node'] as const;
const CORE = '@tensorflow/tfjs-core';
const WASM = '@tensorflow/tfjs-backend-wasm';
const CPU = '@tensorflow/tfjs-backend-cpu';

async function loadTensorFlow(backend: string | undefined, from: string | undefined): Promise<LoadedTensorFlow> {
  const packages = new Packages(from);
  const refused: string[] = [];
  if (backend === undefined || backend === 'tensorflow') {
    restoreUtilities();
    for (const name of NATIVE) {
      const loaded = await packages.load(name);
      if (typeof loaded !== 'string') return { tf: loaded as TensorFlow, origin: packages.describe(name, refused) };
      refused.push(loaded);
    }
  }
  const core = await packages.load(CORE);
  if (typeof core === 'string') throw notInstalled([...refused, core]);
  const parts: string[] = [];
  for (const name of [WASM, CPU]) {
    const part = await packages.load(name);
    if (typeof part === 'string') refused.push(part);
    else {
      parts.push(name);
      if (name === WASM) (part as WasmBackend).setWasmPaths(`${packages.folderOf(name)}${sep}`);
    }
  }
  if (parts.length === 0) throw notInstalled(refused);
  return { tf: core as TensorFlow, origin: packages.describe(CORE, refused) };
}

interface WasmBackend {
  setWasmPaths(prefix: string): void;
}

/** npm packages as seen from a place. */
class Packages {
  readonly #require: NodeJS.Require;

  constructor(from: string | undefined) {
    this.#require = createRequire(from === undefined ? import.meta.url : pathToFileURL(join(from, 'package.json')));
  }

  /** What the package exports, or why it cannot be had. */
  async load(name: string): Promise<unknown> {
    try {
      const loaded = (await import(pathToFileURL(this.#require.resolve(name)).href)) as { readonly default?: unknown };
      return loaded.default ?? loaded;
    } catch (error) {
      const message = error instanceof Error ? (error.message.split('\n')[0] as string) : String(error);
      const missing = (error as { readonly code?: unknown }).code === 'MODULE_NOT_FOUND' && message.includes(`'${name}'`);
      return missing ? `${name} is not installed` : `${name} does not load: ${message}`;
    }
  }

  has(name: string): boolean {
    try {
      this.#require.resolve(name);
      return true;
    } catch (error) {
      if ((error as { readonly code?: unknown }).code === 'MODULE_NOT_FOUND') return false;
      throw error;
    }
  }

  folderOf(name: string): string {
    return dirname(this.#require.resolve(name));
  }

  describe(name: string, refused: readonly string[]): string {
    const { version } = this.#require(`${name}/package.json`) as { readonly version: string };
    return [`${name} ${version}`, ...(refused.length === 0 ? [] : [`(${refused.join('; ')})`])].join(' ');
  }
}

function notInstalled(refused: readonly string[]): LimitationError {
  return new LimitationError(
    `${refused.join('; ')}. Install TensorFlow.js with: npm install ${CORE}@4.22.0 ${WASM}@4.22.0, or, faster where its library can be had, npm install @tensorflow/tfjs-node@4.22.0`,
  );
}

/** tfjs-node 4.22 calls two functions of `util` that Node 23 has removed. */
function restoreUtilities(): void {
  const legacy = util as { isNullOrUndefined?: (value: unknown) => boolean; isArray?: (value: unknown) => boolean };
  legacy.isNullOrUndefined ??= (value) => value === null || value === undefined;
  legacy.isArray ??= Array.isArray;
}
