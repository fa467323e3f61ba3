/** @file Which passes run, in which order, and why. */
import type { Func } from '../ir/ir.ts';
import type { PrimitiveName } from '../ir/primitives.ts';
import { regionOf } from '../ir/region.ts';
import { verifyFunction } from '../ir/verify.ts';
import { algebra } from './algebra.ts';
import { captures } from './captures.ts';
import { collectTerms } from './collect-terms.ts';
import { commonSubexpressions } from './common-subexpressions.ts';
import { constantFolding } from './constant-folding.ts';
import { convolutionRoles } from './convolution-roles.ts';
import { deadCode } from './dead-code.ts';
import { dotOperands } from './dot-operands.ts';
import { hoistBroadcasts } from './hoist-broadcasts.ts';
import { layouts } from './layouts.ts';
import type { Pass } from './pass.ts';
import { PassMemory } from './pass-memory.ts';
import { poolFirst } from './pool-first.ts';
import { productChains } from './product-chains.ts';
import { reductions } from './reductions.ts';
import { regroup } from './regroup.ts';
import { inOneWalk, isRewritePass, type RewritePass, restTogether } from './rewriter.ts';
import { scalarFactors } from './scalar-factors.ts';
import { separateItems } from './separate-items.ts';
import { shapes } from './shapes.ts';
import { splitScans } from './split-scans.ts';
import { stopGradients } from './stop-gradients.ts';
import { sumsOfProducts } from './sums-of-products.ts';
import { updatedTables } from './updated-tables.ts';
import { windows } from './windows.ts';

/** Everything, for functions that are differentiated and batched. */
export const passes: readonly Pass[] = [
  deadCode, // nothing else should look at what nobody needs
  stopGradients, // no derivative is to come: its operand can meet its neighbours
  constantFolding, // makes splats, which almost every other rule looks for
  algebra, // removes neutral work before anything is moved around it
  shapes, // pairs of reshapes and transposes hide neighbours from each other
  hoistBroadcasts, // sees the small operands that shapes uncovered
  convolutionRoles, // before anything is pushed into or out of convolutions
  windows, // before products with a pooled gradient are summed
  regroup, // after broadcasts have moved as far down as they can
  collectTerms, // terms are products with one small factor now
  reductions, // sums reach what they are linear in
  sumsOfProducts, // only products that no sum could be pushed past
  productChains, // of the products that there are now
  updatedTables, // their cheaper order where it takes a sum apart
  dotOperands, // takes in what the last three put in front of products
  scalarFactors, // numbers that algebra has merged
  layouts, // once dimension numbers have taken the transposes they can
  commonSubexpressions, // last: rules write the same small nodes again and again
];

/** Light, keeps derivatives: before each differentiation, so that it differentiates less. */
export const cleanupPasses: readonly Pass[] = [
  captures, // regions know nothing of what they capture: tell them what is constant or repeated
  deadCode, // as above
  constantFolding, // as above
  algebra, // as above
  shapes, // as above
  hoistBroadcasts, // a derivative of a small tensor is small
  convolutionRoles, // derivatives of the cheap form are cheap forms
  poolFirst, // only before differentiation: afterwards derivatives use the choice too
  windows, // as above
  regroup, // joins batch norm's factors
  collectTerms, // as above
  reductions, // as above
  separateItems, // for the next one
  splitScans, // a step is as small as it gets; what leaves it is differentiated outside
  commonSubexpressions, // a value that is used twice is differentiated once
];

/** The passes in their order, neighbours that are made of rules together. */
function neighbours(list: readonly Pass[]): readonly (readonly RewritePass[] | Pass)[] {
  const groups: (RewritePass[] | Pass)[] = [];
  for (const pass of list) {
    const last = groups.at(-1);
    if (!isRewritePass(pass)) groups.push(pass);
    else if (Array.isArray(last)) last.push(pass);
    else groups.push([pass]);
  }
  return groups;
}

/** Neighbouring passes made of rules, joined: clean-up runs at every level of every gradient, and nobody looks at the steps between. */
export function inFewerWalks(list: readonly Pass[]): readonly Pass[] {
  return neighbours(list).map((group) => ('run' in group ? group : inOneWalk('rules', group)));
}

const cleanupWalks = inFewerWalks(cleanupPasses);

/** Rounds until nothing changes; well-behaved functions need three or four. */
const ROUND_LIMIT = 12;

/** The first round in which there is most likely nothing left to do. */
const QUIET_ROUND = 2;

export type PrimitiveCounts = { readonly [P in PrimitiveName]?: number };

/** Told about every run of a pass that changed something. */
export type PassObserver = (pass: string, before: PrimitiveCounts, after: PrimitiveCounts) => void;

export interface OptimizeOptions {
  /** Checks the types and the order of all nodes after every pass. */
  readonly verify: boolean;
  readonly observe?: PassObserver;
  /** Shared by the runs of one compilation. */
  readonly memory?: PassMemory;
}

/** How often each primitive occurs, those inside regions included. */
export function countPrimitives(f: Func): PrimitiveCounts {
  const counts: { [P in PrimitiveName]?: number } = {};
  const visit = (body: Func): void => {
    for (const node of body.nodes) {
      counts[node.op] = (counts[node.op] ?? 0) + 1;
      const region = regionOf(node);
      if (region !== undefined) visit(region);
    }
  };
  visit(f);
  return counts;
}

export function runToFixpoint(list: readonly Pass[], f: Func, { verify, observe, memory = new PassMemory() }: OptimizeOptions): Func {
  let current = f;
  const groups = neighbours(list);
  const step = (pass: Pass): void => {
    // A pass rests while the function is one that it found nothing to do in. (Its own result may be worth another look: operands lost uses.)
    if (memory.rests(pass.run, current)) return;
    const next = pass.run(current, memory);
    if (next === current) {
      memory.rest(pass.run, current);
      return;
    }
    if (verify) verifyFunction(next, {}, `after ${pass.name}`);
    observe?.(pass.name, countPrimitives(current), countPrimitives(next));
    current = next;
  };
  for (let round = 0; round < ROUND_LIMIT; round++) {
    const before = current;
    for (const group of groups) {
      if ('run' in group) {
        step(group);
        continue;
      }
      if (round >= QUIET_ROUND && group.length > 1 && restTogether(group, current, memory)) continue;
      for (const pass of group) step(pass);
    }
    if (current === before) return current;
  }
  return current;
}

/** The function that an engine gets: same parameters, same results, less work. Comes after `differentiate` and `batch`. */
export function optimize(f: Func, options: OptimizeOptions): Func {
  return runToFixpoint(passes, f, options);
}

/** Used before and between differentiations, on functions with `gradient` and `map_tasks` inside. */
export function cleanup(f: Func, options: OptimizeOptions = { verify: false }): Func {
  return runToFixpoint(cleanupWalks, f, options);
}
