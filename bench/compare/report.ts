/** @file The report: one table per comparison, versions, machine, and how to read it. */
import { execFileSync } from 'node:child_process';
import { cpus, loadavg, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { type Agreement, agreement, type MetacVariant } from './configurations.ts';
import { type Competitor, QUIET_SHARE, type Race, type Summary, summarise } from './race.ts';

const HEAD = [
  'who',
  'threads',
  'median ms (lowest-highest process)',
  'min ms',
  'median / metac',
  'min / metac',
  'peak RSS MB (after import)',
  'start s',
  'others used',
  'losses of the first 3 steps',
  'losses',
  'goal',
];

export function tableOf({ comparison, competitors }: Race): string {
  const metac = competitors[0] === undefined ? undefined : summarise(competitors[0]);
  const rows = competitors.map((one) => {
    const summary = summarise(one);
    if (summary === undefined)
      return [one.name, one.threads, `not measured: ${one.failure ?? 'nothing ran'}`, ...HEAD.slice(3).map(() => '')];
    const agreed = agreement(comparison, summary.losses, one.peer?.oneLossPerCall);
    return [
      one.name,
      threadsOf(one),
      ...figures(one, summary, metac),
      summary.losses.join(' '),
      wordsOf(agreed),
      one.variant === undefined ? goalOf(one, summary, metac) : goalOverJax(one.variant, summary, competitors),
    ];
  });
  const lines = [HEAD, HEAD.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return `### ${comparison.title}\n\nExpected losses: ${comparison.losses.join(' ')}\n\n${lines.join('\n')}\n`;
}

function threadsOf({ peer, threads, measurements }: Competitor): string {
  const chunk = measurements[0]?.chunk;
  return peer === undefined && chunk !== undefined ? `${threads}, chunk ${String(chunk)}` : threads;
}

function figures(one: Competitor, summary: Summary, metac: Summary | undefined): string[] {
  const { median, lowest, highest, minimum, peakMegabytes, startSeconds, otherShare, quiet, processes } = summary;
  const ratio = (value: number, own: number | undefined): string =>
    own === undefined || value === own ? '1' : `${(value / own).toFixed(2)}x`;
  const others = otherShare === undefined ? 'unknown' : `${(otherShare * 100).toFixed(0)}%`;
  const quietness = quiet === processes ? '' : quiet === 0 ? ' NOT QUIET' : ` (${quiet} of ${processes} processes quiet)`;
  const failed = one.failure === undefined ? '' : ' (a later process failed)';
  return [
    `${digits(median)} (${digits(lowest)}-${digits(highest)}, ${quiet === 0 ? processes : quiet})${failed}`,
    digits(minimum),
    ratio(median, metac?.median),
    ratio(minimum, metac?.minimum),
    `${peakMegabytes.toFixed(0)} (${(one.measurements[0]?.import_rss_mb ?? 0).toFixed(0)})`,
    startSeconds.toFixed(1),
    `${others}${quietness}`,
  ];
}

/** Whether metac is as much faster as promised and needs no more memory; empty without a promise. */
function goalOf({ peer }: Competitor, theirs: Summary, metac: Summary | undefined): string {
  if (peer?.goal === undefined || metac === undefined) return '';
  const faster = theirs.median / metac.median >= peer.goal;
  const smaller = metac.peakMegabytes <= theirs.peakMegabytes;
  return `${peer.goal}x ${faster ? 'met' : 'MISSED'}${smaller ? '' : ', memory MISSED'}`;
}

/** The promise of an engine: against JAX's best variant that, as its users do, takes one step a call. */
function goalOverJax({ goalOverJax: goal }: MetacVariant, own: Summary, competitors: readonly Competitor[]): string {
  const medians = competitors
    .filter(({ peer }) => peer?.library === 'jax' && peer.oneLossPerCall === undefined)
    .flatMap((one) => summarise(one)?.median ?? []);
  if (goal === undefined || medians.length === 0) return '';
  const ratio = Math.min(...medians) / own.median;
  return `${ratio.toFixed(2)}x JAX's best: ${goal}x ${ratio >= goal ? 'met' : 'MISSED'}`;
}

function wordsOf(agreed: Agreement): string {
  return agreed === 'first agrees' ? 'first agrees, later ones are not comparable' : agreed;
}

function digits(milliseconds: number): string {
  return milliseconds.toPrecision(4);
}

/** For each comparison: whether metac found the peers' losses, how its medians and memory compare, and which goals were met. */
export function verdicts(races: readonly Race[]): string[] {
  return races.flatMap((one) => {
    const [first, ...others] = one.competitors;
    const metac = first === undefined ? undefined : summarise(first);
    if (metac === undefined) return [`- ${one.comparison.id}: metac was not measured: ${first?.failure ?? 'nothing ran'}`];
    const compared = others.flatMap((peer) => {
      const summary = summarise(peer);
      if (summary === undefined) return [];
      const name = `${peer.name} (${peer.threads} thread${peer.threads === '1' ? '' : 's'})`;
      const goal = peer.variant === undefined ? goalOf(peer, summary, metac) : goalOverJax(peer.variant, summary, one.competitors);
      const times = `${(summary.median / metac.median).toFixed(2)}x the time, ${(summary.peakMegabytes / metac.peakMegabytes).toFixed(1)}x the memory`;
      return [`  - ${name}: ${times}${goal === '' ? '' : ` (goal ${goal})`}`];
    });
    const own = `${digits(metac.median)} ms, ${metac.peakMegabytes.toFixed(0)} MB, losses: ${wordsOf(agreement(one.comparison, metac.losses))}`;
    return [`- ${one.comparison.id}: metac ${own}${compared.length === 0 ? '; no peer was measured' : '; the others:'}`, ...compared];
  });
}

/** What is known when the bench starts. */
export interface Start {
  readonly date: string;
  readonly command: string;
  /** Of the sources that were bundled. */
  readonly commit: string;
  readonly machine: string;
  /** 1-minute load. */
  readonly loadBefore: number;
}

export function startOf(command: string): Start {
  const cores = cpus();
  return {
    date: new Date().toISOString().slice(0, 16).replace('T', ' '),
    command,
    commit: commit(),
    machine: `${cores[0]?.model ?? 'unknown CPU'}, ${cores.length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB`,
    loadBefore: loadavg()[0] ?? 0,
  };
}

function commit(): string {
  const cwd = fileURLToPath(new URL('../..', import.meta.url));
  try {
    const git = (...words: string[]): string =>
      execFileSync('git', words, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    const changed = git('status', '--porcelain', '--', 'src') !== '';
    return `${git('rev-parse', '--short', 'HEAD')}${changed ? ' and uncommitted changes in src/' : ''}`;
  } catch {
    // A copy without git is measured just as well.
    return 'unknown';
  }
}

/** Of everything that was measured. */
export function versionsOf(races: readonly Race[]): string {
  const versions = new Map<string, string>([['node', process.versions.node]]);
  for (const { measurements } of races.flatMap((one) => one.competitors))
    for (const measurement of measurements)
      for (const name of ['engine', 'jax', 'torch', 'learn2learn', 'torchopt', 'higher']) {
        const version = measurement[name];
        if (typeof version === 'string') versions.set(name, version);
      }
  return [...versions].map(([name, version]) => (name === 'engine' ? version : `${name} ${version}`)).join('; ');
}

/** The whole file bench/RESULTS.md. */
export function reportText(races: readonly Race[], start: Start): string {
  const { date, command, machine, loadBefore } = start;
  return `# metac beside its peers

Measured ${date} UTC with \`${command}\`, commit ${start.commit}.
${machine}. ${versionsOf(races)}. Load average (1 minute) before the first process: ${loadBefore.toFixed(2)}.

## In short

${verdicts(races).join('\n')}

## How to read this

- One outer step: episode in, new weights, optimiser state and loss out. float32, CPU, the same data and first weights for all (NumPy's generator
  with the peers' seeds, re-implemented in \`problems/numpy-random.ts\`). All compute the same: compare the losses with those expected.
- metac and the peers take turns: metac, a peer, metac, the next peer, ... One process each time, pinned to 2 cores (a peer with 1 thread to one). Three calls to warm up; steps
  shorter than 30 ms are timed in blocks of about 60 ms. A row gives the median over processes of their medians; in brackets the lowest and the highest
  process and how many count. \`median / metac\` above 1x: metac is faster. Processes move by up to 37% between runs (peers' RESULTS.md): gaps below that on W2 and W4 are near ties.
- \`others used\`: the share of the machine that other processes used while steps were timed; above ${QUIET_SHARE * 100}% a process is left out, or marked NOT QUIET if all were so.
- \`goal\`: what was promised for this peer: metac so many times faster (by medians), with no more memory.
- \`peak RSS\`: of the whole process, the largest of its processes; in brackets, after importing the libraries. \`start\`: from the spec (or the Python function)
  to the first result, imports not counted.
- \`jax scan\` runs 100 outer steps in one call, without returning to the host: what a compiled training loop would reach. Its second and third losses are of later steps.
- \`metac xla\` hands over as many steps as the engine wants (\`metac train\` does the same); \`one step a call\` returns to JavaScript after each. Its goal is against JAX's
  best variant that takes one step a call.
- Graphics cards: no machine with one could be had for these measurements. On one, with JAX's CUDA plugin and PyTorch in the Python environment,
  \`npm run bench -- --device cuda --only w1,w2-32,w4\` measures metac on XLA, on ONNX Runtime's CUDA and WebGPU, and JAX and PyTorch (\`torch.func\`,
  \`torch.compile\`) on the card.
- At 5 inner steps on W2 (rate 0.4, random images), rounding decides where the losses go after the first Adam step, between the peers too.

${races.map(tableOf).join('\n')}`;
}
