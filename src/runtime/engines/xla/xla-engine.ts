/** @file The engine on XLA: StableHLO through the PJRT C API of a plugin, on NVIDIA, AMD, TPU, Apple or CPU devices. No Python at run time. */
import { LimitationError } from '../../../compiler/diagnostics/internal-error.ts';
import type { Precision } from '../../../compiler/emit/stablehlo/lowering-context.ts';
import { stableHloLowerings } from '../../../compiler/emit/stablehlo/lowerings.ts';
import type { Program } from '../../../compiler/ir/ir.ts';
import { cacheFolder } from '../../data/cache.ts';
import { DiskCache } from '../../disk-cache.ts';
import type { Availability, Engine } from '../../engine.ts';
import { threadsFor } from './pace.ts';
import type { PjrtClient } from './pjrt/client.ts';
import { describeClient } from './plugins/describe-plugins.ts';
import { type Environment, findPlugins } from './plugins/find-plugins.ts';
import type { PluginDevice } from './plugins/kinds.ts';
import { platformDevice, startFirst } from './plugins/start-plugin.ts';
import { XlaSession } from './xla-session.ts';

export interface XlaOptions {
  /** Path of a plugin; undefined: METAC_PJRT_PLUGIN, else what is found. */
  readonly plugin?: string | undefined;
  /** Undefined: the fastest that a plugin was found for. */
  readonly device?: PluginDevice | undefined;
  /** How many devices share the tasks of a step. */
  readonly devices?: number | undefined;
  /** Of matrix products and convolutions; sums are float32 always. */
  readonly precision?: Precision | undefined;
}

/** `environment`: where plugins and caches are looked for. */
export function xlaEngine(options: XlaOptions = {}, environment: Environment = process.env): Engine {
  const devices = options.devices ?? 1;
  const precision = options.precision ?? 'float32';
  const start = async (threads?: number): Promise<PjrtClient> =>
    startFirst(findPlugins(environment, options.plugin), { device: options.device, devices, threads });
  const cache = new DiskCache(cacheFolder(environment, 'xla'), 'xla', 'metac xla executable 1');
  // Starting an accelerator takes up to a second, and the answer does not change.
  let probed: Promise<Availability> | undefined;
  return {
    name: 'xla',
    floatBytes: 4,
    precision,
    probe: () => {
      probed ??= probe(start, devices);
      return probed;
    },
    unfitForAuto: () => unfitForAuto(options, environment, start),
    compile: async (program, { threads }) => {
      refuseUnknown(program);
      // Accelerators do not ask for threads.
      const client = await start(threads ?? (devices === 1 ? threadsFor(program) : undefined));
      return new XlaSession(client, program, { precision, devices, cache });
    },
  };
}

/** A call may fill a fourth of an accelerator; XLA needs room beside what is counted, and the data set lies there too. */
function chunkBytesOf(client: PjrtClient): number | undefined {
  const [device] = client.devices;
  if (device === undefined || platformDevice(client.platform) === 'cpu') return undefined;
  return (client.memoryOf(device)?.bytesLimit ?? UNKNOWN_MEMORY) / 4;
}

/** Of an accelerator that does not say. */
const UNKNOWN_MEMORY = 8 * 2 ** 30;

function refuseUnknown(program: Program): void {
  const entries = program.functions.filter(({ name }) => name !== 'initialize');
  const unknown = new Set(
    entries.flatMap(({ body }) => body.nodes.map(({ op }) => op).filter((op) => !Object.hasOwn(stableHloLowerings, op))),
  );
  if (unknown.size === 0) return;
  const names = [...unknown].map((name) => `'${name}'`).join(', ');
  throw new LimitationError(`StableHLO has no ${names}: the program must be differentiated and batched before it runs on xla`);
}

async function probe(start: () => Promise<PjrtClient>, devices: number): Promise<Availability> {
  try {
    const client = await start();
    try {
      return { available: true, detail: `${describeClient(client, devices)}, ${client.library.path}`, chunkBytes: chunkBytesOf(client) };
    } finally {
      client.destroy();
    }
  } catch (error) {
    if (error instanceof LimitationError) return { available: false, detail: error.message };
    throw error;
  }
}

/** On a CPU other engines are as fast and need nothing installed. Starts a plugin only where an accelerator is seen or METAC_PJRT_PLUGIN is set. */
async function unfitForAuto(options: XlaOptions, environment: Environment, start: () => Promise<PjrtClient>): Promise<string | undefined> {
  if (options.plugin !== undefined) return undefined;
  if (options.device === 'cpu') return 'on a CPU other engines are as fast';
  try {
    const found = findPlugins(environment);
    const promising = found.some(({ kind }) => kind === undefined || (kind.device !== 'cpu' && kind.hardwareSeen()));
    if (!promising) return 'no accelerator with a PJRT plugin is seen';
    const client = await start();
    const onCpu = platformDevice(client.platform) === 'cpu';
    client.destroy();
    return onCpu ? 'of its plugins only one for CPUs works; `--engine xla` uses it' : undefined;
  } catch (error) {
    if (error instanceof LimitationError) return error.message;
    throw error;
  }
}
