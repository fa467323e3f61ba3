/** @file One measured process, and the protocol that the peers' scripts follow too (peer_common.measure). */
import { loadavg } from 'node:os';
import { meterUsage, waitUntilQuiet } from './machine.ts';

/** What a peer's script prints as one JSON line, in its own names; metac's process prints the same. */
export interface Measurement {
  readonly min_ms: number;
  readonly median_ms: number;
  readonly samples: number;
  /** Making the step from its description, before the first call. */
  readonly compile_s: number;
  readonly first_call_s: number;
  readonly peak_rss_mb: number;
  readonly import_rss_mb: number;
  readonly loss_first3: readonly number[];
  readonly cpu_used: number;
  /** Share of the machine that others used while the steps were timed; null where it is not known. */
  readonly other_cpu_share: number | null;
  readonly load1_before: number;
  /** Versions of libraries, and whatever else the process has to say. */
  readonly [more: string]: unknown;
}

export interface Protocol {
  /** Seconds of timed steps. */
  readonly budget: number;
  readonly leastSamples: number;
}

const MOST_SAMPLES = 40;
/** Steps shorter than BLOCK_ABOVE seconds are timed in blocks of BLOCK seconds. */
const BLOCK = 0.06;
const BLOCK_ABOVE = 0.03;

const round = (value: number, digits: number): number => Number(value.toFixed(digits));

/** Three steps to warm up, whose losses are kept; then blocks of steps, timed. `compileSeconds` and `importMegabytes` are passed on. */
export async function measure(
  takeSteps: (count: number) => Promise<readonly number[]>,
  { budget, leastSamples }: Protocol,
  compileSeconds: number,
  importMegabytes: number,
): Promise<Measurement> {
  const losses: number[] = [];
  const warmUps: number[] = [];
  for (let call = 0; call < 3; call++) {
    const start = performance.now();
    losses.push(...(await takeSteps(1)));
    warmUps.push((performance.now() - start) / 1000);
  }
  const one = warmUps[2] ?? 0;
  const block = one > BLOCK_ABOVE ? 1 : Math.max(1, Math.floor(BLOCK / Math.max(one, 1e-6)));
  const load = loadavg()[0] ?? 0;
  await waitUntilQuiet(0.15, 60);
  const count = Math.floor(Math.min(MOST_SAMPLES, Math.max(leastSamples, budget / (one * block))));
  const usage = meterUsage();
  const samples: number[] = [];
  for (let sample = 0; sample < count; sample++) {
    const start = performance.now();
    await takeSteps(block);
    samples.push((performance.now() - start) / block);
  }
  const { ownCores, otherShare } = usage();
  return {
    min_ms: round(Math.min(...samples), 4),
    median_ms: round(medianOf(samples), 4),
    samples: count,
    steps_per_sample: block,
    compile_s: round(compileSeconds, 3),
    first_call_s: round(warmUps[0] ?? 0, 3),
    peak_rss_mb: round(process.resourceUsage().maxRSS / 1024, 1),
    import_rss_mb: importMegabytes,
    loss_first3: losses.map((loss) => round(loss, 5)),
    cpu_used: round(ownCores, 2),
    other_cpu_share: otherShare === undefined ? null : round(otherShare, 3),
    load1_before: round(load, 2),
  };
}

export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? Number.NaN)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}
