/** @file From plugins that were found to a client with devices: the first that starts, with the options that its platform takes. */
import { basename } from 'node:path';
import { LimitationError } from '../../../../compiler/diagnostics/internal-error.ts';
import { type ClientOption, PjrtClient } from '../pjrt/client.ts';
import { type Foreign, loadForeign } from '../pjrt/foreign.ts';
import { PjrtLibrary } from '../pjrt/library.ts';
import { nvidiaLibraries } from './cuda-packages.ts';
import type { FoundPlugin } from './find-plugins.ts';
import { PLUGIN_KINDS, type PluginDevice } from './kinds.ts';

export interface StartOptions {
  /** Undefined: the fastest that is there. */
  readonly device: PluginDevice | undefined;
  /** How many devices the program will use; undefined: all that there are. */
  readonly devices: number | undefined;
  /** Of the CPU; undefined: one for each processor. Accelerators do not ask. */
  readonly threads?: number | undefined;
}

/** What the user does when nothing was found. */
export const HOW_TO_GET_ONE =
  'Install one with `metac engines install xla-cpu` (or xla-cuda13, xla-cuda12), or name one with --plugin or METAC_PJRT_PLUGIN';

/** Throws LimitationError with the reason for each plugin that does not start. */
export async function startFirst(found: readonly FoundPlugin[], options: StartOptions): Promise<PjrtClient> {
  const fitting = found.filter((plugin) => fits(plugin, options.device));
  if (fitting.length === 0) {
    const wanted = options.device === undefined ? '' : ` for ${options.device}`;
    throw new LimitationError(`no PJRT plugin${wanted} was found. ${HOW_TO_GET_ONE}`);
  }
  const foreign = await loadForeign();
  const refusals: string[] = [];
  for (const plugin of fitting) {
    try {
      return await startPlugin(foreign, plugin, options);
    } catch (error) {
      if (!(error instanceof LimitationError)) throw error;
      refusals.push(error.message);
    }
  }
  throw new LimitationError(refusals.join('; '));
}

function fits({ kind }: FoundPlugin, device: PluginDevice | undefined): boolean {
  // What the user named is tried, whatever it is for; the client will say.
  if (kind === undefined) return true;
  return device === undefined ? kind.hardwareSeen() : kind.device === device;
}

/** Throws LimitationError when the plugin does not start, or has too few devices or those of another platform. */
export async function startPlugin(foreign: Foreign, plugin: FoundPlugin, { device, devices, threads }: StartOptions): Promise<PjrtClient> {
  // What XLA logs at start is no news to a user of metac; who wants it sets the level.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  if (deviceOf(plugin) === 'cuda') for (const path of nvidiaLibraries(plugin.path)) foreign.preload(path);
  const library = PjrtLibrary.open(foreign, plugin.path);
  const client = await withThreads(threads, () => PjrtClient.create(library, clientOptions(deviceOf(plugin), devices)));
  const problem = unfit(client, device, devices);
  if (problem === undefined) return client;
  client.destroy();
  throw new LimitationError(`the PJRT plugin ${plugin.path} ${problem}`);
}

/** XLA's CPU client makes as many threads as the variable NPROC says (xla/pjrt/utils.cc, DefaultThreadPoolSize), and has no option for it. */
async function withThreads<T>(threads: number | undefined, start: () => Promise<T>): Promise<T> {
  if (threads === undefined) return start();
  const before = process.env.NPROC;
  process.env.NPROC = String(threads);
  try {
    return await start();
  } finally {
    if (before === undefined) delete process.env.NPROC;
    else process.env.NPROC = before;
  }
}

function unfit(client: PjrtClient, device: PluginDevice | undefined, devices: number | undefined): string | undefined {
  if (client.devices.length === 0) return 'started, but found no device';
  if (device !== undefined && platformDevice(client.platform) !== device) return `drives ${client.platform}, not ${device}`;
  if (devices !== undefined && client.devices.length < devices)
    return `has ${client.devices.length} devices, not ${devices} as --devices asks`;
  return undefined;
}

/** The word of `--device` for PJRT's name of a platform. */
export function platformDevice(platform: string): PluginDevice | undefined {
  if (platform === 'cuda' || platform === 'gpu') return 'cuda';
  return PLUGIN_KINDS.find((kind) => kind.device === platform)?.device;
}

/** Of a plugin that the user named: by the name of its file, for plugins that lie elsewhere. */
function deviceOf(plugin: FoundPlugin): PluginDevice | undefined {
  return (plugin.kind ?? PLUGIN_KINDS.find((kind) => basename(kind.file) === basename(plugin.path)))?.device;
}

function clientOptions(device: PluginDevice | undefined, devices: number | undefined): ReadonlyMap<string, ClientOption> {
  if (device === 'cpu') return new Map([['cpu_device_count', devices ?? 1]]);
  if (device !== 'cuda' && device !== 'rocm') return new Map();
  // Memory is taken when it is needed, so that other programs can use the same device; only the devices asked for are started.
  const visible = devices === undefined ? undefined : Array.from({ length: devices }, (_, index) => index);
  return new Map<string, ClientOption>([['preallocate', false], ...(visible === undefined ? [] : [['visible_devices', visible] as const])]);
}
