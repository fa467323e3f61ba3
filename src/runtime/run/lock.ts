/** @file One process writes a run: a lock file that names its holder. The lock of a process that is gone is taken over. */
import { linkSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { runLocked } from '../../compiler/diagnostics/catalogue/run.ts';
import { DiagnosticError } from '../../compiler/diagnostics/diagnostic.ts';
import { isSystemError } from '../data/read-file.ts';

const LOCK = 'run.lock';
const ATTEMPTS = 8;

/** Takes the lock of a run folder, or throws a diagnostic that names its holder. Returns what gives it back. */
export function lockRun(folder: string): () => void {
  const path = join(folder, LOCK);
  const mine = describeProcess(process.pid);
  const own = `${path}.${process.pid}`;
  writeFileSync(own, mine);
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (takeOver(own, path)) return () => rmSync(path, { force: true });
      const holder = readIfThere(path);
      if (holder === undefined) continue;
      if (isAlive(holder)) throw new DiagnosticError(runLocked(folder, holderText(holder)));
      removeStale(path, holder);
    }
  } finally {
    rmSync(own, { force: true });
  }
  throw new DiagnosticError(runLocked(folder, 'several processes that start and stop'));
}

/** A hard link appears at once and only if the name is free. */
function takeOver(own: string, path: string): boolean {
  try {
    linkSync(own, path);
    return true;
  } catch (error) {
    if (isSystemError(error) && error.code === 'EEXIST') return false;
    throw error;
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isSystemError(error) && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Moves the lock away; if another process took it meanwhile, its lock is put back. */
function removeStale(path: string, holder: string): void {
  const moved = `${path}.${process.pid}.stale`;
  try {
    renameSync(path, moved);
  } catch (error) {
    if (isSystemError(error) && error.code === 'ENOENT') return;
    throw error;
  }
  if (readFileSync(moved, 'utf8') !== holder) takeOver(moved, path);
  rmSync(moved, { force: true });
}

/** Host, process and, on Linux, when the process started: the number of a dead process may be given again. */
function describeProcess(pid: number): string {
  return `${hostname()}\n${pid}\n${startTime(pid) ?? ''}`;
}

function startTime(pid: number): string | undefined {
  if (process.platform !== 'linux') return undefined;
  const boot = readIfThere('/proc/sys/kernel/random/boot_id')?.trim() ?? '';
  const status = readIfThere(`/proc/${pid}/stat`);
  // Field 22, counted after the command in parentheses, which may hold spaces.
  const start = status?.slice(status.lastIndexOf(')') + 2).split(' ')[19];
  return start === undefined ? undefined : `${boot} ${start}`;
}

function isAlive(holder: string): boolean {
  const [host, pidText] = holder.split('\n');
  const pid = Number(pidText);
  // A process of another machine cannot be asked; its lock counts.
  if (host !== hostname()) return true;
  if (!Number.isInteger(pid) || pid <= 0) return false;
  return processExists(pid) && describeProcess(pid) === holder;
}

function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    // Otherwise (EPERM) it exists and belongs to another user.
    return error.code !== 'ESRCH';
  }
  return true;
}

/** Removes what killed processes left half written in a folder: files named after a process that is gone. Call it under the lock. */
export function removeLeftovers(folder: string): void {
  for (const name of readdirSync(folder)) {
    const pid = /(?:\.(\d+)\.(?:tmp|stale)|^run\.lock\.(\d+))$/.exec(name);
    const owner = Number(pid?.[1] ?? pid?.[2] ?? Number.NaN);
    if (owner > 0 && owner !== process.pid && !processExists(owner)) rmSync(join(folder, name), { force: true });
  }
}

function holderText(holder: string): string {
  const [host, pid] = holder.split('\n');
  return `process ${pid} on ${host}`;
}
