/** @file Modules: what `main` takes and gives, whose memory it takes over, the loop over stacked steps, and sums over replicas. */
import { describe, expect, test } from 'vitest';
import { LimitationError } from '../../../src/compiler/diagnostics/internal-error.ts';
import { emitStableHlo } from '../../../src/compiler/emit/stablehlo/emit.ts';
import { emitStableHloLoop } from '../../../src/compiler/emit/stablehlo/emit-loop.ts';
import { FunctionBuilder } from '../../../src/compiler/ir/build.ts';
import { chunkedProgram, stepProgram } from './programs.ts';

const cpu = { target: 'cpu' } as const;
const named = (list: readonly { readonly name: string }[]) => list.map(({ name }) => name);

describe('one call', () => {
  const { program, entry } = stepProgram();
  const module = emitStableHlo(entry, program, cpu);

  test('takes the parameters that something uses, in order, each with its role', () => {
    expect(module.parameters.map(({ name, role }) => [name, role])).toEqual([
      ['draw', 'input'],
      ['weight', 'resident'],
      ['slope', 'resident'],
      ['images', 'data'],
      ['row', 'input'],
    ]);
    expect(module.text).toContain('%arg3: tensor<5x3xui8>, // images');
  });

  test('gives the results in order and says which replace residents', () => {
    expect(module.results.map(({ name, resident }) => [name, resident])).toEqual([
      ['total', false],
      ['weight', true],
      ['last', true],
    ]);
  });

  test('takes over the memory of what it replaces, and of nothing else', () => {
    expect(module.parameters.map(({ donatedTo }) => donatedTo)).toEqual([undefined, 1, undefined, undefined, undefined]);
    expect(module.text.match(/tf\.aliasing_output = 1 : i32/g)).toHaveLength(1);
    const kept = emitStableHlo(entry, program, { ...cpu, donate: false });
    expect(kept.text).not.toContain('tf.aliasing_output');
    expect(kept.parameters.every(({ donatedTo }) => donatedTo === undefined)).toBe(true);
  });

  test('has the same bytes every time', () => {
    const again = stepProgram();
    expect(emitStableHlo(again.entry, again.program, cpu).text).toBe(module.text);
  });

  test('writes equal operations once', () => {
    const builder = new FunctionBuilder();
    const x = builder.parameter('x', { dtype: 'float', shape: [2] });
    const sum = builder.binary('add', builder.unary('tanh', x), builder.unary('tanh', x));
    const body = builder.finish([{ name: 'y', value: sum }]);
    const { text } = emitStableHlo({ name: 'twice', body, tasks: 0, inputs: [] }, program, cpu);
    expect(text.match(/stablehlo\.tanh/g)).toHaveLength(1);
    expect(text).toContain('module @small_program_twice');
  });

  test('refuses what is not differentiated', () => {
    const inner = new FunctionBuilder();
    const body = inner.finish([{ name: 'loss', value: inner.parameter('x', { dtype: 'float', shape: [] }) }]);
    const builder = new FunctionBuilder();
    const x = builder.parameter('x', { dtype: 'float', shape: [] });
    const [loss] = builder.apply('gradient', [x], { body, wrt: [0] });
    const whole = builder.finish([{ name: 'loss', value: loss ?? x }]);
    expect(() => emitStableHlo({ name: 'f', body: whole, tasks: 0, inputs: [] }, program, cpu)).toThrow(LimitationError);
  });
});

describe('precision', () => {
  const builder = new FunctionBuilder();
  const x = builder.parameter('x', { dtype: 'float', shape: [2, 2] });
  const attributes = { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [0] };
  const body = builder.finish([{ name: 'y', value: builder.emit('dot_general', [x, x], attributes) }]);
  const text = (precision: 'float32' | 'tf32' | 'bf16' | undefined) =>
    emitStableHlo({ name: 'f', body, tasks: 0, inputs: [] }, stepProgram().program, {
      ...cpu,
      ...(precision === undefined ? {} : { precision }),
    }).text;

  test('float32, the default, allows nothing shorter', () => {
    expect(text(undefined)).toContain('precision = [HIGHEST, HIGHEST]');
    expect(text('float32')).toBe(text(undefined));
  });

  test('tf32 leaves it to the device, bf16 shortens operands; both sum in float32', () => {
    expect(text('tf32')).toContain('precision = [DEFAULT, DEFAULT] : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>');
    expect(text('bf16')).toContain('(tensor<2x2xbf16>, tensor<2x2xbf16>) -> tensor<2x2xf32>');
  });
});

describe('a loop', () => {
  const { program, entry } = stepProgram();
  const counted = emitStableHloLoop(entry, program, { ...cpu, steps: 8, count: 'argument' });

  test('takes inputs stacked, and everything else as one call does, and how many steps to run', () => {
    expect(counted.parameters.map(({ name, role, type }) => [name, role, type.shape])).toEqual([
      ['draw', 'input', [8, 3]],
      ['weight', 'resident', [3]],
      ['slope', 'resident', [3]],
      ['images', 'data', [5, 3]],
      ['row', 'input', [8]],
      ['count', 'count', []],
    ]);
  });

  test('gives metrics stacked and residents as the last step leaves them', () => {
    expect(counted.results.map(({ name, type }) => [name, type.shape])).toEqual([
      ['total', [8]],
      ['weight', [3]],
      ['last', [3]],
    ]);
    expect(counted.parameters[1]?.donatedTo).toBe(1);
  });

  test('without a count always runs all: devices need not ask the host after each step', () => {
    const all = emitStableHloLoop(entry, program, { ...cpu, steps: 8, count: 'all' });
    expect(named(all.parameters)).toEqual(named(counted.parameters).slice(0, -1));
    expect(all.text).toContain('stablehlo.constant dense<8> : tensor<i32>');
  });
});

describe('several replicas', () => {
  const { program, accumulate, apply } = chunkedProgram();

  test('apply begins with the sum of all accumulators', () => {
    const { text } = emitStableHlo(apply, program, { ...cpu, replicas: 4 });
    expect(text).toContain('mhlo.num_replicas = 4');
    expect(text.match(/stablehlo\.all_reduce/g)).toHaveLength(1);
    expect(text).toContain('replica_groups = dense<[[0, 1, 2, 3]]> : tensor<1x4xi64>');
  });

  test('nothing is sent while accumulating, nor by one replica', () => {
    expect(emitStableHlo(accumulate, program, { ...cpu, replicas: 4 }).text).not.toContain('all_reduce');
    expect(emitStableHlo(apply, program, cpu).text).not.toContain('all_reduce');
  });
});
