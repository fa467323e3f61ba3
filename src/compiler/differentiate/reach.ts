/** @file Which parameters the derivative of a function's first result reaches, by which order, and if not, what cuts it off. */
import type { AnyNode, Func, Value } from '../ir/ir.ts';
import { hasRegion } from '../ir/region.ts';
import { Paths } from './paths.ts';
import { vjpRules } from './vjp-rules.ts';

export interface Reach {
  /** Name and index of a float parameter. */
  readonly name: string;
  readonly index: number;
  /** Orders of derivatives in increasing order: 1 for paths outside inner gradients, 2 for paths through one, more where they nest. */
  readonly orders: readonly number[];
  /** The highest of them; 0 when the derivative does not reach the parameter. */
  readonly order: number;
  /** Why the parameter is not reached; empty when it is. */
  readonly reason: string;
}

/**
 * Reach of the float parameters of `f`, or of those named by index in `from`. `f` still has its `gradient` nodes: going through one of
 * its gradient results takes a derivative of a derivative.
 */
export function reach(f: Func, from?: readonly number[]): readonly Reach[] {
  const asked = from ?? f.parameters.map((_, index) => index);
  const loss = f.results[0]?.value;
  const paths = new Paths();
  return asked.flatMap((index) => {
    const parameter = f.parameters[index];
    if (parameter?.value.type.dtype !== 'float') return [];
    const orders = loss === undefined ? [] : [...(paths.to(f, loss).get(parameter.value) ?? [])].sort((a, b) => a - b);
    const reason = orders.length > 0 ? '' : reasonFor(paths, f, parameter.value);
    return [{ name: parameter.name, index, orders, order: orders.at(-1) ?? 0, reason }];
  });
}

/** Why what an inner loop starts from, or moves by, is not reached. */
export const IMPLICIT = 'an implicit gradient sees what stands in the `minimize` of an inner loop, and nothing else';

function reasonFor(paths: Paths, f: Func, parameter: Value): string {
  const loss = f.results[0]?.value;
  if (!f.nodes.some((node) => node.operands.includes(parameter))) return 'nothing uses it';
  if (loss === undefined || !ancestors(f, loss).has(parameter)) return 'the loss does not depend on it';
  const cuts = new Set(cutsBetween(paths, f, parameter, loss));
  return cuts.size === 0 ? 'its derivative is zero' : [...cuts].join('; ');
}

/** Values that `target` is computed from, by any path. */
function ancestors(f: Func, target: Value): ReadonlySet<Value> {
  const found = new Set([target]);
  for (const node of f.nodes.toReversed())
    if (node.results.some((result) => found.has(result))) for (const operand of node.operands) found.add(operand);
  return found;
}

/** What stops the derivative on the paths from a parameter to a result: one line per primitive that passes nothing on. */
function cutsBetween(paths: Paths, f: Func, parameter: Value, target: Value): string[] {
  const wanted = ancestors(f, target);
  const active = new Set([parameter]);
  const cuts: string[] = [];
  for (const node of f.nodes) {
    node.operands.forEach((operand, index) => {
      if (!active.has(operand)) return;
      node.results.forEach((result, position) => {
        if (!wanted.has(result)) return;
        if (paths.through(node, index, position).size > 0) active.add(result);
        else cuts.push(...cutsInside(paths, node, index, position));
      });
    });
  }
  return cuts;
}

function cutsInside(paths: Paths, node: AnyNode, operand: number, position: number): string[] {
  if (node.op === 'implicit_root' && operand < node.attributes.unknowns) return [IMPLICIT];
  if (hasRegion(node)) {
    const { body } = node.attributes;
    const [source, target] = [body.parameters[operand]?.value, body.results[position]?.value];
    if (source !== undefined && target !== undefined) return cutsBetween(paths, body, source, target);
    return ['an inner gradient does not change with it'];
  }
  const rule = vjpRules[node.op];
  return rule.kind === 'zero' ? [`${node.op}: ${rule.reason}`] : [];
}
