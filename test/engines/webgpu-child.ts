/**
 * @file Run by onnx-webgpu.test.ts in a process of its own, whose environment names a Vulkan driver: one sample of every primitive, then some steps of
 * a small program whose weights stay on the device. Prints one JSON line.
 */

import { compile } from '../../src/compiler/compile.ts';
import { evaluateFunction } from '../../src/compiler/ir/evaluate/evaluate.ts';
import type { HostArray } from '../../src/compiler/ir/host-array.ts';
import type { Session, Tensors } from '../../src/runtime/engine.ts';
import { onnxEngine } from '../../src/runtime/engines/onnx/onnx-engine.ts';
import { referenceEngine } from '../../src/runtime/engines/reference/reference-engine.ts';
import { initialState } from '../../src/runtime/run/initialize.ts';
import { allSamples } from '../primitives/samples.ts';
import { sampleProgram } from './conformance/sample-program.ts';

export interface ChildReport {
  /** Primitives tried, and those that differ by more than 1e-4 of the largest number. */
  readonly primitives: readonly string[];
  readonly wrong: readonly string[];
  /** Losses of the steps on the device and in float64. */
  readonly losses: readonly number[];
  readonly expected: readonly number[];
}

const SPEC = `tasks lines {
  slope ~ uniform(-1, 1)
  example { x ~ uniform(-1, 1)   y = slope * x }
  shots 5   queries 5
}
model net(x) { return x |> dense(4) |> tanh |> dense(1) }
adapt fast from net { minimize mse(fast(support.x), support.y)   using sgd(rate: 0.1)   steps 1 }
train { minimize mse(fast(query.x), query.y)   using adam(rate: 1e-2)   batch 4   steps 100 }
`;

const engine = onnxEngine({ device: 'webgpu' });
const report: ChildReport = { ...(await primitives()), ...(await steps()) };
process.stdout.write(`${JSON.stringify(report)}\n`);

async function primitives(): Promise<Pick<ChildReport, 'primitives' | 'wrong'>> {
  const tried = new Set<string>();
  const wrong: string[] = [];
  for (const one of allSamples) {
    if (tried.has(one.op)) continue;
    tried.add(one.op);
    const { program, entry, inputs, resident } = sampleProgram(one);
    const expected = evaluateFunction(entry.body, one.sample.operands);
    const session = await engine.compile(program, {});
    await session.write(resident);
    const found = await session.run(entry.name, inputs);
    const differs = entry.body.results.some(({ name }, index) => difference(found.get(name)?.data ?? [], expected[index]) > 1e-4);
    if (differs) wrong.push(`${one.op}: ${one.sample.name}`);
    await session.dispose();
  }
  return { primitives: [...tried], wrong };
}

function difference(found: ArrayLike<number>, expected: HostArray | undefined): number {
  const data = expected?.data ?? [];
  if (found.length !== data.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  let size = 1;
  for (let index = 0; index < data.length; index++) {
    const [is, should] = [found[index] as number, data[index] as number];
    if (Object.is(is, should) || is === should) continue;
    largest = Math.max(largest, Math.abs(is - should));
    size = Math.max(size, Math.abs(should));
  }
  return Number.isNaN(largest) ? Number.POSITIVE_INFINITY : largest / size;
}

async function steps(): Promise<Pick<ChildReport, 'losses' | 'expected'>> {
  const { program, diagnostics } = compile({ name: 'lines', text: SPEC }, {});
  if (program === undefined) throw new Error(diagnostics.map(({ title }) => title).join('; '));
  const [plan] = program.train;
  const entry = program.functions.find(({ name }) => name === plan?.step);
  if (entry === undefined) throw new Error('the program has no whole step');
  const number = (index: number) => ((index * 7919) % 1000) / 1000;
  const filled = (shape: readonly number[]) =>
    Float32Array.from({ length: shape.reduce((size, side) => size * side, 1) }, (_, index) => number(index + 1));
  const weights = new Map(program.weights.map(({ name, type }) => [name, { ...type, data: filled(type.shape) }]));
  const inputs = new Map(entry.inputs.map(({ name, type }) => [name, { ...type, data: filled(type.shape) }]));
  const take = async (session: Session): Promise<number[]> => {
    await session.write(new Map([...initialState(program), ...weights]));
    const losses: number[] = [];
    for (let step = 0; step < 4; step++) losses.push(loss(await session.run(entry.name, inputs)));
    const read = await session.read(program.weights.map(({ name }) => name));
    losses.push(...[...read.values()].flatMap(({ data }) => [...data]));
    await session.dispose();
    return losses;
  };
  return { losses: await take(await engine.compile(program, {})), expected: await take(await referenceEngine().compile(program, {})) };
}

function loss(results: Tensors): number {
  const value = results.get('loss')?.data[0];
  if (value === undefined) throw new Error('a step returned no loss');
  return value;
}
