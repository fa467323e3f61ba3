/**
 * @file `npm run reproduce [NAME …]`: trains the specs one by one and writes specs/RESULTS.md.
 *
 *   npm run reproduce -- [NAME …] [--seed N] [--runs DIR] [--list] [--page]
 *
 * Ctrl-C stops after a checkpoint; the same command goes on from there. What is done already is not done again.
 */
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { writeAtomically } from '../src/runtime/checkpoint/atomic-file.ts';
import { resultsPage } from './reproduce/page.ts';
import { plan } from './reproduce/plan.ts';
import { readRecords, withRecord, writeRecords } from './reproduce/records.ts';
import { reproduce } from './reproduce/run.ts';
import { specHash } from './reproduce/spec-hash.ts';

const HELP = `npm run reproduce -- [NAME ...] [options]
  NAME         what to train (default: everything that --list shows)
  --seed N     seed of every random draw (default 0)
  --runs DIR   where run folders are made (default runs/reproduce)
  --list       the names
  --page       write specs/RESULTS.md again from specs/results.json, without training
`;

const root = fileURLToPath(new URL('..', import.meta.url));
const recordsPath = join(root, 'specs/results.json');

function writePage(): void {
  const hashes = new Map(plan.map(({ spec }) => [spec, specHash(join(root, 'specs', `${spec}.meta`))]));
  writeAtomically(join(root, 'specs/RESULTS.md'), resultsPage(plan, readRecords(recordsPath), hashes));
}

async function main(words: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      seed: { type: 'string', default: '0' },
      runs: { type: 'string', default: join(root, 'runs/reproduce') },
      list: { type: 'boolean', default: false },
      page: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const seed = Number(values.seed);
  const unknown = positionals.filter((word) => !plan.some(({ name }) => name === word));
  if (values.help) process.stdout.write(HELP);
  else if (values.list) process.stdout.write(`${plan.map(({ name }) => name).join('\n')}\n`);
  else if (!Number.isSafeInteger(seed) || seed < 0) return refuse(`--seed takes a whole number from 0, not ${values.seed}`);
  else if (unknown.length > 0) return refuse(`no reproduction is called ${unknown.join(', ')}; --list shows the names`);
  else if (values.page) writePage();
  else {
    const chosen = plan.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
    const place = { root, runs: resolve(values.runs), command: [process.execPath, join(root, 'bin/metac.js')] };
    for (const [index, reproduction] of chosen.entries()) {
      process.stderr.write(`reproduce ${index + 1}/${chosen.length}: ${reproduction.name}, seed ${seed}\n`);
      const measured = await reproduce(reproduction, seed, place);
      if (measured === undefined) return refuse(`${reproduction.name} has not ended; the same command goes on from there`, 1);
      writeRecords(recordsPath, withRecord(readRecords(recordsPath), measured));
      writePage();
    }
  }
  return 0;
}

function refuse(message: string, status = 2): number {
  process.stderr.write(`reproduce: ${message}\n`);
  return status;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'))) throw error;
  process.exitCode = refuse(`${error.message}\n${HELP}`);
}
