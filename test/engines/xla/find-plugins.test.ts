/** @file Where plugins are looked for, and which of them is taken. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LimitationError } from '../../../src/compiler/diagnostics/internal-error.ts';
import { findPlugins, installFolder, pythonFolders } from '../../../src/runtime/engines/xla/plugins/find-plugins.ts';

const CPU = 'lammps_jax_pjrt_cpu/pjrt_c_api_cpu_plugin.so';
const CUDA = 'jax_plugins/xla_cuda12/xla_cuda_plugin.so';
let home = '';

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'metac-plugins-'));
});
afterEach(() => rmSync(home, { recursive: true }));

function file(...parts: string[]): string {
  const path = join(home, ...parts);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, '');
  return path;
}

/** Only the folders of this test, besides the system's own. */
const environment = (more: Readonly<Record<string, string>> = {}) => ({ HOME: home, METAC_CACHE: join(home, 'cache'), PATH: '', ...more });
const ours = (found: readonly { readonly path: string }[]) => found.map(({ path }) => path).filter((path) => path.startsWith(home));

test('a virtual environment, a conda environment, the user, the cache of metac', () => {
  const user = file('.local/lib/python3.11/site-packages', CPU);
  expect(ours(findPlugins(environment()))).toEqual([user]);
  const conda = file('conda/lib/python3.12/site-packages', CPU);
  expect(ours(findPlugins(environment({ CONDA_PREFIX: join(home, 'conda') })))).toEqual([conda]);
  const virtual = file('venv/lib/python3.10/site-packages', CPU);
  expect(ours(findPlugins(environment({ CONDA_PREFIX: join(home, 'conda'), VIRTUAL_ENV: join(home, 'venv') })))).toEqual([virtual]);
  const own = file('cache/pjrt/xla-cpu', CPU);
  expect(ours(findPlugins(environment({ VIRTUAL_ENV: join(home, 'venv') })))).toEqual([own]);
  expect(installFolder(environment(), 'xla-cpu')).toBe(join(home, 'cache/pjrt/xla-cpu'));
});

test('the Python on the path, also behind a link', () => {
  file('python/bin/python3');
  const library = file('python/lib/python3.13/site-packages', CPU);
  mkdirSync(join(home, 'bin'));
  symlinkSync(join(home, 'python/bin/python3'), join(home, 'bin/python3'));
  expect(ours(findPlugins(environment({ PATH: `/nowhere::${join(home, 'bin')}` })))).toEqual([library]);
});

test('newer Pythons come first; folders that are none are passed over', () => {
  file('.local/lib/python3.9/site-packages', CPU);
  file('.local/lib/python3.12/site-packages', CPU);
  file('.local/lib/python2.7/site-packages', CPU);
  file('.local/lib64');
  const folders = pythonFolders(environment()).filter((path) => path.startsWith(home));
  expect(folders).toEqual(['3.12', '3.9'].map((version) => join(home, `.local/lib/python${version}/site-packages`)));
});

test('accelerators come before the CPU, and a folder with the name of a library is none', () => {
  const cpu = file('cache/pjrt/xla-cpu', CPU);
  const cuda = file('venv/lib/python3.12/site-packages', CUDA);
  file('venv/lib/python3.12/site-packages/jax_plugins/xla_cuda13/xla_cuda_plugin.so/not-a-library');
  const found = findPlugins(environment({ VIRTUAL_ENV: join(home, 'venv') }));
  expect(ours(found)).toEqual([cuda, cpu]);
  expect(found.map(({ kind }) => kind?.name).slice(0, 2)).toEqual(['xla-cuda12', 'xla-cpu']);
});

test('what the user names is the only one, an option before the variable', () => {
  file('cache/pjrt/xla-cpu', CPU);
  const mine = file('mine.so');
  const other = file('other.so');
  expect(findPlugins(environment({ METAC_PJRT_PLUGIN: other }), mine)).toEqual([{ path: mine, place: '--plugin', kind: undefined }]);
  expect(findPlugins(environment({ METAC_PJRT_PLUGIN: other }))).toEqual([{ path: other, place: 'METAC_PJRT_PLUGIN', kind: undefined }]);
  expect(ours(findPlugins(environment({ METAC_PJRT_PLUGIN: '' })))).toHaveLength(1);
});

test('a name that is no file is refused', () => {
  const missing = join(home, 'missing.so');
  expect(() => findPlugins(environment(), missing)).toThrow(LimitationError);
  expect(() => findPlugins(environment(), missing)).toThrow(`--plugin names ${missing}, which is no file`);
  expect(() => findPlugins(environment({ METAC_PJRT_PLUGIN: home }))).toThrow(`METAC_PJRT_PLUGIN names ${home}, which is no file`);
});
