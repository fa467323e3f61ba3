/** @file What the bench's report says of fast, slow, restless and missing competitors. */
import { expect, test } from 'vitest';
import { type Comparison, comparisons, type MetacVariant } from '../../bench/compare/configurations.ts';
import { type Measurement, medianOf } from '../../bench/compare/measurement.ts';
import { type Competitor, type Race, summarise } from '../../bench/compare/race.ts';
import { tableOf, verdicts } from '../../bench/compare/report.ts';

const comparison = comparisons[0] as Comparison;

function measured(median: number, more: Partial<Measurement> = {}): Measurement {
  return {
    min_ms: median - 0.1,
    median_ms: median,
    samples: 5,
    compile_s: 1,
    first_call_s: 0.5,
    peak_rss_mb: 100,
    import_rss_mb: 50,
    loss_first3: comparison.losses,
    cpu_used: 1,
    other_cpu_share: 0,
    load1_before: 0,
    ...more,
  };
}

function competitor(name: string, goal: number | undefined, measurements: Measurement[], failure?: string): Competitor {
  const peer =
    name === 'metac' ? undefined : { library: 'jax' as const, variant: name, threads: 1, ...(goal === undefined ? {} : { goal }) };
  const variant: MetacVariant | undefined = peer === undefined ? comparison.lineups.cpu.metac : undefined;
  return { name, threads: '1', peer, variant, measurements, failure };
}

function rowOf(race: Race, name: string): string {
  return (
    tableOf(race)
      .split('\n')
      .find((line) => line.startsWith(`| ${name} |`)) ?? ''
  );
}

const metac = competitor('metac', undefined, [measured(2), measured(3), measured(9, { other_cpu_share: 0.5 })]);

test('restless processes are left out where there are quiet ones, and marked where there are none', () => {
  expect(summarise(metac)).toMatchObject({ median: 2.5, lowest: 2, highest: 3, minimum: 1.9, quiet: 2, processes: 3, startSeconds: 1.5 });
  const restless = competitor('restless', undefined, [measured(4, { other_cpu_share: 0.2 })]);
  const race = { comparison, competitors: [metac, restless] };
  expect(rowOf(race, 'metac')).toContain('(2 of 3 processes quiet)');
  expect(rowOf(race, 'restless')).toContain('20% NOT QUIET');
});

test('goals are met or missed in time and in memory', () => {
  const race = {
    comparison,
    competitors: [
      metac,
      competitor('slow', 50, [measured(250)]),
      competitor('fast', 1, [measured(2)]),
      competitor('small', 1, [measured(5, { peak_rss_mb: 99 })]),
      competitor('free', undefined, [measured(5)]),
    ],
  };
  expect(rowOf(race, 'slow')).toMatch(/\| 100\.00x \|.*\| 50x met \|$/);
  expect(rowOf(race, 'fast')).toMatch(/\| 0\.80x \|.*\| 1x MISSED \|$/);
  expect(rowOf(race, 'small')).toMatch(/\| 1x met, memory MISSED \|$/);
  expect(rowOf(race, 'free')).toMatch(/\| agree \| {2}\|$/);
});

test('absent peers and other losses are said aloud', () => {
  const race = {
    comparison,
    competitors: [
      competitor('metac', undefined, [measured(2, { loss_first3: [1, 2, 3] })]),
      competitor('absent', 1, [], "ModuleNotFoundError: No module named 'jax'"),
    ],
  };
  expect(rowOf(race, 'metac')).toContain('| 1 2 3 | DIFFER |');
  expect(rowOf(race, 'absent')).toContain("not measured: ModuleNotFoundError: No module named 'jax'");
  expect(verdicts([race]).join('\n')).toMatch(/losses: DIFFER; no peer was measured/);
});

test('on a graphics card everybody is beaten there, by five times where the work is small', () => {
  for (const { workload, lineups } of comparisons) {
    const { metac: first, others, peers } = lineups.cuda;
    expect(first).toMatchObject({ engine: 'xla', device: 'cuda' });
    expect(others.map(({ device }) => device)).toEqual(expect.arrayContaining(['cuda', 'webgpu']));
    expect(new Set(peers.map(({ library }) => library))).toEqual(new Set(['jax', 'torch']));
    for (const { goal, oneLossPerCall } of peers) expect(goal).toBe(oneLossPerCall ? undefined : workload === 'w1' ? 5 : 1);
  }
});

test('the median of an even number of values lies between the middle ones', () => {
  expect(medianOf([4, 1, 3, 2])).toBe(2.5);
  expect(medianOf([3, 1, 2])).toBe(2);
  expect(medianOf([])).toBeNaN();
});

test('another engine of metac is held against the best of JAX that takes one step a call', () => {
  const variant: MetacVariant = { name: 'metac xla', engine: 'xla', device: 'cpu', goalOverJax: 3 };
  const xla: Competitor = { name: variant.name, threads: '2', peer: undefined, variant, measurements: [measured(1)], failure: undefined };
  const race: Race = {
    comparison,
    competitors: [metac, xla, competitor('vmap', undefined, [measured(4)]), competitor('map', undefined, [measured(2)])],
  };
  expect(rowOf(race, 'metac xla')).toContain("2.00x JAX's best: 3x MISSED");
});
