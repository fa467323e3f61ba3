/** @file One comparison: metac and the peers take turns, a process each time. */
import type { BenchDevice, Comparison, MetacVariant, PeerVariant } from './configurations.ts';
import { waitUntilQuiet } from './machine.ts';
import { type Measurement, medianOf, type Protocol } from './measurement.ts';
import { type Outcome, type PeerPlace, runMetac, runPeer } from './processes.ts';

/** All processes of one competitor in one comparison. */
export interface Competitor {
  readonly name: string;
  readonly threads: string;
  /** Undefined for metac. */
  readonly peer: PeerVariant | undefined;
  /** Undefined for a peer. */
  readonly variant: MetacVariant | undefined;
  readonly measurements: Measurement[];
  /** Why it was not measured (again). */
  failure: string | undefined;
}

export interface Race {
  readonly comparison: Comparison;
  /** metac first. */
  readonly competitors: readonly Competitor[];
}

export interface RaceOptions {
  readonly bundle: string;
  readonly device: BenchDevice;
  /** Undefined: no peers here, because of `absence`. */
  readonly place: PeerPlace | undefined;
  readonly absence: string | undefined;
  readonly rounds: number;
  readonly quick: boolean;
  /** Sees a line after each process. */
  readonly say: (line: string) => void;
}

/** Above this share of the machine used by others, a measurement is marked and, if there are better ones, left out. */
export const QUIET_SHARE = 0.06;
const QUICK_BUDGET = 1;
const QUICK_PEERS = 2;

export async function race(comparison: Comparison, options: RaceOptions): Promise<Race> {
  const lineup = comparison.lineups[options.device];
  const metac = ofMetac(lineup.metac);
  const others = options.quick ? [] : lineup.others.map(ofMetac);
  const chosen = options.quick ? lineup.peers.slice(0, QUICK_PEERS) : lineup.peers;
  const peers = chosen.map((peer): Competitor => {
    const name = `${peer.library} ${peer.variant}`;
    return { name, threads: String(peer.threads), peer, variant: undefined, measurements: [], failure: options.absence };
  });
  const protocol = { budget: options.quick ? QUICK_BUDGET : comparison.budget, leastSamples: comparison.leastSamples };
  for (let round = 0; round < (options.quick ? 1 : options.rounds); round++) {
    const running = [...others, ...peers].filter((one) => one.failure === undefined);
    if (running.length === 0) await takeTurn(comparison, metac, protocol, options);
    for (const other of running) {
      for (const competitor of [metac, other]) {
        const quiet = await takeTurn(comparison, competitor, protocol, options);
        // Whoever was disturbed has one more try.
        if (!quiet && !options.quick) await takeTurn(comparison, competitor, protocol, options);
      }
    }
  }
  return { comparison, competitors: [metac, ...others, ...peers] };
}

function ofMetac(variant: MetacVariant): Competitor {
  return { name: variant.name, threads: 'own choice of 2', peer: undefined, variant, measurements: [], failure: undefined };
}

/** False when other processes disturbed the measurement. */
async function takeTurn(comparison: Comparison, competitor: Competitor, protocol: Protocol, options: RaceOptions): Promise<boolean> {
  const { peer, variant } = competitor;
  if (competitor.failure !== undefined) return true;
  await waitUntilQuiet(0.15, options.quick ? 0 : 120);
  let outcome: Outcome;
  if (variant !== undefined) outcome = await runMetac(options.bundle, comparison, variant, protocol);
  else if (peer !== undefined && options.place !== undefined)
    outcome = await runPeer(options.place, options.device, comparison, peer, protocol);
  else return true;
  if ('failure' in outcome) competitor.failure = outcome.failure;
  else competitor.measurements.push(outcome.measurement);
  const told =
    'failure' in outcome
      ? `not measured: ${outcome.failure}`
      : `median ${outcome.measurement.median_ms} ms, min ${outcome.measurement.min_ms} ms, others used ${shareText(outcome.measurement)}`;
  options.say(`${comparison.id}  ${`${competitor.name}, ${competitor.threads}`.padEnd(26)} ${told}`);
  return 'failure' in outcome || isQuiet(outcome.measurement);
}

function isQuiet({ other_cpu_share: share }: Measurement): boolean {
  return (share ?? 0) <= QUIET_SHARE;
}

export interface Summary {
  /** Median over processes of their medians, ms, with the lowest and highest. */
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
  readonly minimum: number;
  /** The largest of the processes. */
  readonly peakMegabytes: number;
  /** From the spec (or the script's function) to the first result, s. */
  readonly startSeconds: number;
  readonly otherShare: number | undefined;
  readonly quiet: number;
  readonly processes: number;
  readonly losses: readonly number[];
}

/** Undefined when nothing was measured. Takes the quiet processes where there are any. */
export function summarise({ measurements }: Competitor): Summary | undefined {
  const first = measurements[0];
  if (first === undefined) return undefined;
  const quiet = measurements.filter(isQuiet);
  const used = quiet.length > 0 ? quiet : measurements;
  const medians = used.map((one) => one.median_ms);
  const shares = used.map((one) => one.other_cpu_share).filter((share) => share !== null);
  return {
    median: medianOf(medians),
    lowest: Math.min(...medians),
    highest: Math.max(...medians),
    minimum: Math.min(...used.map((one) => one.min_ms)),
    peakMegabytes: Math.max(...measurements.map((one) => one.peak_rss_mb)),
    startSeconds: medianOf(used.map((one) => one.compile_s + one.first_call_s)),
    otherShare: shares.length > 0 ? Math.max(...shares) : undefined,
    quiet: quiet.length,
    processes: measurements.length,
    losses: first.loss_first3,
  };
}

export function shareText({ other_cpu_share: share }: { readonly other_cpu_share: number | null }): string {
  return share === null ? 'an unknown share' : `${Math.round(share * 100)}%`;
}
