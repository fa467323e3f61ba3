/** @file Runs the bundled command line as a process of its own, as a person or a script would. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface BuiltCommand {
  /** The file to start Node with. */
  readonly starter: string;
  /** Its METAC_CACHE. */
  readonly cache: string;
  /** Runs to the end. */
  run(words: readonly string[], options?: { readonly cwd?: string; readonly input?: string }): Outcome;
  /** Starts and returns the process. */
  start(words: readonly string[], cwd: string): ReturnType<typeof spawn>;
  remove(): void;
}

export interface Outcome {
  readonly status: number | null;
  readonly out: string;
  readonly error: string;
}

/** Bundles the sources as they are now, beside dist/, which other processes may be using. */
export function buildCommand(name: string): BuiltCommand {
  const folder = join(root, 'node_modules', '.cache', `metac-test-${name}-${process.pid}`);
  const build = spawnSync(process.execPath, [join(root, 'scripts/build.mjs'), '--no-types', '--outdir', folder], { encoding: 'utf8' });
  if (build.status !== 0 || !existsSync(folder)) throw new Error(`the build failed: ${build.stderr}`);
  const starter = join(folder, 'start.mjs');
  writeFileSync(
    starter,
    `const { start } = await import(${JSON.stringify(pathToFileURL(join(folder, 'cli.js')).href)});\nawait start(process.argv.slice(2));\n`,
  );
  const cache = join(folder, 'cache');
  const environment = { ...process.env, NO_COLOR: '1', METAC_CACHE: cache };
  return {
    starter,
    cache,
    run: (words, { cwd = root, input = '' } = {}) => {
      const { status, stdout, stderr } = spawnSync(process.execPath, [starter, ...words], {
        cwd,
        input,
        env: environment,
        encoding: 'utf8',
      });
      return { status, out: stdout, error: stderr };
    },
    start: (words, cwd) => spawn(process.execPath, [starter, ...words], { cwd, env: environment, stdio: ['ignore', 'pipe', 'pipe'] }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
