/**
 * @file NVIDIA's libraries and compiler as Python packages beside a CUDA plugin (jax-cuda12-plugin[with-cuda], jax-cuda13-plugin[with-cuda]):
 * `nvidia/cublas/lib/libcublas.so.12` and so on for CUDA 12, all in `nvidia/cu13` for CUDA 13. Where they are absent, the dynamic linker
 * looks in the system's places.
 */
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { PjrtClient } from '../pjrt/client.ts';

/** Those that the plugin opens by their names only, each after what it needs. JAX loads the same ones before the plugin. */
const LIBRARIES = [
  'libcudart',
  'libnvrtc',
  'libnvJitLink',
  'libcublasLt',
  'libcublas',
  'libnccl',
  'libcupti',
  'libcusparse',
  'libcusolver',
  'libcufft',
  'libnvshmem_host',
  'libcudnn',
] as const;

/** Paths below the plugin's site-packages folder, in the order in which they are to be loaded. */
export function nvidiaLibraries(plugin: string): string[] {
  const packages = join(sitePackagesOf(plugin), 'nvidia');
  if (!existsSync(packages)) return [];
  const files = readdirSync(packages)
    .map((name) => join(packages, name, 'lib'))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((file) => ({ file, path: join(folder, file) })));
  return LIBRARIES.flatMap((library) =>
    files.filter(({ file }) => new RegExp(`^${library}\\.so\\.\\d+$`).test(file)).map(({ path }) => path),
  );
}

/** XLA's compiler options for where CUDA's device library and ptxas lie. */
export function cudaOverrides(client: PjrtClient): ReadonlyMap<string, string> {
  const below = sitePackagesOf(client.library.path);
  const folder = ['nvidia/cu13', 'nvidia/cuda_nvcc'].map((name) => join(below, name)).find((path) => existsSync(path));
  return folder === undefined ? new Map() : new Map([['xla_gpu_cuda_data_dir', folder]]);
}

/** Of `SITE/jax_plugins/xla_cuda12/xla_cuda_plugin.so`. */
function sitePackagesOf(plugin: string): string {
  return dirname(dirname(dirname(plugin)));
}
