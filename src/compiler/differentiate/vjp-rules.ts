/** @file The vector-Jacobian rule of every primitive. A program whose table is wrong must fail `gradcheck`: the table is a parameter. */
import type { PrimitiveName } from '../ir/primitives.ts';
import { elementwiseRules } from './elementwise-rules.ts';
import { linearRules } from './linear-rules.ts';
import type { VjpTable } from './rule.ts';
import { shapeRules } from './shape-rules.ts';

export type VjpRules = VjpTable<PrimitiveName>;

export const vjpRules: VjpRules = {
  ...elementwiseRules,
  ...shapeRules,
  ...linearRules,
  map_tasks: { kind: 'region' },
  scan: { kind: 'region' },
  implicit_root: { kind: 'region' },
  // `differentiate` expands gradients from the inside out: reverse mode goes through what they became, and meets none.
  gradient: { kind: 'region' },
};
