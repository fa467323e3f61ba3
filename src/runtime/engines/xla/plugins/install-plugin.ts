/** @file Gets a PJRT plugin from PyPI with the user's own pip, into metac's cache folder: whole or not at all. */
import { spawn } from 'node:child_process';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { LimitationError } from '../../../../compiler/diagnostics/internal-error.ts';
import { type Environment, type FoundPlugin, installFolder } from './find-plugins.ts';
import { INSTALLABLE, PLUGIN_KINDS } from './kinds.ts';

export interface InstallOptions {
  /** What pip prints, as it comes. */
  readonly progress?: (text: string) => void;
  /** Milliseconds; pip is stopped after them. */
  readonly timeout?: number;
}

/** CUDA's libraries are gigabytes. */
const TIMEOUT = 60 * 60 * 1000;

/** Replaces an older one. Throws LimitationError without Python, pip, network, or a wheel for this machine. */
export async function installPlugin(name: string, environment: Environment, options: InstallOptions = {}): Promise<FoundPlugin> {
  const kind = PLUGIN_KINDS.find((candidate) => candidate.name === name);
  if (kind?.requirements === undefined) {
    throw new LimitationError(`there is no plugin \`${name}\` to install; there are ${INSTALLABLE.join(', ')}`);
  }
  const { packages, dependencies } = kind.requirements;
  const target = installFolder(environment, name);
  const fresh = `${target}.${process.pid}.tmp`;
  mkdirSync(dirname(target), { recursive: true });
  const words = [
    '-m',
    'pip',
    'install',
    '--target',
    fresh,
    '--only-binary=:all:',
    '--no-input',
    '--disable-pip-version-check',
    '--no-compile',
  ];
  try {
    const run = await runPython([...words, ...(dependencies ? [] : ['--no-deps']), ...packages], environment, options);
    if (run.status !== 0) throw new LimitationError(explain(name, packages, run));
    rmSync(target, { recursive: true, force: true });
    renameSync(fresh, target);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return { path: join(target, kind.file), place: target, kind };
}

interface PipRun {
  /** `none`: there is no python3. */
  readonly status: number | 'none' | 'too long';
  readonly output: string;
}

function runPython(words: readonly string[], environment: Environment, { progress, timeout = TIMEOUT }: InstallOptions): Promise<PipRun> {
  return new Promise((resolve, reject) => {
    const child = spawn('python3', words, {
      env: { ...environment, PIP_ROOT_USER_ACTION: 'ignore' },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout,
    });
    let output = '';
    const take = (text: Buffer): void => {
      output = `${output}${text.toString()}`.slice(-20_000);
      progress?.(text.toString());
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') resolve({ status: 'none', output });
      else reject(error);
    });
    // Stopped, it may leave children that still hold the pipes: `close` would wait for them.
    child.on('exit', (status) => {
      if (status !== null) return;
      child.stdout.destroy();
      child.stderr.destroy();
      resolve({ status: 'too long', output });
    });
    child.on('close', (status) => resolve({ status: status ?? 'too long', output }));
  });
}

function explain(name: string, packages: readonly string[], { status, output }: PipRun): string {
  const byHand = `Or get ${packages.join(' ')} elsewhere and name its .so with --plugin`;
  if (status === 'none') return `${name} is installed with pip, but there is no python3 here. Install Python 3 with pip. ${byHand}`;
  if (status === 'too long') return `pip took too long to get ${packages.join(' ')} and was stopped. Try again. ${byHand}`;
  if (/No module named '?"?pip/.test(output)) {
    return `${name} is installed with pip, which this python3 lacks. Install it (Debian: apt install python3-pip; else python3 -m ensurepip). ${byHand}`;
  }
  const errors = output.split('\n').filter((line) => /error/i.test(line));
  const last = (errors.length > 0 ? errors : output.trim().split('\n')).slice(-2).join(' ').trim();
  if (/No matching distribution/.test(output) && !/Connection|Temporary failure|Network|retrying/i.test(output)) {
    return `PyPI has no ${packages.join(' ')} for this machine (${process.platform} ${process.arch}) and this Python: ${last}. ${byHand}`;
  }
  return `pip could not get ${packages.join(' ')}: ${last}. ${byHand}`;
}
