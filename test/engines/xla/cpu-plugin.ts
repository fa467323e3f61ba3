/** @file The CPU plugin that tests of the engine xla run on: one that is found, else got from PyPI once into a folder that stays. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { LimitationError } from '../../../src/compiler/diagnostics/internal-error.ts';
import { type Environment, findPlugins } from '../../../src/runtime/engines/xla/plugins/find-plugins.ts';
import { installPlugin } from '../../../src/runtime/engines/xla/plugins/install-plugin.ts';

/** The path, or why there is none. */
export type CpuPlugin = { readonly path: string } | { readonly missing: string };

const FOLDER = fileURLToPath(new URL('../../../node_modules/.cache/metac-test', import.meta.url));
const LOCK = join(FOLDER, 'installing');
const FAILURE = join(FOLDER, 'failure.txt');
/** Milliseconds for a download of 63 MB, and for which a failed one is not tried again. */
const PATIENCE = 120_000;

/** What the engine looks at in tests: plugins and executables in a folder of the tests' own. */
export const TEST_ENVIRONMENT: Environment = { ...process.env, METAC_CACHE: FOLDER };

/** Says on the console when tests are going to be skipped. */
export async function cpuPlugin(): Promise<CpuPlugin> {
  const plugin = await found();
  if ('missing' in plugin) console.warn(`SKIPPED: tests of the engine xla need a PJRT plugin for CPUs, and ${plugin.missing}`);
  return plugin;
}

async function found(): Promise<CpuPlugin> {
  for (const deadline = Date.now() + PATIENCE; Date.now() < deadline; await setTimeout(200)) {
    const plugin = findPlugins(TEST_ENVIRONMENT).find(({ kind }) => kind === undefined || kind.device === 'cpu');
    if (plugin !== undefined) return { path: plugin.path };
    const failure = recentFailure();
    if (failure !== undefined) return { missing: failure };
    mkdirSync(FOLDER, { recursive: true });
    // Test files run in several processes: one installs, the others wait.
    if (!tryLock()) continue;
    try {
      return { path: (await installPlugin('xla-cpu', TEST_ENVIRONMENT, { timeout: PATIENCE })).path };
    } catch (error) {
      if (!(error instanceof LimitationError)) throw error;
      writeFileSync(FAILURE, JSON.stringify({ time: Date.now(), reason: error.message }));
      return { missing: error.message };
    } finally {
      rmSync(LOCK, { recursive: true, force: true });
    }
  }
  rmSync(LOCK, { recursive: true, force: true });
  return { missing: 'another process took too long to install one' };
}

function tryLock(): boolean {
  try {
    mkdirSync(LOCK);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

function recentFailure(): string | undefined {
  if (!existsSync(FAILURE)) return undefined;
  const { time, reason } = JSON.parse(readFileSync(FAILURE, 'utf8')) as { readonly time: number; readonly reason: string };
  return Date.now() - time < PATIENCE ? reason : undefined;
}
