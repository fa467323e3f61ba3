import { commonSubexpressions } from '../../src/compiler/optimize/common-subexpressions.ts';
import { deadCode } from '../../src/compiler/optimize/dead-code.ts';
import { layouts } from '../../src/compiler/optimize/layouts.ts';
import { shapes } from '../../src/compiler/optimize/shapes.ts';
import { wideConvolutions } from '../../src/compiler/optimize/wide-convolutions.ts';
import type { Func } from '../../src/compiler/ir/ir.ts';
export const pipelines: Record<string, (f: Func) => Func> = {
  plain: (f) => f,
  wide: (f) => {
    let g = f;
    for (const pass of [wideConvolutions, shapes, layouts, shapes, commonSubexpressions, deadCode]) g = pass.run(g);
    return g;
  },
};
