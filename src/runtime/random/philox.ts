/** @file Philox4x32-10, the counter-based generator of Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (SC 2011). */

/** 64 bits as two words, the low one first. */
export type Key = readonly [number, number];

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;
const ROUNDS = 10;

/**
 * Writes the four 32-bit words of one block to `out[offset..offset+4)`. The high half of a 32 x 32 bit product is made from 16-bit
 * halves, since neither doubles nor `Math.imul` hold it.
 */
export function philoxBlock(out: Uint32Array, offset: number, c0: number, c1: number, c2: number, c3: number, key: Key): void {
  let x0 = c0 | 0;
  let x1 = c1 | 0;
  let x2 = c2 | 0;
  let x3 = c3 | 0;
  let k0 = key[0] | 0;
  let k1 = key[1] | 0;
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = highHalf(x0 & 0xffff, x0 >>> 16, MULTIPLIER_0 & 0xffff, MULTIPLIER_0 >>> 16);
    const high2 = highHalf(x2 & 0xffff, x2 >>> 16, MULTIPLIER_1 & 0xffff, MULTIPLIER_1 >>> 16);
    const product0 = Math.imul(x0, MULTIPLIER_0);
    const product2 = Math.imul(x2, MULTIPLIER_1);
    x0 = high2 ^ x1 ^ k0;
    x1 = product2;
    x2 = high0 ^ x3 ^ k1;
    x3 = product0;
    k0 = (k0 + WEYL_0) | 0;
    k1 = (k1 + WEYL_1) | 0;
  }
  out[offset] = x0;
  out[offset + 1] = x1;
  out[offset + 2] = x2;
  out[offset + 3] = x3;
}

/** High 32 bits of the product of two words given as 16-bit halves. */
function highHalf(aLow: number, aHigh: number, bLow: number, bHigh: number): number {
  const lowLow = Math.imul(aLow, bLow);
  const highLow = Math.imul(aHigh, bLow);
  const lowHigh = Math.imul(aLow, bHigh);
  const middle = (lowLow >>> 16) + (highLow & 0xffff) + (lowHigh & 0xffff);
  return (Math.imul(aHigh, bHigh) + (highLow >>> 16) + (lowHigh >>> 16) + (middle >>> 16)) | 0;
}
