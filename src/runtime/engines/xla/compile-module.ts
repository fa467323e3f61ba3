/** @file A module's executable: from the cache where it is, else compiled and kept. */
import { statSync } from 'node:fs';
import { cpus } from 'node:os';
import { cacheKey, type DiskCache } from '../../disk-cache.ts';
import type { PjrtClient } from './pjrt/client.ts';
import { type CompileOptions, encodeCompileOptions } from './pjrt/compile-options.ts';
import { explained, PjrtError } from './pjrt/errors.ts';
import { LoadedExecutable } from './pjrt/executable.ts';

/** `what`: what the text is, for messages. `cache` undefined: always compiles. */
export async function compileModule(
  client: PjrtClient,
  what: string,
  text: string,
  options: CompileOptions,
  cache: DiskCache | undefined,
): Promise<LoadedExecutable> {
  const encoded = encodeCompileOptions(options);
  const key = cacheKey([text, encoded, fingerprint(client)]);
  const kept = cache?.read(key);
  if (kept !== undefined) {
    const loaded = await loadKept(client, kept);
    if (loaded !== undefined) return loaded;
    cache?.remove(key);
  }
  return explained(`compiling ${what}`, async () => {
    const executable = await LoadedExecutable.compile(client, text, encoded);
    const bytes = cache === undefined ? undefined : serialized(executable);
    if (bytes !== undefined) cache?.write(key, bytes);
    return executable;
  });
}

async function loadKept(client: PjrtClient, bytes: Uint8Array): Promise<LoadedExecutable | undefined> {
  try {
    return await LoadedExecutable.load(client, bytes);
  } catch (error) {
    // The plugin does not want it, for a reason that the key does not hold. Compiling again gives one that it wants, or the true error.
    if (error instanceof PjrtError) return undefined;
    throw error;
  }
}

function serialized(executable: LoadedExecutable): Uint8Array | undefined {
  try {
    return executable.serialize();
  } catch (error) {
    // Some plugins cannot: then every start compiles.
    if (error instanceof PjrtError) return undefined;
    throw error;
  }
}

/** Everything besides text and options that decides whether an executable can run here: the plugin and what it is told, its devices, the processor. */
function fingerprint(client: PjrtClient): string {
  const { path, apiVersion } = client.library;
  const { size, mtimeMs } = statSync(path);
  const devices = client.devices.map(({ id, kind }) => `${id} ${kind}`);
  const processor = cpus()[0]?.model ?? '';
  const flags = process.env.XLA_FLAGS ?? '';
  return JSON.stringify([
    flags,
    path,
    size,
    mtimeMs,
    apiVersion,
    client.platform,
    client.platformVersion,
    devices,
    processor,
    process.arch,
  ]);
}
