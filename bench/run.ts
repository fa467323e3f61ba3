/**
 * @file `npm run bench`: metac's engine beside the peers (JAX, PyTorch, learn2learn, TorchOpt), in one run.
 *
 *   npm run bench -- [--only w1,w2-4] [--device cuda] [--quick] [--rounds N] [--json] [--write] [--peers DIR] [--python PATH]
 *
 * Peers are optional: where Python, a library or the scripts are missing, the tables say so.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { BENCH_DEVICES, comparisons } from './compare/configurations.ts';
import { bundleMetac, type PeerPlace } from './compare/processes.ts';
import { type Race, race } from './compare/race.ts';
import { reportText, startOf, tableOf, verdicts, versionsOf } from './compare/report.ts';

const HELP = `npm run bench -- [options]
  --only LIST      comparisons whose name starts so, with commas: ${comparisons.map(({ id }) => id).join(', ')}
                   (workload, tasks, inner steps)
  --device NAME    where all of them run: cpu (default), or cuda for an NVIDIA card
  --quick          one round, one second a row, two peers
  --rounds N       how often every peer runs (default 2)
  --json           everything measured, as JSON
  --write          write bench/RESULTS.md
  --peers DIR      folder of jax_peer.py and torch_peer.py (default ../shared/peers beside the checkout)
  --python PATH    Python that has the peers' libraries (default $METAC_BENCH_PYTHON, else python3)
`;

const root = fileURLToPath(new URL('..', import.meta.url));

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    device: { type: 'string', default: 'cpu' },
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '2' },
    json: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    peers: { type: 'string', default: join(root, '../shared/peers') },
    python: { type: 'string', default: process.env.METAC_BENCH_PYTHON ?? 'python3' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) process.stdout.write(HELP);
else process.exitCode = await bench();

async function bench(): Promise<number> {
  const rounds = Number(values.rounds);
  const wanted = values.only?.split(',') ?? [''];
  const chosen = comparisons.filter(({ id }) => wanted.some((one) => id.startsWith(one)));
  const device = BENCH_DEVICES.find((name) => name === values.device);
  if (chosen.length === 0 || !Number.isInteger(rounds) || rounds < 1 || device === undefined) {
    process.stderr.write(HELP);
    return 2;
  }
  const place: PeerPlace | undefined = existsSync(values.peers) ? { folder: resolve(values.peers), python: values.python } : undefined;
  const absence = place === undefined ? `no folder ${values.peers} (--peers DIR)` : undefined;
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const start = startOf(['npm run bench --', ...process.argv.slice(2)].join(' '));
  const bundle = await bundleMetac();
  const races: Race[] = [];
  for (const comparison of chosen) {
    const done = await race(comparison, { bundle, device, place, absence, rounds, quick: values.quick, say });
    races.push(done);
    // Kept after every comparison: a run takes half an hour.
    if (values.write) writeFileSync(join(root, 'bench/RESULTS.md'), reportText(races, start));
    if (!values.json) process.stdout.write(`\n${tableOf(done)}\n`);
  }
  if (values.json) process.stdout.write(`${JSON.stringify({ ...start, versions: versionsOf(races), races }, undefined, 2)}\n`);
  else process.stdout.write(`${verdicts(races).join('\n')}\n`);
  return 0;
}
