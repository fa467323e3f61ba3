/** @file What a pass is. */
import type { Func } from '../ir/ir.ts';

/** Rewrites a function into one with the same parameters, the same results and the same meaning. Returns its argument when nothing changes. */
export interface Pass {
  /** Kebab-case, as `compile --stage optimized` and `explain` print it. */
  readonly name: string;
  /** One sentence: what it does. */
  readonly summary: string;
  readonly run: (f: Func) => Func;
}
