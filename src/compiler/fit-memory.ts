/** @file Keeps a program within `memory <= …`: fewer tasks at a time first, then values computed again instead of stored. */
import type { MemoryBound } from './check/bounds.ts';
import type { Compilation } from './compile.ts';
import { memoryTooSmall } from './diagnostics/catalogue/limits.ts';
import type { Program } from './ir/ir.ts';
import { costOf, type Footprint } from './optimize/cost.ts';

/**
 * What is computed again on the way back instead of stored: nothing that the usual program stores; all that inner steps compute between
 * two iterates; of recurrences also most of their states.
 */
export type Recompute = 'nothing' | 'steps' | 'segments';
const LEVELS: readonly Recompute[] = ['nothing', 'steps', 'segments'];

/** What was done to stay within the bound. */
export interface MemoryFit {
  readonly limit: number;
  readonly forecast: number;
  readonly chunk: number;
  readonly recompute: Recompute;
  /** Without a bound. */
  readonly usual: { readonly forecast: number; readonly chunk: number; readonly program: Program };
}

/** Live tensors of the largest call: what any engine needs at least. */
export function liveFootprint(program: Program): Footprint {
  const needs = program.functions.map(({ name, body }) => [`${name}:`, costOf(body).peakBytes] as const);
  const largest = needs.reduce((most, one) => (one[1] > most[1] ? one : most), ['no function:', 0]);
  return { bytes: largest[1], parts: [largest] };
}

/**
 * The first of these that fits: the usual program; fewer tasks a call, down to one; the same with the steps of recurrences computed again.
 * @param usual compiled without a bound
 * @param compileAs compiles with this much computed again and this many tasks a call (undefined: the usual choice)
 * @param fixed the tasks of a call are given
 */
export function fitMemory(
  { bytes: limit, range }: MemoryBound,
  usual: Compilation & { readonly program: Program },
  footprint: (program: Program, compiled: Program) => Footprint,
  compileAs: (recompute: Recompute, chunk: number | undefined) => Compilation,
  fixed: boolean,
): Compilation {
  const whole = footprint(usual.program, usual.program);
  let least = whole;
  for (const recompute of LEVELS) {
    const largest = recompute === 'nothing' ? usual : compileAs(recompute, undefined);
    const fitted = (compilation: Compilation): Compilation | undefined => {
      const forecast = compilation.program === undefined ? whole : footprint(compilation.program, usual.program);
      if (forecast.bytes < least.bytes) least = forecast;
      if (forecast.bytes > limit) return undefined;
      const { chunk, program } = usual;
      return {
        ...compilation,
        memory: { limit, forecast: forecast.bytes, chunk: compilation.chunk, recompute, usual: { forecast: whole.bytes, chunk, program } },
      };
    };
    const all = fitted(largest);
    if (all !== undefined) return all;
    if (fixed || largest.chunk === 1) continue;
    const one = fitted(compileAs(recompute, 1));
    if (one === undefined) continue;
    for (let chunk = Math.floor(largest.chunk / 2); chunk > 1; chunk = Math.floor(chunk / 2)) {
      const fewer = fitted(compileAs(recompute, chunk));
      if (fewer !== undefined) return fewer;
    }
    return one;
  }
  const refusal = memoryTooSmall(limit, least.bytes, least.parts, fixed, range);
  return { ...usual, program: undefined, passes: [], diagnostics: [...usual.diagnostics, refusal] };
}
