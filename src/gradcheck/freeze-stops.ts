/** @file Splits a function at its stopped gradients, so that finite differences treat as constant what the derivative does. */
import { InternalError } from '../compiler/diagnostics/internal-error.ts';
import type { Func, Parameter } from '../compiler/ir/ir.ts';

export interface FrozenStops {
  /** The parameters of the original; one result for each `stop_gradient`: `stop 1`, `stop 2`, …. */
  readonly stops: Func;
  /** One result of the original, with the stopped values as further parameters under those names. */
  readonly frozen: Func;
}

/**
 * `stop(e)`, and the inner gradient of a first-order method, are constants to the meta-gradient although they change with the weights. A
 * difference of losses agrees with it only when they are kept at their first values.
 * @param f without regions: differentiated and batched.
 */
export function freezeStops(f: Func, result: string): FrozenStops {
  const kept = f.results.find(({ name }) => name === result);
  if (kept === undefined) throw new InternalError(`the function has no result ${result}`);
  const stopped: Parameter[] = f.nodes.flatMap((node) => {
    const [value] = node.op === 'stop_gradient' ? node.results : [];
    return value === undefined ? [] : [{ name: '', value }];
  });
  const named = stopped.map(({ value }, index): Parameter => ({ name: `stop ${index + 1}`, value }));
  return {
    stops: { parameters: f.parameters, nodes: f.nodes, results: named },
    frozen: {
      parameters: [...f.parameters, ...named],
      nodes: f.nodes.filter((node) => node.op !== 'stop_gradient'),
      results: [kept],
    },
  };
}
