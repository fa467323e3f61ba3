/** @file What each pass does to its example, printed: test/optimize/golden/<pass>.txt. */
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { differentiate } from '../../src/compiler/differentiate/differentiate.ts';
import type { Func } from '../../src/compiler/ir/ir.ts';
import { printFunction } from '../../src/compiler/ir/print.ts';
import { verifyFunction } from '../../src/compiler/ir/verify.ts';
import { costOf } from '../../src/compiler/optimize/cost.ts';
import { cleanupPasses, passes } from '../../src/compiler/optimize/pipeline.ts';
import { separateItems } from '../../src/compiler/optimize/separate-items.ts';
import { expectGolden } from '../golden.ts';
import { floats } from '../primitives/draw.ts';
import { examples } from './examples.ts';
import { expectSame } from './support.ts';

function described(f: Func): string {
  const { flops, bytes } = costOf(f);
  return `${printFunction(f)}\n${flops} operations, ${bytes} bytes moved\n`;
}

describe.each(examples)('$pass.name', ({ pass, about, f }) => {
  const after = pass.run(f);
  const args = f.parameters.map(({ value }, index) => floats(value.type.shape, 500 + index));

  test('as printed', () => {
    const text = `${pass.name}: ${pass.summary}\nHere: ${about}.\n\nbefore\n${described(f)}\nafter\n${described(after)}`;
    expectGolden(fileURLToPath(new URL(`golden/${pass.name}.txt`, import.meta.url)), text);
  });

  test('means the same, is no dearer, and is done', () => {
    verifyFunction(after);
    expectSame(differentiate(f), differentiate(after), args);
    // Two products need an addition more, and one of them need not be made step by step.
    const allowed = pass === separateItems ? 1.1 : 1;
    expect(costOf(after).flops).toBeLessThanOrEqual(allowed * costOf(f).flops);
    expect(after).not.toBe(f);
    const again = pass.run(pass.run(after));
    expect(printFunction(pass.run(again))).toBe(printFunction(again));
  });
});

test('every pass has an example', () => {
  const shown = new Set(examples.map(({ pass }) => pass));
  expect([...passes, ...cleanupPasses].filter((pass) => !shown.has(pass)).map((pass) => pass.name)).toEqual([]);
});
