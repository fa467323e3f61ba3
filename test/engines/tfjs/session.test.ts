/** @file Sessions on TensorFlow.js: nothing leaks, what is resident, whose backend is active, what is refused. */
import { createRequire } from 'node:module';
import { describe, expect, test } from 'vitest';
import { LimitationError } from '../../../src/compiler/diagnostics/internal-error.ts';
import { FunctionBuilder } from '../../../src/compiler/ir/build.ts';
import { tfjsEngine } from '../../../src/runtime/engines/tfjs/load-tensorflow.ts';
import type { TensorFlow } from '../../../src/runtime/engines/tfjs/tensorflow.ts';
import { injectedTfjsEngine } from '../../../src/runtime/engines/tfjs/tfjs-engine.ts';
import { oneEntryProgram } from '../conformance/sample-program.ts';
import { begin, problem, stepCalls, takeStep } from '../conformance/trajectory.ts';

/** The very module that the engine loads. */
const tf = createRequire(import.meta.url)('@tensorflow/tfjs-core') as TensorFlow;

interface Store {
  numDataIds(): number;
  readonly wasm?: { readonly HEAPU8: Uint8Array };
}

const storeOf = (backend: string) => tf.findBackend(backend) as Store;

describe.each(['wasm', 'cpu'])('%s', (backend) => {
  test('keeps no tensor after a session, and the same number after each of 1,000 steps', { timeout: 120_000 }, async () => {
    const engine = tfjsEngine({ backend });
    await engine.probe();
    const before = { tensors: tf.memory().numTensors, ids: storeOf(backend).numDataIds() };
    const one = await problem('linear-regression', undefined);
    const session = await begin(engine, one);
    const calls = [...stepCalls(one)];
    const sizes: string[] = [];
    let heap = 0;
    for (let step = 0; step < 1000; step++) {
      await takeStep(session, calls[step % calls.length] ?? []);
      const { numTensors, numDataBuffers, numBytes } = tf.memory();
      if (step === 100) heap = storeOf(backend).wasm?.HEAPU8.length ?? 0;
      if (step > 0) sizes.push(`${numTensors} ${numDataBuffers} ${numBytes} ${storeOf(backend).numDataIds()}`);
    }
    expect([...new Set(sizes)]).toHaveLength(1);
    expect(storeOf(backend).wasm?.HEAPU8.length ?? 0).toBe(heap);
    await session.dispose();
    expect({ tensors: tf.memory().numTensors, ids: storeOf(backend).numDataIds() }).toEqual(before);
  });
});

test('convolutions leak nothing either', { timeout: 60_000 }, async () => {
  const one = await problem('dual-loss-omniglot', 1);
  const session = await begin(tfjsEngine({ backend: 'wasm' }), one);
  const calls = [...stepCalls(one)].slice(0, 3);
  const sizes: number[] = [];
  for (const group of [...calls, ...calls]) {
    await takeStep(session, group);
    sizes.push(tf.memory().numTensors, storeOf('wasm').numDataIds());
  }
  expect(new Set(sizes.filter((_, index) => index % 2 === 0)).size).toBe(1);
  expect(new Set(sizes.filter((_, index) => index % 2 === 1)).size).toBe(1);
  await session.dispose();
});

test('a call that fails leaves nothing behind, and the session goes on', async () => {
  const one = await problem('linear-regression', undefined);
  const session = await begin(tfjsEngine({ backend: 'wasm' }), one);
  const [first] = [...stepCalls(one)][0] ?? [];
  if (first === undefined) throw new Error('no call');
  await session.run(first.entry, first.inputs);
  const before = tf.memory().numTensors;
  await expect(session.run(first.entry, new Map())).rejects.toThrow(/was called without its input/);
  await expect(session.run('nothing', new Map())).rejects.toThrow("no function 'nothing'");
  await expect(session.read(['nothing'])).rejects.toThrow("no tensor 'nothing'");
  expect(tf.memory().numTensors).toBe(before);
  expect((await session.run(first.entry, first.inputs)).get('loss')?.data[0]).toBeGreaterThan(0);
  await session.dispose();
});

test('sessions on two backends take turns, whichever is active', async () => {
  const one = await problem('linear-regression', undefined);
  const [left, right] = await Promise.all(['wasm', 'cpu'].map((backend) => begin(tfjsEngine({ backend }), one)));
  if (left === undefined || right === undefined) throw new Error('no sessions');
  const steps = [...stepCalls(one)].slice(0, 5);
  const both = await Promise.all([left, right].map((session) => Promise.all(steps.map((calls) => takeStep(session, calls)))));
  for (const [index, results] of (both[0] ?? []).entries())
    expect(results.get('loss')?.data[0]).toBeCloseTo(both[1]?.[index]?.get('loss')?.data[0] ?? Number.NaN, 4);
  await Promise.all([left.dispose(), right.dispose()]);
});

describe('the engine says', () => {
  test('which package and backend it took, and why no faster one', async () => {
    const { available, detail } = await tfjsEngine().probe();
    expect(available).toBe(true);
    expect(detail).toMatch(/^@tensorflow\/tfjs-core 4\.\d+\.\d+ \(@tensorflow\/tfjs-node-gpu is not installed; .*\), backend wasm$/);
  });

  test('that `auto` should pass it by where no GPU is seen', async () => {
    expect(await tfjsEngine().unfitForAuto?.()).toBe('@tensorflow/tfjs-node-gpu is not installed');
  });

  test('what to install where nothing is', async () => {
    const { available, detail } = await tfjsEngine({ from: '/nowhere' }).probe();
    expect(available).toBe(false);
    expect(detail).toMatch(/tfjs-core is not installed.*npm install @tensorflow\/tfjs-core/);
  });

  test('that it knows no such backend', async () => {
    const { available, detail } = await tfjsEngine({ backend: 'webnn' }).probe();
    expect([available, detail]).toEqual([
      false,
      "TensorFlow.js has no backend 'webnn' that metac knows: tensorflow, wasm, webgpu, webgl, cpu",
    ]);
    await expect(tfjsEngine({ backend: 'webnn' }).compile(oneEntryProgram(emptyEntry(), []), {})).rejects.toThrow(LimitationError);
  });

  test('which backends are not registered', async () => {
    expect((await injectedTfjsEngine({ tf, backend: 'webgl' }).probe()).detail).toMatch(
      /no backend that works here: webgl is not registered/,
    );
    expect((await injectedTfjsEngine({ tf }).probe()).detail).toMatch(/^TensorFlow\.js \S+ \(given\), backend wasm$/);
  });
});

function emptyEntry() {
  const b = new FunctionBuilder();
  return { name: 'step', body: b.finish([{ name: 'one', value: b.constant(1) }]), tasks: 0, inputs: [] };
}

test('a program that is not differentiated is refused', async () => {
  const inner = new FunctionBuilder();
  const w = inner.parameter('w', { dtype: 'float', shape: [3] });
  const body = inner.finish([{ name: 'loss', value: inner.sum(inner.binary('multiply', w, w), [0]) }]);
  const b = new FunctionBuilder();
  const [, gradient] = b.apply('gradient', [b.parameter('w', { dtype: 'float', shape: [3] })], { body, wrt: [0] });
  if (gradient === undefined) throw new Error('no gradient');
  const entry = { name: 'step', body: b.finish([{ name: 'gradient', value: gradient }]), tasks: 0, inputs: [] };
  await expect(tfjsEngine().compile(oneEntryProgram(entry, []), {})).rejects.toThrow("TensorFlow.js has no 'gradient'");
});
