/**
 * @file NumPy's `default_rng(seed)`: the peers draw their data and first weights with it, and so the comparison needs no Python to start from
 * the same numbers (uniforms are the same to the last bit; normals to fourteen digits, which are the same float32 numbers). SeedSequence (Melissa O'Neill's seed_seq_fe128), PCG64 (XSL-RR 128/64, O'Neill 2014) and the
 * ziggurat for normals (Marsaglia and Tsang 2000, with 256 strips).
 */

const MASK_64 = (1n << 64n) - 1n;
const MASK_128 = (1n << 128n) - 1n;
const MULTIPLIER = (2549297995355413924n << 64n) | 4865540595714422341n;

/** Eight 32-bit words that SeedSequence makes of a seed below 2^32. */
function seedWords(seed: number): Uint32Array {
  let hash = 0x43b0d7e5;
  const hashed = (value: number): number => {
    const mixed = value ^ hash;
    hash = Math.imul(hash, 0x931e8875);
    const product = Math.imul(mixed, hash);
    return product ^ (product >>> 16);
  };
  const pool = Uint32Array.of(seed, 0, 0, 0).map(hashed);
  for (let source = 0; source < 4; source++) {
    for (let target = 0; target < 4; target++) {
      if (source === target) continue;
      const mixed = Math.imul(0xca01f9dd, pool[target] ?? 0) - Math.imul(0x4973f715, hashed(pool[source] ?? 0));
      pool[target] = mixed ^ (mixed >>> 16);
    }
  }
  let output = 0x8b51f9dd;
  return Uint32Array.from({ length: 8 }, (_, index) => {
    const mixed = (pool[index % 4] ?? 0) ^ output;
    output = Math.imul(output, 0x58f38ded);
    const product = Math.imul(mixed, output);
    return product ^ (product >>> 16);
  });
}

/** Strips of equal area under exp(-x^2 / 2): `x` edges (over 2^52), `keep` the share of a strip that lies under the curve, `height` at the edges. */
interface Strips {
  readonly x: Float64Array;
  readonly keep: Float64Array;
  readonly height: Float64Array;
}

const TAIL = 3.654152885361009;
const AREA = 0.004928673233974655;

function makeStrips(): Strips {
  const scale = 2 ** 52;
  const strips: Strips = { x: new Float64Array(256), keep: new Float64Array(256), height: new Float64Array(256) };
  const density = (x: number): number => Math.exp(-0.5 * x * x);
  const base = AREA / density(TAIL);
  strips.x[0] = base / scale;
  strips.keep[0] = Math.floor((TAIL / base) * scale);
  strips.height[0] = 1;
  let edge = TAIL;
  for (let index = 255; index >= 1; index--) {
    strips.x[index] = edge / scale;
    strips.height[index] = density(edge);
    const inner = index === 1 ? 0 : Math.sqrt(-2 * Math.log(AREA / edge + density(edge)));
    strips.keep[index] = Math.floor((inner / edge) * scale);
    edge = inner;
  }
  return strips;
}

export class NumpyRandom {
  #state: bigint;
  readonly #increment: bigint;
  readonly #strips = makeStrips();

  constructor(seed: number) {
    const words = seedWords(seed);
    const word = (index: number): bigint => BigInt(words[index] ?? 0);
    const half = (index: number): bigint => word(2 * index) | (word(2 * index + 1) << 32n);
    this.#increment = ((((half(2) << 64n) | half(3)) << 1n) | 1n) & MASK_128;
    this.#state = (this.#increment + ((half(0) << 64n) | half(1))) & MASK_128;
    this.#advance();
  }

  /** `size` values in [low, high). */
  uniform(low: number, high: number, size: number): Float64Array {
    return Float64Array.from({ length: size }, () => low + (high - low) * this.#double());
  }

  /** `size` values of mean 0 and deviation 1. */
  standardNormal(size: number): Float64Array {
    return Float64Array.from({ length: size }, () => this.#normal());
  }

  #advance(): void {
    this.#state = (this.#state * MULTIPLIER + this.#increment) & MASK_128;
  }

  #next(): bigint {
    this.#advance();
    const folded = ((this.#state >> 64n) ^ this.#state) & MASK_64;
    const turn = this.#state >> 122n;
    return ((folded >> turn) | (folded << (64n - turn))) & MASK_64;
  }

  #double(): number {
    return Number(this.#next() >> 11n) / 2 ** 53;
  }

  #normal(): number {
    const { x: edges, keep, height } = this.#strips;
    for (;;) {
      const bits = this.#next();
      const strip = Number(bits & 0xffn);
      const negative = (bits & 0x100n) !== 0n;
      const place = Number((bits >> 9n) & 0xfffffffffffffn);
      const size = place * (edges[strip] ?? 0);
      const value = negative ? -size : size;
      if (place < (keep[strip] ?? 0)) return value;
      if (strip === 0) {
        for (;;) {
          const beyond = -Math.log1p(-this.#double()) / TAIL;
          const level = -Math.log1p(-this.#double());
          if (2 * level > beyond * beyond) return Math.floor(place / 256) % 2 === 1 ? -(TAIL + beyond) : TAIL + beyond;
        }
      }
      const [upper, lower] = [height[strip - 1] ?? 0, height[strip] ?? 0];
      if ((upper - lower) * this.#double() + lower < Math.exp(-0.5 * value * value)) return value;
    }
  }
}
