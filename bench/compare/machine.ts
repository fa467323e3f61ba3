/** @file How busy the machine is, from /proc (Linux; elsewhere nothing is known and nothing is waited for). */
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { setTimeout } from 'node:timers/promises';

/** Linux counts CPU time in hundredths of a second. */
const TICKS_PER_SECOND = 100;
const LINUX = existsSync('/proc/stat');

/** CPU seconds used since boot by all processes. */
function busySeconds(): number {
  const [, ...ticks] = (readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? '').trim().split(/\s+/).map(Number);
  const eight = ticks.slice(0, 8);
  const [idle, waiting] = [eight[3] ?? 0, eight[4] ?? 0];
  return (eight.reduce((sum, value) => sum + value, 0) - idle - waiting) / TICKS_PER_SECOND;
}

function ownSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

export interface Usage {
  /** Cores that this process kept busy, on average. */
  readonly ownCores: number;
  /** Share of the machine that others used; undefined where it cannot be known. */
  readonly otherShare: number | undefined;
}

/** Starts a meter; calling it gives the usage since then. */
export function meterUsage(): () => Usage {
  const start = { time: performance.now(), own: ownSeconds(), busy: LINUX ? busySeconds() : 0 };
  return () => {
    const wall = (performance.now() - start.time) / 1000;
    const own = ownSeconds() - start.own;
    const other = LINUX ? Math.max(0, busySeconds() - start.busy - own) / wall / cpus().length : undefined;
    return { ownCores: own / wall, otherShare: other };
  };
}

/** Waits until others use less than `limit` of the machine, or `seconds` have passed. */
export async function waitUntilQuiet(limit: number, seconds: number): Promise<void> {
  const end = performance.now() + seconds * 1000;
  while (LINUX) {
    const usage = meterUsage();
    await setTimeout(500);
    if ((usage().otherShare ?? 0) < limit || performance.now() > end) return;
  }
}

/** `taskset` and its arguments that pin a command to the first `count` allowed cores; nothing where that is not possible. */
export function pinning(count: number): readonly string[] {
  if (!LINUX || !['/usr/bin/taskset', '/bin/taskset'].some(existsSync)) return [];
  const allowed = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  if (allowed === undefined || availableParallelism() < count) return [];
  const cores = allowed.split(',').flatMap((part) => {
    const [from = 0, to = from] = part.split('-').map(Number);
    return Array.from({ length: to - from + 1 }, (_, index) => from + index);
  });
  return ['taskset', '-c', cores.slice(0, count).join(',')];
}
