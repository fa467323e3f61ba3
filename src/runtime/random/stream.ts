/** @file Named random streams: every number is a function of (seed, names, step, task, position), never of what was drawn before. */
import { type Key, philoxBlock } from './philox.ts';

/** The task of a draw that all tasks of a step share. */
export const SHARED_TASK = 0xffffffff;

const TWO_TO_32 = 4294967296;
const TWO_TO_MINUS_24 = 1 / 16777216;

/** Throws RangeError for what would give the random numbers of another seed: fractions, negative and huge numbers. */
export function requireSeed(seed: number): void {
  if (!(Number.isSafeInteger(seed) && seed >= 0)) throw new RangeError(`a seed is a whole number from 0 to 2^53 - 1, not ${seed}`);
}

/**
 * Derives a key from a seed (a non-negative safe integer) and a path of names. Philox is used as the compression function of a hash
 * (Matyas-Meyer-Oseas): each group of the text's words is encrypted under the key so far and added to the result. See `requireSeed`.
 */
export function streamKey(seed: number, ...names: readonly string[]): Key {
  requireSeed(seed);
  let key: Key = [seed >>> 0, Math.floor(seed / TWO_TO_32) >>> 0];
  const block = new Uint32Array(4);
  for (const name of names) {
    const bytes = new TextEncoder().encode(name);
    for (let start = 0; start <= bytes.length; start += 8) {
      const low = wordAt(bytes, start);
      const high = wordAt(bytes, start + 4);
      philoxBlock(block, 0, low, high, bytes.length, start, key);
      key = [((block[0] as number) ^ low) >>> 0, ((block[1] as number) ^ high) >>> 0];
    }
  }
  return key;
}

function wordAt(bytes: Uint8Array, start: number): number {
  let word = 0;
  for (let index = 0; index < 4; index++) word |= (bytes[start + index] ?? 0) << (8 * index);
  return word >>> 0;
}

/**
 * Writes `count` uniform numbers on [0, 1), multiples of 2^-24 (so exact in float32), to `out` from `offset`.
 * @param step any non-negative safe integer; @param task below 2^32.
 */
export function fillUniform(out: Float32Array, offset: number, count: number, key: Key, step: number, task: number): void {
  const words = new Uint32Array(4);
  const stepHigh = Math.floor(step / TWO_TO_32);
  let index = 0;
  for (let block = 0; index < count; block++) {
    philoxBlock(words, 0, block, task, step, stepHigh, key);
    const limit = Math.min(4, count - index);
    for (let lane = 0; lane < limit; lane++) out[offset + index++] = ((words[lane] as number) >>> 8) * TWO_TO_MINUS_24;
  }
}

/** Writes `count` normal numbers (mean 0, deviation 1) to `out` from `offset`, by Box and Muller (1958), two for each pair of words. */
export function fillNormal(out: Float32Array, offset: number, count: number, key: Key, step: number, task: number): void {
  const words = new Uint32Array(4);
  const stepHigh = Math.floor(step / TWO_TO_32);
  let index = 0;
  for (let block = 0; index < count; block++) {
    philoxBlock(words, 0, block, task, step, stepHigh, key);
    for (let lane = 0; lane < 4 && index < count; lane += 2) {
      // 1 - u is in (0, 1], so that the logarithm is finite.
      const radius = Math.sqrt(-2 * Math.log(1 - (words[lane] as number) / TWO_TO_32));
      const angle = (2 * Math.PI * (words[lane + 1] as number)) / TWO_TO_32;
      out[offset + index++] = radius * Math.cos(angle);
      if (index < count) out[offset + index++] = radius * Math.sin(angle);
    }
  }
}

/** Words of one (key, step, task), one after the other, for choices of integers. */
export class RandomStream {
  readonly #key: Key;
  readonly #step: number;
  readonly #task: number;
  readonly #words = new Uint32Array(4);
  #block = 0;
  #lane = 4;

  constructor(key: Key, step: number, task: number) {
    this.#key = key;
    this.#step = step;
    this.#task = task;
  }

  /** 32 random bits. */
  word(): number {
    if (this.#lane === 4) {
      philoxBlock(this.#words, 0, this.#block++, this.#task, this.#step, Math.floor(this.#step / TWO_TO_32), this.#key);
      this.#lane = 0;
    }
    return this.#words[this.#lane++] as number;
  }

  /** Uniform on 0, …, bound - 1 for a bound of 1 to 2^32; words beyond the last whole multiple of `bound` are drawn again. */
  integer(bound: number): number {
    const limit = TWO_TO_32 - (TWO_TO_32 % bound);
    let word = this.word();
    while (word >= limit) word = this.word();
    return word % bound;
  }

  /** `count` distinct integers of 0, …, bound - 1 in random order (a sparse Fisher-Yates shuffle, stopped early). */
  distinct(count: number, bound: number): number[] {
    const moved = new Map<number, number>();
    const chosen: number[] = [];
    for (let index = 0; index < count; index++) {
      const other = index + this.integer(bound - index);
      chosen.push(moved.get(other) ?? other);
      moved.set(other, moved.get(index) ?? index);
    }
    return chosen;
  }

  /** 0, …, size - 1 in random order. */
  permutation(size: number): Uint32Array {
    const order = Uint32Array.from({ length: size }, (_, index) => index);
    for (let index = 0; index < size - 1; index++) {
      const other = index + this.integer(size - index);
      const value = order[other] as number;
      order[other] = order[index] as number;
      order[index] = value;
    }
    return order;
  }
}
