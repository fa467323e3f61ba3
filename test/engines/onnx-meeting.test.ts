/** @file Threads meet through shared memory: who is late, who is ahead, who gives up, and counters that wrap around. */
import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { endMeetings, Meeting, type MeetingPlace, meetingPlace } from '../../src/runtime/engines/onnx/meeting.ts';

interface Visitor {
  readonly place: MeetingPlace;
  readonly replica: number;
  readonly rounds: number;
  /** Milliseconds before each round, in turn. */
  readonly pauses: readonly number[];
  /** Gives up after its rounds. */
  readonly givesUp: boolean;
}

const SCRIPT = `
const { parentPort, workerData } = require('node:worker_threads');
import('tsx/esm/api').then(({ register }) => { register(); return import(${JSON.stringify(new URL('../../src/runtime/engines/onnx/meeting.ts', import.meta.url).href)}); })
  .then(({ Meeting }) => {
    const { place, replica, rounds, pauses, givesUp } = workerData;
    const meeting = new Meeting(place, replica);
    const seen = [];
    try {
      for (let round = 0; round < rounds; round++) {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauses[round % pauses.length]);
        const all = new Float32Array(2 * place.replicas);
        meeting.exchange(Float32Array.of(replica, round), all);
        seen.push([...all]);
      }
      if (givesUp) meeting.giveUp();
      parentPort.postMessage({ seen });
    } catch (error) { parentPort.postMessage({ seen, error: error.message }); }
  });
`;

function visit(visitor: Visitor): Promise<{ readonly seen: number[][]; readonly error?: string }> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(SCRIPT, { eval: true, workerData: visitor });
    worker.on('message', (answer) => {
      resolve(answer);
      void worker.terminate();
    });
    worker.on('error', reject);
  });
}

describe('replicas that meet', { timeout: 30_000 }, () => {
  it('see what all brought to the same round, whoever comes late', async () => {
    const place = meetingPlace(3, 5);
    const pauses = [[0], [3, 0, 0], [0, 0, 7]];
    const visits = await Promise.all(pauses.map((each, replica) => visit({ place, replica, rounds: 30, pauses: each, givesUp: false })));
    const expected = Array.from({ length: 30 }, (_, round) => [0, round, 1, round, 2, round]);
    for (const { seen, error } of visits) expect({ seen, error }).toEqual({ seen: expected, error: undefined });
  });

  it('do not wait for one that has given up', async () => {
    const place = meetingPlace(2, 2);
    const visits = await Promise.all(
      [3, 1].map((rounds, replica) => visit({ place, replica, rounds, pauses: [0], givesUp: replica === 1 })),
    );
    expect(visits[0]).toEqual({ seen: [[0, 0, 1, 0]], error: expect.stringContaining('another replica has given up') });
  });

  it('do not wait for one that never comes, once somebody says so', async () => {
    const place = meetingPlace(2, 2);
    const visit0 = visit({ place, replica: 0, rounds: 1, pauses: [0], givesUp: false });
    // It has come, and sleeps.
    while (Atomics.load(new Int32Array(place.arrivals), 0) === 0) await setTimeout(5);
    await setTimeout(20);
    endMeetings(place);
    expect(await visit0).toEqual({ seen: [], error: expect.stringContaining('another replica has given up') });
  });

  it('meet on when the counters wrap around', async () => {
    const place = meetingPlace(2, 2);
    // As after 2^31 - 2 rounds.
    for (const replica of [0, 1]) new Int32Array(place.arrivals)[16 * replica] = 2 ** 31 - 2;
    const visits = await Promise.all([0, 1].map((replica) => visit({ place, replica, rounds: 6, pauses: [replica], givesUp: false })));
    for (const { seen } of visits) expect(seen.at(-1)).toEqual([0, 5, 1, 5]);
  });

  it('alone: nobody to wait for', () => {
    const all = new Float32Array(2);
    new Meeting(meetingPlace(1, 2), 0).exchange(Float32Array.of(4, 5), all);
    expect([...all]).toEqual([4, 5]);
  });
});
