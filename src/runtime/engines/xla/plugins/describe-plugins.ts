/** @file What `metac engines` says of each PJRT plugin that was found: whether it starts, its version, its devices and their memory. */
import { LimitationError } from '../../../../compiler/diagnostics/internal-error.ts';
import type { PjrtClient } from '../pjrt/client.ts';
import { loadForeign } from '../pjrt/foreign.ts';
import type { FoundPlugin } from './find-plugins.ts';
import { startPlugin } from './start-plugin.ts';

export interface PluginDescription {
  readonly name: string;
  readonly path: string;
  readonly available: boolean;
  readonly detail: string;
}

/** Starts each plugin whose hardware is seen, one after the other. */
export async function describePlugins(found: readonly FoundPlugin[]): Promise<PluginDescription[]> {
  const descriptions: PluginDescription[] = [];
  for (const plugin of found) {
    const { path, kind } = plugin;
    const name = kind?.name ?? plugin.place;
    if (kind !== undefined && !kind.hardwareSeen()) {
      descriptions.push({ name, path, available: false, detail: `not started: no ${kind.device} device is seen` });
    } else descriptions.push({ name, path, ...(await started(plugin)) });
  }
  return descriptions;
}

async function started(plugin: FoundPlugin): Promise<{ readonly available: boolean; readonly detail: string }> {
  try {
    const client = await startPlugin(await loadForeign(), plugin, { device: undefined, devices: undefined });
    try {
      return { available: true, detail: describeClient(client, client.devices.length) };
    } finally {
      client.destroy();
    }
  } catch (error) {
    if (error instanceof LimitationError) return { available: false, detail: error.message };
    throw error;
  }
}

/** `cuda 12080, 2 x NVIDIA H200, 139.7 GiB each, PJRT API 0.90`: the first `devices` devices. */
export function describeClient(client: PjrtClient, devices: number): string {
  const { platform, platformVersion, library } = client;
  const used = client.devices.slice(0, devices);
  const kinds = [...new Set(used.map(({ kind }) => kind))].join(', ');
  const first = used[0];
  const memory = first === undefined ? undefined : client.memoryOf(first)?.bytesLimit;
  const version = platformVersion.split('\n').join(' ').trim();
  return [
    version === '' || version === platform ? platform : `${platform} ${version}`,
    `${used.length} x ${kinds}`,
    ...(memory === undefined ? [] : [`${(memory / 2 ** 30).toFixed(1)} GiB each`]),
    `PJRT API ${library.apiVersion}`,
  ].join(', ');
}
