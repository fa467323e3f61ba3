/** @file What a pass is. */
import type { Func } from '../ir/ir.ts';
import type { PassMemory } from './pass-memory.ts';

/** Rewrites a function into one with the same parameters, the same results and the same meaning. Returns its argument when nothing changes. */
export interface Pass {
  /** Kebab-case, as `compile --stage optimized` and `explain` print it. */
  readonly name: string;
  /** One sentence: what it does. */
  readonly summary: string;
  /** What comes out depends on the function alone; `memory` saves looking again where nothing is to be found. */
  readonly run: (f: Func, memory?: PassMemory) => Func;
}

/** What a pass does to one function; `inside` is the pass itself, for the bodies of nodes with a region. */
export type Change = (f: Func, inside: (body: Func) => Func, memory: PassMemory | undefined) => Func;

/** A pass that goes into regions, and rests in those that it found nothing to do in. */
export function recursivePass(name: string, summary: string, change: Change): Pass {
  const run = (f: Func, memory?: PassMemory): Func => {
    if (memory?.rests(run, f)) return f;
    const next = change(f, (body) => run(body, memory), memory);
    if (next === f) memory?.rest(run, f);
    return next;
  };
  return { name, summary, run };
}
