/** @file The page of figures: what it shows, what it leaves out, and that specs/RESULTS.md is what the records give. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { resultsPage } from '../../scripts/reproduce/page.ts';
import { plan } from '../../scripts/reproduce/plan.ts';
import { readRecords, withRecord } from '../../scripts/reproduce/records.ts';
import type { Measured, Reproduction } from '../../scripts/reproduce/reproduction.ts';
import { specHash } from '../../scripts/reproduce/spec-hash.ts';

const root = join(import.meta.dirname, '../..');
const specs = readdirSync(join(root, 'specs'))
  .filter((file) => file.endsWith('.meta'))
  .map((file) => file.replace('.meta', ''));

const reproduction: Reproduction = {
  name: 'some',
  spec: 'some',
  figures: [
    { report: 'accuracy', about: 'accuracy', unit: 'percent', published: '99 %', source: 'Somebody 2020, table 1' },
    { report: 'loss', about: 'loss', unit: 'plain' },
  ],
  protocol: 'fewer steps',
  toReach: 'ten times the steps.',
};

function measured(changes: Partial<Measured> = {}): Measured {
  return {
    name: 'some',
    seed: 0,
    command: 'npx metac train specs/some.meta --seed 0',
    specHash: 'abc',
    steps: 1400,
    seconds: 254,
    machine: 'a processor, 2 cores, 8 GiB',
    engine: 'reference',
    metac: '0.1.0',
    episodes: 600,
    reports: [
      { label: 'accuracy', mean: 0.95278, interval: 0.0041 },
      { label: 'loss', mean: 0.15, interval: 0.01 },
    ],
    ...changes,
  };
}

describe('the page of figures', () => {
  const hashes = new Map([['some', 'abc']]);

  it('puts the measured figure beside the published one, with the command, the seed, the time and the machine', () => {
    const page = resultsPage([reproduction], [measured()], hashes);
    expect(page).toContain('| [some](some.meta) | accuracy | 95.28 ± 0.41 % | 99 % (Somebody 2020, table 1) | fewer steps |');
    expect(page).toContain('|  | loss | 0.15 ± 0.01 | none |  |');
    expect(page).toContain(
      '| some | `npx metac train specs/some.meta --seed 0` | 0 | 1,400 | 4 min 14 s | reference | a processor, 2 cores, 8 GiB |',
    );
    expect(page).toContain('- `some`: ten times the steps.');
  });

  it('does not show what was measured with another text of the spec', () => {
    const page = resultsPage([reproduction], [measured({ specHash: 'older' })], hashes);
    expect(page).not.toContain('95.28');
    expect(page).toContain('Not measured with their present text: `some`.');
  });

  it('shows every seed, and a number that JSON lacks as it is', () => {
    const other = measured({ seed: 1, reports: [{ label: 'accuracy', mean: 'NaN', interval: null }, ...measured().reports.slice(1)] });
    expect(resultsPage([reproduction], [measured(), other], hashes)).toContain('95.28 ± 0.41 % (seed 0); NaN % (seed 1)');
  });

  it('refuses a figure that the run does not report', () => {
    expect(() => resultsPage([reproduction], [measured({ reports: [] })], hashes)).toThrow('some reports no `accuracy`');
  });

  it('replaces the record of the same name and seed, in an order that does not depend on the runs', () => {
    const first = measured({ name: 'b' });
    const second = measured({ name: 'a' });
    const again = measured({ name: 'b', steps: 7 });
    expect(withRecord(withRecord(withRecord([], first), second), again)).toEqual([second, again]);
  });
});

describe('specs/RESULTS.md', () => {
  it('is what the records give (else: npm run reproduce -- --page)', () => {
    const hashes = new Map(plan.map(({ spec }) => [spec, specHash(join(root, 'specs', `${spec}.meta`))]));
    const page = resultsPage(plan, readRecords(join(root, 'specs/results.json')), hashes);
    expect(readFileSync(join(root, 'specs/RESULTS.md'), 'utf8')).toBe(page);
  });

  it.each(specs)('%s has its place in the plan', (spec) => {
    expect(plan.filter((entry) => entry.spec === spec)).not.toEqual([]);
  });

  it('names every reproduction once', () => {
    const names = plan.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});
