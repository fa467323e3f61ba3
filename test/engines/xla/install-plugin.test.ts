/** @file `metac engines install` with a python3 that does what the test says: whole or not at all, and why not. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LimitationError } from '../../../src/compiler/diagnostics/internal-error.ts';
import { findPlugins } from '../../../src/runtime/engines/xla/plugins/find-plugins.ts';
import { installPlugin } from '../../../src/runtime/engines/xla/plugins/install-plugin.ts';

let home = '';

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'metac-install-'));
  mkdirSync(join(home, 'bin'));
});
afterEach(() => rmSync(home, { recursive: true }));

/** The environment of a python3 that runs `script`, which finds pip's target folder in $target. */
function python(script: string) {
  const path = join(home, 'bin/python3');
  writeFileSync(path, `#!/bin/sh\necho "$@" > "${home}/words"\nwhile [ "$1" != --target ]; do shift; done\ntarget="$2"\n${script}\n`);
  chmodSync(path, 0o755);
  return environment(`${join(home, 'bin')}:/bin:/usr/bin`);
}

const environment = (path: string) => ({ HOME: home, METAC_CACHE: join(home, 'cache'), PATH: path });
const LIBRARY = 'lammps_jax_pjrt_cpu/pjrt_c_api_cpu_plugin.so';
const WORKS = `mkdir -p "$target/lammps_jax_pjrt_cpu"; echo new > "$target/${LIBRARY}"; echo Successfully installed`;

test('what pip got is found afterwards, in place of what was there', async () => {
  const folder = join(home, 'cache/pjrt/xla-cpu');
  mkdirSync(join(folder, 'lammps_jax_pjrt_cpu'), { recursive: true });
  writeFileSync(join(folder, LIBRARY), 'old');
  const printed: string[] = [];
  const plugin = await installPlugin('xla-cpu', python(WORKS), { progress: (text) => printed.push(text) });
  expect(plugin.path).toBe(join(folder, LIBRARY));
  expect(readFileSync(plugin.path, 'utf8')).toBe('new\n');
  expect(printed.join('')).toBe('Successfully installed\n');
  expect(findPlugins(environment(''))[0]?.path).toBe(plugin.path);
  expect(readFileSync(join(home, 'words'), 'utf8')).toMatch(/^-m pip install .*--no-deps lammps-jax-pjrt-cpu$/m);
});

test('CUDA comes with its libraries', async () => {
  await installPlugin('xla-cuda12', python('mkdir -p "$target/jax_plugins"'));
  const words = readFileSync(join(home, 'words'), 'utf8');
  expect(words).toMatch(/ jax-cuda12-plugin\[with-cuda\]$/m);
  expect(words).not.toContain('--no-deps');
});

test.each([
  ['no pip', 'echo "/usr/bin/python3: No module named pip" >&2; exit 1', 'which this python3 lacks'],
  [
    'no network',
    'echo "WARNING: Retrying ... Temporary failure in name resolution"; echo "ERROR: No matching distribution found for x"; exit 1',
    'pip could not get lammps-jax-pjrt-cpu: ERROR: No matching distribution found for x',
  ],
  ['no wheel', 'echo "ERROR: No matching distribution found for x"; exit 1', 'PyPI has no lammps-jax-pjrt-cpu for this machine'],
  ['a pip that hangs', 'sleep 20', 'pip took too long'],
  ['a full disk', 'mkdir -p "$target"; echo "ERROR: [Errno 28] No space left on device"; exit 1', 'No space left on device'],
])('%s: says why, what else can be done, and leaves what was there', async (_, script, message) => {
  const kept = await installPlugin('xla-cpu', python(WORKS));
  const failing = installPlugin('xla-cpu', python(script), { timeout: 500 });
  await expect(failing).rejects.toThrow(LimitationError);
  await expect(failing).rejects.toThrow(message);
  await expect(failing).rejects.toThrow('--plugin');
  expect(existsSync(kept.path)).toBe(true);
  expect(readdirSync(join(home, 'cache/pjrt'))).toEqual(['xla-cpu']);
});

test('no Python', async () => {
  await expect(installPlugin('xla-cpu', environment(join(home, 'empty')))).rejects.toThrow('there is no python3 here');
});

test('a plugin that metac does not install', async () => {
  await expect(installPlugin('xla-metal', environment(''))).rejects.toThrow('there are xla-cuda13, xla-cuda12, xla-cpu');
});
