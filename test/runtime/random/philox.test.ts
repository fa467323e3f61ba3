/** @file Philox against the known answers that Random123 publishes (kat_vectors), and what streams promise. */
import { describe, expect, test } from 'vitest';
import { philoxBlock } from '../../../src/runtime/random/philox.ts';
import { fillNormal, fillUniform, RandomStream, streamKey } from '../../../src/runtime/random/stream.ts';

const PI = [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0] as const;
const ONES = 0xffffffff;

describe('philox4x32-10', () => {
  test.each([
    { name: 'zeros', counter: [0, 0, 0, 0], key: [0, 0], expected: [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8] },
    { name: 'ones', counter: [ONES, ONES, ONES, ONES], key: [ONES, ONES], expected: [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd] },
    { name: 'pi', counter: PI.slice(0, 4), key: PI.slice(4), expected: [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1] },
  ])('known answer: $name', ({ counter, key, expected }) => {
    const out = new Uint32Array(4);
    const [c0 = 0, c1 = 0, c2 = 0, c3 = 0] = counter;
    philoxBlock(out, 0, c0, c1, c2, c3, [key[0] ?? 0, key[1] ?? 0]);
    expect([...out]).toEqual(expected);
  });
});

describe('streams', () => {
  test.each([-1, 1.5, 2 ** 53, Number.NaN])('the seed %s is refused: it would give the numbers of another one', (seed) => {
    expect(() => streamKey(seed, 'a')).toThrow(new RangeError(`a seed is a whole number from 0 to 2^53 - 1, not ${seed}`));
  });

  test('keys differ by seed, by name and by where names are divided', () => {
    const keys = [streamKey(1), streamKey(2), streamKey(1, 'a'), streamKey(1, 'b'), streamKey(1, 'a', 'b'), streamKey(1, 'ab')];
    keys.push(streamKey(1, 'a', ''), streamKey(1, 'abcdefgh'), streamKey(1, 'abcdefgh', ''), streamKey(2 ** 32 + 1));
    expect(new Set(keys.map(String)).size).toBe(keys.length);
  });

  test('uniform numbers are multiples of 2^-24 below 1 with the right moments', () => {
    const out = new Float32Array(200_000);
    fillUniform(out, 0, out.length, streamKey(7, 'uniform'), 3, 5);
    expect(out.every((value) => value >= 0 && value < 1 && Number.isInteger(value * 2 ** 24))).toBe(true);
    const mean = out.reduce((sum, value) => sum + value, 0) / out.length;
    const square = out.reduce((sum, value) => sum + value * value, 0) / out.length;
    expect(Math.abs(mean - 1 / 2)).toBeLessThan(5 * Math.sqrt(1 / 12 / out.length));
    expect(Math.abs(square - 1 / 3)).toBeLessThan(0.003);
  });

  test('normal numbers have the moments of the normal distribution', () => {
    const out = new Float32Array(200_001);
    fillNormal(out, 0, out.length, streamKey(7, 'normal'), 0, 0);
    const moment = (power: number) => out.reduce((sum, value) => sum + value ** power, 0) / out.length;
    expect(Math.abs(moment(1))).toBeLessThan(0.012);
    expect(Math.abs(moment(2) - 1)).toBeLessThan(0.02);
    expect(Math.abs(moment(3))).toBeLessThan(0.05);
    expect(Math.abs(moment(4) - 3)).toBeLessThan(0.12);
  });

  test('a shorter request is a prefix of a longer one, and other steps and tasks are other numbers', () => {
    const draw = (count: number, step: number, task: number) => {
      const out = new Float32Array(count);
      fillUniform(out, 0, count, streamKey(1, 'x'), step, task);
      return [...out];
    };
    expect(draw(5, 2, 3)).toEqual(draw(9, 2, 3).slice(0, 5));
    expect(draw(4, 2, 3)).not.toEqual(draw(4, 3, 2));
    expect(draw(4, 2 ** 32, 0)).not.toEqual(draw(4, 0, 0));
  });

  test('integers are unbiased: chi-squared over 7 values', () => {
    const stream = new RandomStream(streamKey(11, 'integers'), 0, 0);
    const counts = new Array<number>(7).fill(0);
    for (let index = 0; index < 70_000; index++) {
      const value = stream.integer(7);
      counts[value] = (counts[value] ?? 0) + 1;
    }
    const statistic = counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
    expect(statistic).toBeLessThan(22.5); // 99.9% point for 6 degrees of freedom
  });

  test('an integer below 2^31 + 1 rejects the half of the words that would bias it', () => {
    const stream = new RandomStream(streamKey(12, 'rejection'), 0, 0);
    const bound = 2 ** 31 + 1;
    let below = 0;
    for (let index = 0; index < 4000; index++) if (stream.integer(bound) < bound / 2) below++;
    expect(Math.abs(below - 2000)).toBeLessThan(160);
  });

  test('distinct choices are distinct and each order equally frequent', () => {
    const counts = new Map<string, number>();
    for (let step = 0; step < 12_000; step++) {
      const chosen = new RandomStream(streamKey(3, 'distinct'), step, 0).distinct(2, 4);
      expect(new Set(chosen).size).toBe(2);
      counts.set(chosen.join(), (counts.get(chosen.join()) ?? 0) + 1);
    }
    expect(counts.size).toBe(12);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(170);
  });

  test('a permutation holds every number once', () => {
    const order = new RandomStream(streamKey(5, 'order'), 1, 2).permutation(1000);
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, index) => index));
    expect([...order]).not.toEqual([...order].sort((a, b) => a - b));
  });
});
