/** @file Work that takes turns: in the order in which it was asked for, whatever happens to the work before. */
import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Turns } from '../../../src/runtime/engines/turns.ts';

test('work begins when what was asked for before it has ended, failed or not', async () => {
  const turns = new Turns();
  const log: string[] = [];
  const work = (name: string, milliseconds: number) => async (): Promise<string> => {
    log.push(`${name} begins`);
    await setTimeout(milliseconds);
    log.push(`${name} ends`);
    if (name === 'second') throw new Error('second failed');
    return name;
  };
  const results = [turns.take(work('first', 20)), turns.take(work('second', 1)), turns.take(work('third', 0))];
  expect(log).toEqual([]);
  const outcomes = await Promise.allSettled(results);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(log).toEqual(['first', 'second', 'third'].flatMap((name) => [`${name} begins`, `${name} ends`]));
});
