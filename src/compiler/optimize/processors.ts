/**
 * @file Optimisation for engines that run on processors with caches, where a convolution is a matrix product of patches and what counts
 * besides arithmetic is the memory that tensors take: the passes of `pipeline.ts`, and those that only pay there. Measured in bench/NOTES.md.
 */
import type { Func } from '../ir/ir.ts';
import { layouts } from './layouts.ts';
import { masks } from './masks.ts';
import { moments } from './moments.ts';
import type { Pass } from './pass.ts';
import { patchProducts } from './patch-products.ts';
import { cleanupPasses, inFewerWalks, type OptimizeOptions, passes, runToFixpoint } from './pipeline.ts';
import { pooledConvolutions } from './pooled-convolutions.ts';
import { transposedSums } from './transposed-sums.ts';
import { wideConvolutions } from './wide-convolutions.ts';
import { windows } from './windows.ts';

function insertBefore(list: readonly Pass[], place: Pass, more: readonly Pass[]): readonly Pass[] {
  return list.flatMap((pass) => (pass === place ? [...more, pass] : [pass]));
}

/** Before differentiation: derivatives of the better form are better forms. */
const poolsFirst = insertBefore(cleanupPasses, windows, [
  pooledConvolutions, // takes the order of a pool from pool-first
]);

/** Only when no pool of a convolution is left to be found: products hide it. */
const thenProducts = insertBefore(cleanupPasses, windows, [
  patchProducts, // of the convolutions that pools have made smaller
  moments, // of the products that patch-products made
]);

const afterBatching = insertBefore(passes, layouts, [
  masks, // of the comparisons that are left
  wideConvolutions, // writes the order of dimensions that layouts then spreads
  transposedSums, // what layouts left about accumulators in the round before
]);

const cleanupStages = [poolsFirst, thenProducts].map(inFewerWalks);

/** As `cleanup` of pipeline.ts, with first layers as products. */
export function cleanupForProcessors(f: Func, options: OptimizeOptions = { verify: false }): Func {
  return cleanupStages.reduce((current, stage) => runToFixpoint(stage, current, options), f);
}

/** As `optimize` of pipeline.ts, with wide convolutions. */
export function optimizeForProcessors(f: Func, options: OptimizeOptions): Func {
  return runToFixpoint(afterBatching, f, options);
}
