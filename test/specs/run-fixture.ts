/** @file Runs a fixture's spec on an engine, task by task, and returns the mean loss and meta-gradient. */
import { readFileSync } from 'node:fs';
import { compile } from '../../src/compiler/compile.ts';
import type { Engine } from '../../src/runtime/engine.ts';
import type { Tensor } from '../../src/runtime/tensor.ts';
import type { FixtureSpec } from './fixture-specs.ts';

type Nested = number | readonly Nested[];

interface Expected {
  readonly loss?: number;
  readonly gradient: Readonly<Record<string, Nested>>;
  readonly rate_gradient?: Readonly<Record<string, Nested>>;
}

interface Fixture {
  readonly weights: Readonly<Record<string, Nested>>;
  readonly rate?: Nested | Readonly<Record<string, Nested>>;
  readonly episodes: Readonly<Record<'support_x' | 'support_y' | 'query_x' | 'query_y', readonly Nested[]>>;
  readonly expected: Expected & Readonly<Record<'second' | 'first', Expected>>;
}

export function readFixture(name: string): Fixture {
  return JSON.parse(readFileSync(new URL(`../fixtures/${name}.json`, import.meta.url), 'utf8')) as Fixture;
}

export function flatten(nested: Nested): number[] {
  return typeof nested === 'number' ? [nested] : nested.flatMap(flatten);
}

function named(fixture: Fixture, name: string, expected?: Expected): number[] {
  const [place, inner] = name.includes('/') ? (name.split('/') as [string, string]) : ['', name];
  if (place === 'rate')
    return flatten(
      (expected === undefined ? (fixture.rate as Record<string, Nested>) : (expected.rate_gradient as Record<string, Nested>))[
        inner
      ] as Nested,
    );
  return flatten((expected === undefined ? fixture.weights : expected.gradient)[inner] as Nested);
}

export interface FixtureResult {
  readonly loss: number;
  readonly expectedLoss: number | undefined;
  readonly gradients: readonly { readonly name: string; readonly actual: readonly number[]; readonly expected: readonly number[] }[];
}

export async function runFixture(spec: FixtureSpec, order: 'second' | 'first', engine: Engine): Promise<FixtureResult> {
  const fixture = readFixture(spec.fixture);
  const expected =
    spec.fixture.startsWith('prototypical') || spec.fixture.startsWith('reptile') ? fixture.expected : fixture.expected[order];
  const { program, diagnostics } = compile({ name: `${spec.fixture}.meta`, text: spec.text(order) }, { chunk: 1, verify: true });
  if (program === undefined) throw new Error(JSON.stringify(diagnostics));
  const session = await engine.compile(program, { threads: 1 });
  const resident = new Map<string, Tensor>();
  for (const { name, type, initial } of program.state)
    resident.set(name, {
      dtype: type.dtype,
      shape: type.shape,
      data: new Float64Array(type.shape.reduce((a, b) => a * b, 1)).fill(initial),
    });
  for (const { name, type } of program.weights) {
    const source = spec.weights[name];
    if (source === undefined) throw new Error(`the fixture has no ${name}`);
    resident.set(name, { dtype: 'float', shape: type.shape, data: Float64Array.from(named(fixture, source)) });
  }
  await session.write(resident);
  const tasks = fixture.episodes.support_x.length;
  const entry = program.functions.find((one) => one.name === 'train.accumulate');
  if (entry === undefined) throw new Error('no accumulate entry');
  for (let task = 0; task < tasks; task++) {
    const inputs = new Map<string, Tensor>();
    for (const input of entry.inputs) {
      const [, part, field] = input.name.split('.') as [string, 'support' | 'query', 'x' | 'y'];
      let values = flatten(fixture.episodes[`${part}_${field}`][task] as Nested);
      if (field === 'y' && spec.classes > 0)
        values = values.flatMap((label) => Array.from({ length: spec.classes }, (_, one) => (one === label ? 1 : 0)));
      inputs.set(input.name, { dtype: 'float', shape: input.type.shape, data: Float64Array.from(values) });
    }
    await session.run('train.accumulate', inputs);
  }
  const names = Object.keys(spec.weights);
  const read = await session.read(['accumulator.train.metric.loss', ...names.map((name) => `accumulator.train.gradient.${name}`)]);
  await session.dispose();
  const mean = (name: string): number[] => Array.from((read.get(name) as Tensor).data, (value) => value / tasks);
  return {
    loss: mean('accumulator.train.metric.loss')[0] as number,
    expectedLoss: expected.loss,
    gradients: names.map((name) => ({
      name,
      actual: mean(`accumulator.train.gradient.${name}`),
      expected: named(fixture, spec.weights[name] as string, expected),
    })),
  };
}

/** Largest difference relative to the largest entry of the tensor (or to 1e-12 where all are zero). */
export function relativeError(actual: readonly number[], expected: readonly number[]): number {
  const scale = Math.max(1e-12, ...expected.map(Math.abs));
  return actual.length === expected.length
    ? Math.max(...actual.map((value, index) => Math.abs(value - (expected[index] as number)) / scale))
    : Number.POSITIVE_INFINITY;
}
