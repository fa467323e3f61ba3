/** @file Compiles with passes of choice: what compile.ts does, open for experiments. */
import { readFileSync } from 'node:fs';
import { batch } from '../../src/compiler/batch/batch.ts';
import { checkSource } from '../../src/compiler/compile.ts';
import { differentiate } from '../../src/compiler/differentiate/differentiate.ts';
import type { Func, Program } from '../../src/compiler/ir/ir.ts';
import { lower } from '../../src/compiler/lower/lower.ts';
import { commonSubexpressions } from '../../src/compiler/optimize/common-subexpressions.ts';
import { deadCode } from '../../src/compiler/optimize/dead-code.ts';
import { dotOperands } from '../../src/compiler/optimize/dot-operands.ts';
import { layouts } from '../../src/compiler/optimize/layouts.ts';
import { moments } from '../../src/compiler/optimize/moments.ts';
import type { Pass } from '../../src/compiler/optimize/pass.ts';
import { patchProducts } from '../../src/compiler/optimize/patch-products.ts';
import { cleanup, cleanupPasses, optimize } from '../../src/compiler/optimize/pipeline.ts';
import { poolFirst } from '../../src/compiler/optimize/pool-first.ts';
import { pooledConvolutions } from '../../src/compiler/optimize/pooled-convolutions.ts';
import { shapes } from '../../src/compiler/optimize/shapes.ts';
import { wideConvolutions } from '../../src/compiler/optimize/wide-convolutions.ts';

function fixpoint(list: readonly Pass[], f: Func): Func {
  let current = f;
  for (let round = 0; round < 12; round++) {
    const before = current;
    for (const pass of list) current = pass.run(current);
    if (current === before) break;
  }
  return current;
}

const widen = (f: Func): Func => {
  let g = f;
  for (const pass of [wideConvolutions, shapes, layouts, shapes, dotOperands, shapes, layouts, dotOperands, shapes, commonSubexpressions, deadCode]) g = pass.run(g);
  return g;
};

/** Pool-first before the windows pass, which would hide its pattern; then what only pays before differentiation. */
export const before: readonly Pass[] = [
  ...cleanupPasses.filter((pass) => !['windows', 'pool-first', 'common-subexpressions'].includes(pass.name)),
  poolFirst,
  pooledConvolutions,
  patchProducts,
  moments,
  ...cleanupPasses.filter((pass) => pass.name === 'windows'),
  commonSubexpressions,
];

export interface Pipeline {
  readonly before: (f: Func) => Func;
  readonly after: (f: Func) => Func;
}

export const pipelines: Record<string, Pipeline> = {
  plain: { before: (f) => cleanup(f), after: (f) => f },
  wide: { before: (f) => cleanup(f), after: widen },
  pool: { before: (f) => fixpoint([...cleanupPasses.filter((p) => p.name !== 'windows'), commonSubexpressions], f), after: widen },
  small: { before: (f) => fixpoint(before, f), after: widen },
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
      const body = pipeline.after(optimize(batch(differentiate(entry.body, pipeline.before)), { verify: true }));
      return { ...entry, body };
    }),
  };
}

export function trainEntry(program: Program): string {
  return program.train[0]?.step ?? program.train[0]?.accumulate ?? '';
}
