/** @file NVIDIA's libraries beside a CUDA plugin, as pip lays them out. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { PjrtClient } from '../../../src/runtime/engines/xla/pjrt/client.ts';
import { cudaOverrides, nvidiaLibraries } from '../../../src/runtime/engines/xla/plugins/cuda-packages.ts';

let site = '';
beforeEach(() => {
  site = mkdtempSync(join(tmpdir(), 'metac-cuda-'));
});
afterEach(() => rmSync(site, { recursive: true }));

function file(name: string): string {
  const path = join(site, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, '');
  return path;
}

const clientOf = (path: string) => ({ library: { path } }) as PjrtClient;

test('of CUDA 12, one package each, are loaded in the order of their needs', () => {
  const plugin = file('jax_plugins/xla_cuda12/xla_cuda_plugin.so');
  const names = [
    'nvidia/cudnn/lib/libcudnn.so.9',
    'nvidia/cublas/lib/libcublas.so.12',
    'nvidia/cublas/lib/libcublasLt.so.12',
    'nvidia/cuda_runtime/lib/libcudart.so.12',
  ];
  for (const name of names) file(name);
  for (const other of ['nvidia/cudnn/lib/libcudnn_ops.so.9', 'nvidia/cublas/lib/libcublas.so.12.1', 'nvidia/cublas/include/cublas.h'])
    file(other);
  file('nvidia/cuda_nvcc/bin/ptxas');
  expect(nvidiaLibraries(plugin)).toEqual([3, 2, 1, 0].map((index) => join(site, names[index] ?? '')));
  expect([...cudaOverrides(clientOf(plugin))]).toEqual([['xla_gpu_cuda_data_dir', join(site, 'nvidia/cuda_nvcc')]]);
});

test('of CUDA 13, all in one', () => {
  const plugin = file('jax_plugins/xla_cuda13/xla_cuda_plugin.so');
  const library = file('nvidia/cu13/lib/libcublas.so.13');
  expect(nvidiaLibraries(plugin)).toEqual([library]);
  expect([...cudaOverrides(clientOf(plugin))]).toEqual([['xla_gpu_cuda_data_dir', join(site, 'nvidia/cu13')]]);
});

test('without packages, the system decides', () => {
  const plugin = file('jax_plugins/xla_cuda13/xla_cuda_plugin.so');
  expect(nvidiaLibraries(plugin)).toEqual([]);
  expect(cudaOverrides(clientOf(plugin)).size).toBe(0);
});
