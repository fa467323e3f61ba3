/** @file A worker thread answers in order; whoever asks one that has ended hears of it. */
import { describe, expect, it } from 'vitest';
import { Thread } from '../../src/runtime/engines/onnx/thread.ts';

function started(): Thread<string, string> {
  return new Thread({ bundle: 'none', source: '../../../../test/engines/dying-worker.ts' }, 'heard');
}

describe('a thread', { timeout: 30_000 }, () => {
  it('answers in the order in which it was asked, and goes on after a failure', async () => {
    const thread = started();
    const answers = await Promise.allSettled(['one', 'fail', 'two'].map((request) => thread.ask(request)));
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(answers).toMatchObject([
      { value: 'heard one' },
      { reason: { message: expect.stringContaining('no more room') } },
      { value: 'heard two' },
    ]);
    await thread.end();
  });

  it('that has ended fails whoever waits for it, and whoever asks later', async () => {
    const thread = started();
    await expect(thread.ask('one')).resolves.toBe('heard one');
    const answers = await Promise.allSettled([thread.ask('end'), thread.ask('two')]);
    for (const answer of [...answers, ...(await Promise.allSettled([thread.ask('three')]))])
      expect(answer).toMatchObject({ status: 'rejected', reason: { message: expect.stringContaining('a worker thread ended') } });
    await thread.end();
  });
});
