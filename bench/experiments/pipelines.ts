/** @file Compiles with passes of choice: what compile.ts does, open for experiments. */
import { readFileSync } from 'node:fs';
import { batch } from '../../src/compiler/batch/batch.ts';
import { checkSource } from '../../src/compiler/compile.ts';
import { differentiate } from '../../src/compiler/differentiate/differentiate.ts';
import type { Func, Program } from '../../src/compiler/ir/ir.ts';
import { lower } from '../../src/compiler/lower/lower.ts';
import { moments } from '../../src/compiler/optimize/moments.ts';
import type { Pass } from '../../src/compiler/optimize/pass.ts';
import { patchProducts } from '../../src/compiler/optimize/patch-products.ts';
import { cleanup, cleanupPasses, optimize, passes } from '../../src/compiler/optimize/pipeline.ts';
import { pooledConvolutions } from '../../src/compiler/optimize/pooled-convolutions.ts';
import { cleanupForProcessors, optimizeForProcessors } from '../../src/compiler/optimize/processors.ts';
import { wideConvolutions } from '../../src/compiler/optimize/wide-convolutions.ts';
import { unroll } from './unroll.ts';

function fixpoint(list: readonly Pass[], f: Func): Func {
  let current = f;
  for (let round = 0; round < 12; round++) {
    const before = current;
    for (const pass of list) current = pass.run(current);
    if (current === before) break;
  }
  return current;
}

function insert(list: readonly Pass[], before: string, more: readonly Pass[]): Pass[] {
  return list.flatMap((pass) => (pass.name === before ? [...more, pass] : [pass]));
}

/** As proposed for pipeline.ts. */
export const before = insert(cleanupPasses, 'windows', [pooledConvolutions, patchProducts, moments]);
export const after = insert(passes, 'layouts', [wideConvolutions]);

export interface Pipeline {
  readonly before: (f: Func) => Func;
  readonly after: (f: Func) => Func;
  readonly unrolled?: boolean;
}

const plain = (f: Func) => optimize(f, { verify: true });

export const pipelines: Record<string, Pipeline> = {
  plain: { before: (f) => cleanup(f), after: plain },
  wide: { before: (f) => cleanup(f), after: (f) => optimizeForProcessors(f, { verify: true }) },
  staged: { before: (f) => cleanupForProcessors(f), after: (f) => optimizeForProcessors(f, { verify: true }) },
  small: { before: (f) => fixpoint(before, f), after: (f) => fixpoint(after, f) },
  unrolled: { before: (f) => cleanupForProcessors(f), after: (f) => optimizeForProcessors(f, { verify: true }), unrolled: true },
};

export function compileWith(file: string, chunk: number, pipeline: Pipeline, settings: Record<string, string> = {}, rows = 400): Program {
  const source = { name: file, text: readFileSync(file, 'utf8') };
  const { model, diagnostics } = checkSource(source, { settings: new Map(Object.entries(settings)), rows: new Map([['omniglot', rows]]) });
  if (model === undefined) throw new Error(JSON.stringify(diagnostics));
  const lowered = lower(model, { chunk });
  return {
    ...lowered,
    functions: lowered.functions.map((entry) => {
      const used = entry.name.startsWith('train');
      if (!used) return entry;
      const differentiated = differentiate(pipeline.before(entry.body), pipeline.before);
      const body = pipeline.after(pipeline.unrolled ? unroll(differentiated) : batch(differentiated));
      return { ...entry, body };
    }),
  };
}

export function trainEntry(program: Program): string {
  return program.train[0]?.step ?? program.train[0]?.accumulate ?? '';
}
