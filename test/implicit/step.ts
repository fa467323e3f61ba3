/** @file One outer step of a spec on the reference engine, in float64, with weights and inputs of the test's own. */
import { compile } from '../../src/compiler/compile.ts';
import type { EntryFunction, Program } from '../../src/compiler/ir/ir.ts';
import { costOf } from '../../src/compiler/optimize/cost.ts';
import { referenceEngine } from '../../src/runtime/engines/reference/reference-engine.ts';
import { initialState } from '../../src/runtime/run/initialize.ts';

export type Numbers = readonly number[];

/** @param chunk tasks a call: the batch, for a whole step. */
export function programOf(text: string, chunk = 1): Program {
  const { program, diagnostics } = compile({ name: 'implicit', text }, { chunk });
  if (program === undefined) throw new Error(diagnostics.map(({ title, found }) => `${title}: ${found}`).join('; '));
  return program;
}

/** The whole training step. */
export function stepOf(program: Program): EntryFunction {
  const entry = program.functions.find(({ name }) => name === program.train[0]?.step);
  if (entry === undefined) throw new Error('no whole step');
  return entry;
}

export interface Stepped {
  readonly loss: number;
  /** What one step of `sgd(rate: 1)` took away from each weight: the meta-gradient. */
  readonly gradient: ReadonlyMap<string, Numbers>;
}

/** Weights and inputs by name, row-major. */
export async function stepFrom(program: Program, given: ReadonlyMap<string, Numbers>): Promise<Stepped> {
  const entry = stepOf(program);
  const givenFor = (name: string): Float64Array => {
    const values = given.get(name);
    if (values === undefined) throw new Error(`the test has no value for ${name}; it has ${[...given.keys()].join(', ')}`);
    return Float64Array.from(values);
  };
  const session = await referenceEngine().compile(program, {});
  const weights = program.weights.map(({ name, type }) => [name, { ...type, data: givenFor(name) }] as const);
  await session.write(new Map([...initialState(program), ...weights] as never));
  const results = await session.run(entry.name, new Map(entry.inputs.map(({ name, type }) => [name, { ...type, data: givenFor(name) }])));
  const after = await session.read(program.weights.map(({ name }) => name));
  const gradient = new Map(
    weights.map(([name, { data }]) => [name, [...data].map((value, index) => value - Number(after.get(name)?.data[index]))] as const),
  );
  return { loss: Number([...results].find(([name]) => name.endsWith('loss'))?.[1].data[0]), gradient };
}

/** Forecast of the most memory that a step needs, in bytes, and how many values it computes. */
export function sizeOfStep(program: Program): { readonly peakBytes: number; readonly values: number } {
  const { body } = stepOf(program);
  return { peakBytes: costOf(body).peakBytes, values: body.nodes.reduce((sum, node) => sum + node.results.length, 0) };
}
