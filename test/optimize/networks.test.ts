/** @file Whole meta-learning steps: differentiated twice, batched and optimised, against the plain derivative task by task. */
import { describe, expect, test } from 'vitest';
import { batch } from '../../src/compiler/batch/batch.ts';
import { compile } from '../../src/compiler/compile.ts';
import { differentiate } from '../../src/compiler/differentiate/differentiate.ts';
import type { HostArray } from '../../src/compiler/ir/host-array.ts';
import type { EntryFunction, Func, Program } from '../../src/compiler/ir/ir.ts';
import { sizeOf } from '../../src/compiler/ir/tensor-type.ts';
import { costOf } from '../../src/compiler/optimize/cost.ts';
import { transposedElements } from '../../src/compiler/optimize/layouts.ts';
import { cleanup, countPrimitives, optimize } from '../../src/compiler/optimize/pipeline.ts';
import { floats, indices } from '../primitives/draw.ts';
import { fixtureSpecs } from '../specs/fixture-specs.ts';
import { expectSame } from './support.ts';

function lowered(text: string, chunk: number): EntryFunction {
  let program: Program | undefined;
  const { diagnostics } = compile(
    { name: 'network.meta', text },
    {
      chunk,
      observe: (stage, seen) => {
        if (stage === 'ir') program = seen;
      },
    },
  );
  const entry = program?.functions.find(({ name, tasks }) => name.startsWith('train') && tasks === chunk);
  if (entry === undefined) throw new Error(diagnostics.map(({ title }) => title).join('\n'));
  return entry;
}

function compiled(body: Func): Func {
  return optimize(batch(differentiate(cleanup(body), cleanup)), { verify: true });
}

function argumentsFor(f: Func): HostArray[] {
  return f.parameters.map(({ value: { type } }, index) =>
    type.dtype === 'int' ? indices(type.shape, index, 2) : floats(type.shape, index, -1, 1),
  );
}

describe.each(fixtureSpecs)('$fixture', (spec) => {
  const text = spec.text('second').replace('batch 3', 'batch 4');
  test.each([1, 2])('means the same in chunks of %i tasks', (chunk) => {
    const { body } = lowered(text, chunk);
    expectSame(differentiate(body), compiled(body), argumentsFor(body), 1e-10);
  });
});

describe('a convolutional network, second order', () => {
  const spec = fixtureSpecs.find(({ fixture }) => fixture === 'maml-conv-1-step');
  const text = spec?.text('second') ?? '';

  test('one task costs what its body costs: no task dimension is left', () => {
    const { body } = lowered(text, 1);
    const f = compiled(body);
    for (const node of f.nodes) for (const { type } of node.results) expect(type.shape.length).toBeLessThanOrEqual(4);
  });

  test('moves no activations about', () => {
    const { body } = lowered(text, 1);
    const before = batch(differentiate(body));
    const after = compiled(body);
    // Kernels and the flattened features are transposed; 3 images of 8 x 8 x 4 and more are not.
    const kernels = body.parameters
      .filter(({ name }) => name.endsWith('kernel'))
      .reduce((sum, { value }) => sum + sizeOf(value.type.shape), 0);
    expect(transposedElements(after)).toBeLessThan(transposedElements(before) / 5);
    expect(transposedElements(after)).toBeLessThan(8 * kernels);
  });

  test('does less of everything', () => {
    const { body } = lowered(text, 1);
    const before = costOf(batch(differentiate(body)));
    const after = costOf(compiled(body));
    expect(after.flops).toBeLessThan(before.flops * 0.8);
    expect(after.bytes).toBeLessThan(before.bytes * 0.7);
    expect(after.nodes).toBeLessThan(before.nodes);
  });

  test('compares activations only to choose winners', () => {
    // relu works on pooled tensors: no select or compare on the whole activations.
    const after = compiled(lowered(text, 1).body);
    const big = after.nodes.filter(
      (node) => (node.op === 'compare' || node.op === 'maximum') && node.results.some(({ type }) => sizeOf(type.shape) >= 6 * 4 * 8 * 8),
    );
    expect(big.map((node) => node.op)).toEqual([]);
    expect(countPrimitives(after).window_argmax).toBeGreaterThan(0);
  });
});
