/** @file Random functions over all primitives on an engine: what single primitives do not show, such as tensors that share their elements. */
import fc from 'fast-check';
import { expect } from 'vitest';
import { evaluateFunction } from '../../../src/compiler/ir/evaluate/evaluate.ts';
import type { HostArray } from '../../../src/compiler/ir/host-array.ts';
import type { EntryFunction } from '../../../src/compiler/ir/ir.ts';
import { removeDeadNodes } from '../../../src/compiler/optimize/dead-code.ts';
import type { Engine, Session, Tensors } from '../../../src/runtime/engine.ts';
import type { Tensor } from '../../../src/runtime/tensor.ts';
import { type RandomFunction, randomFunctions } from '../../random-function.ts';
import { largestError } from './expect-tensors.ts';
import { inputOf, oneEntryProgram } from './sample-program.ts';

/** Results of float32 after a dozen primitives, relative to the largest entry of each tensor. */
const TOLERANCE = 2e-3;
/** Beyond it, what was rounding is no longer small. */
const LARGEST = 1e4;

/** `runs` functions from a fixed seed: the same at every run of the tests. Each is called twice, with other tensors alive in between. */
export async function checkRandomFunctions(engine: Engine, runs: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(randomFunctions(), (made) => checkFunction(engine, made)),
    { seed: 4, numRuns: runs },
  );
}

async function checkFunction(engine: Engine, { f, args }: RandomFunction): Promise<void> {
  const expected = evaluateFunction(f, args);
  if (expected.some(({ data }) => data.some((value: number) => !(Math.abs(value) <= LARGEST)))) return;
  const body = removeDeadNodes(f);
  const inputs = new Map(
    f.parameters.map(({ name }, index): [string, Tensor] => {
      const { type, data } = args[index] as HostArray;
      return [name, { dtype: type.dtype, shape: type.shape, data: data.slice() }];
    }),
  );
  const declared = f.parameters.map(({ name, value }) => inputOf(name, value.type));
  const entry: EntryFunction = { name: 'random', body, tasks: 0, inputs: declared };
  const session: Session = await engine.compile(oneEntryProgram(entry, []), { threads: 1 });
  try {
    for (const found of [await session.run('random', inputs), await session.run('random', inputs)]) {
      const wanted: Tensors = new Map(
        f.results.map(({ name }, index): [string, Tensor] => {
          const { type, data } = expected[index] as HostArray;
          return [name, { dtype: type.dtype, shape: type.shape, data }];
        }),
      );
      const { name, relative } = largestError(found, wanted, 1);
      expect(relative, `${name}: relative error ${relative}`).toBeLessThanOrEqual(TOLERANCE);
    }
  } finally {
    await session.dispose();
  }
}
