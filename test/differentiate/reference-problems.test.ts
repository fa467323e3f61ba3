/** @file Losses and every meta-gradient entry of the fixtures, on the reference evaluator, against JAX in float64. */
import { describe, expect, test } from 'vitest';
import { differentiate } from '../../src/compiler/differentiate/differentiate.ts';
import { evaluateFunction } from '../../src/compiler/ir/evaluate/evaluate.ts';
import type { HostArray } from '../../src/compiler/ir/host-array.ts';
import { verifyFunction } from '../../src/compiler/ir/verify.ts';
import { fixtureNames } from '../fixtures/fixture.ts';
import { referenceProblem } from '../fixtures/reference-problems.ts';

const tolerance = 1e-9;

describe.each(fixtureNames)('%s', (name) => {
  test.each(['second', 'first'] as const)('%s order', (order) => {
    const { f, args, expected } = referenceProblem(name, order);
    verifyFunction(f);
    const differentiated = differentiate(f);
    verifyFunction(differentiated);
    const results = evaluateFunction(differentiated, args);
    expect(new Set(f.results.map((result) => result.name))).toEqual(new Set(expected.keys()));
    f.results.forEach(({ name: result }, index) => {
      const actual = results[index] as HostArray;
      const wanted = expected.get(result) as HostArray;
      expect(actual.type, result).toEqual(wanted.type);
      // Entry by entry; entries that cancel to nothing are compared with the largest of their tensor.
      const largest = Math.max(...Array.from(wanted.data, Math.abs));
      wanted.data.forEach((value, element) => {
        const difference = Math.abs((actual.data[element] as number) - value);
        const scale = Math.max(Math.abs(value), 1e-6 * largest);
        expect(difference / scale, `${result}[${element}]`).toBeLessThan(tolerance);
      });
    });
  });
});
