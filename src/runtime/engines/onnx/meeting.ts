/** @file Where replicas on different threads meet after each step: memory that all of them see, without a message. */
import { InternalError } from '../../../compiler/diagnostics/internal-error.ts';

/** Shared memory; can be sent to a thread. */
export interface MeetingPlace {
  readonly replicas: number;
  /** Elements of the largest contribution. */
  readonly size: number;
  /** For each replica how often it has come, on a cache line of its own; last, whether one has given up. */
  readonly arrivals: SharedArrayBuffer;
  /** Contributions of two successive rounds: who is ahead writes those of the next while others still read. */
  readonly contributions: SharedArrayBuffer;
}

/** Int32 elements of a cache line. */
const LINE = 16;
/** Looks at another's counter before the thread sleeps: some 0.1 ms, more than replicas with equal shares wait on a quiet machine. */
const LOOKS = 20_000;
/** Sleeping threads look up this often, in case that the one they wait for has died. */
const SLEEP_MS = 1000;

export function meetingPlace(replicas: number, size: number): MeetingPlace {
  return {
    replicas,
    size,
    arrivals: new SharedArrayBuffer(4 * LINE * (replicas + 1)),
    contributions: new SharedArrayBuffer(2 * 4 * replicas * size),
  };
}

/** Keeps all replicas from waiting for each other, now and later: one of them has failed, or its thread has died. */
export function endMeetings({ replicas, arrivals }: MeetingPlace): void {
  const counters = new Int32Array(arrivals);
  Atomics.store(counters, LINE * replicas, 1);
  for (let replica = 0; replica < replicas; replica++) Atomics.notify(counters, LINE * replica);
}

/** One replica's part in it. */
export class Meeting {
  readonly #place: MeetingPlace;
  readonly #replica: number;
  readonly #arrivals: Int32Array;
  readonly #contributions: Float32Array;
  #round: number;

  constructor(place: MeetingPlace, replica: number) {
    this.#place = place;
    this.#replica = replica;
    this.#arrivals = new Int32Array(place.arrivals);
    this.#contributions = new Float32Array(place.contributions);
    this.#round = Atomics.load(this.#arrivals, LINE * replica);
  }

  /**
   * Blocks the thread until all replicas have called it as often, and writes what they brought to `all`, replica by replica: float [replicas, own.length].
   * Throws InternalError when another replica has given up.
   */
  exchange(own: Float32Array, all: Float32Array): void {
    const { replicas, size } = this.#place;
    this.#round = (this.#round + 1) | 0;
    const start = (this.#round & 1) * replicas * size;
    this.#contributions.set(own, start + this.#replica * own.length);
    Atomics.store(this.#arrivals, LINE * this.#replica, this.#round);
    Atomics.notify(this.#arrivals, LINE * this.#replica);
    for (let other = 0; other < replicas; other++) if (other !== this.#replica) this.#await(LINE * other);
    all.set(this.#contributions.subarray(start, start + replicas * own.length));
  }

  /** Keeps the others from waiting for this replica. */
  giveUp(): void {
    endMeetings(this.#place);
  }

  /** Counters wrap around; the difference to one's own is at most 1. */
  #await(counter: number): void {
    for (let looks = 0; looks < LOOKS; looks++) if (((Atomics.load(this.#arrivals, counter) - this.#round) | 0) >= 0) return;
    for (;;) {
      const seen = Atomics.load(this.#arrivals, counter);
      if (((seen - this.#round) | 0) >= 0) return;
      if (Atomics.load(this.#arrivals, LINE * this.#place.replicas) === 1) throw new InternalError('another replica has given up');
      Atomics.wait(this.#arrivals, counter, seen, SLEEP_MS);
    }
  }
}
