import { commonSubexpressions } from '../../src/compiler/optimize/common-subexpressions.ts';
import { deadCode } from '../../src/compiler/optimize/dead-code.ts';
import { layouts } from '../../src/compiler/optimize/layouts.ts';
import { shapes } from '../../src/compiler/optimize/shapes.ts';
import { wideConvolutions } from '../../src/compiler/optimize/wide-convolutions.ts';
import type { Func } from '../../src/compiler/ir/ir.ts';
import { change, program, race, subject } from './spec-bench.ts';

const spec = process.argv[2] ?? 'w2';
const threads = Number(process.argv[3] ?? 1);
const path = spec.includes('/') ? spec : `bench/specs/${spec}.meta`;
const base = program(path, 1);
const entry = base.functions.some((one) => one.name === 'train.accumulate') ? 'train.accumulate' : 'train.step';
console.log(base.functions.map((f) => `${f.name} ${f.body.nodes.length}`).join(', '));
export const widen = (f: Func): Func => {
  let g = f;
  for (const pass of [wideConvolutions, shapes, layouts, shapes, commonSubexpressions, deadCode]) g = pass.run(g);
  return g;
};
const a = await subject('as is', base, entry, threads);
const b = await subject('wide', change(base, entry, widen), entry, threads);
const [ra, rb] = [await a.run(), await b.run()];
for (const [name, tensor] of ra) console.log(name, tensor.data[0], rb.get(name)?.data[0]);
await race([a, b], 8);
