/** @file Groups that are written as convolutions of their own give what the reference gives, on a device. */
import { describe, expect, test } from 'vitest';
import { FunctionBuilder } from '../../../src/compiler/ir/build.ts';
import { evaluateFunction } from '../../../src/compiler/ir/evaluate/evaluate.ts';
import type { EntryFunction, InputDeclaration } from '../../../src/compiler/ir/ir.ts';
import { tensorType } from '../../../src/compiler/ir/tensor-type.ts';
import { xlaEngine } from '../../../src/runtime/engines/xla/xla-engine.ts';
import { oneEntryProgram } from '../../engines/conformance/sample-program.ts';
import { cpuPlugin, TEST_ENVIRONMENT } from '../../engines/xla/cpu-plugin.ts';
import { floats } from '../../primitives/draw.ts';

const plugin = await cpuPlugin();

describe.skipIf('missing' in plugin)('a convolution in three groups of much work', () => {
  test('equals the reference', async () => {
    const lhs = floats([2, 3 * 8, 16, 16], 301);
    const rhs = floats([3 * 12, 8, 3, 3], 302);
    const builder = new FunctionBuilder();
    const operands = [builder.parameter('lhs', lhs.type), builder.parameter('rhs', rhs.type)];
    const value = builder.emit('convolution', operands, {
      strides: [1, 1],
      padding: [
        [1, 1],
        [1, 1],
      ],
      lhsDilation: [1, 1],
      rhsDilation: [1, 1],
      groups: 3,
    });
    const input = (name: string, shape: readonly number[]): InputDeclaration => ({
      kind: 'draw',
      name,
      type: tensorType('float', shape),
      distribution: 'normal',
      stream: name,
      perTask: false,
      tasks: undefined,
    });
    const entry: EntryFunction = {
      name: 'grouped',
      body: builder.finish([{ name: 'y', value }]),
      tasks: 0,
      inputs: [input('lhs', lhs.type.shape), input('rhs', rhs.type.shape)],
    };
    const engine = xlaEngine({ plugin: 'path' in plugin ? plugin.path : '', devices: 1 }, TEST_ENVIRONMENT);
    const session = await engine.compile(oneEntryProgram(entry, []), {});
    try {
      const given = new Map(
        [lhs, rhs].map((array, index) => [
          index === 0 ? 'lhs' : 'rhs',
          { dtype: 'float', shape: array.type.shape, data: array.data } as const,
        ]),
      );
      const found = (await session.run('grouped', given)).get('y')?.data ?? [];
      const [expected] = evaluateFunction(entry.body, [lhs, rhs]);
      expect(found.length).toBe(expected?.data.length);
      expected?.data.forEach((number, index) => {
        expect(Math.abs((found[index] as number) - number)).toBeLessThan(1e-4);
      });
    } finally {
      await session.dispose();
    }
  });
});
