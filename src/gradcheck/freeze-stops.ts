/** @file Splits a function at its stopped gradients, so that finite differences treat as constant what the derivative does. */
import { InternalError } from '../compiler/diagnostics/internal-error.ts';
import type { AnyNode, Func, Node, Parameter, Value } from '../compiler/ir/ir.ts';
import { stacked } from '../compiler/ir/type-rules.ts';

export interface FrozenStops {
  /** The parameters of the original; one result for each `stop_gradient`: `stop 1`, `stop 2`, …. */
  readonly stops: Func;
  /** One result of the original, with the stopped values as further parameters under those names. */
  readonly frozen: Func;
}

/**
 * `stop(e)`, and the inner gradient of a first-order method, are constants to the meta-gradient although they change with the weights. A
 * difference of losses agrees with it only when they are kept at their first values. Of a stop inside a recurrence every step has its own.
 * @param f differentiated and batched: of regions it has only those of `scan`.
 */
export function freezeStops(f: Func, result: string): FrozenStops {
  const kept = f.results.find(({ name }) => name === result);
  if (kept === undefined) throw new InternalError(`the function has no result ${result}`);
  const { recording, frozen, stops } = split(f);
  const named = stops.map((value, index): Parameter => ({ name: `stop ${index + 1}`, value }));
  return {
    stops: { parameters: f.parameters, nodes: recording, results: named },
    frozen: { parameters: [...f.parameters, ...named], nodes: frozen, results: [kept] },
  };
}

interface Split {
  /** Computes the stopped values too. */
  readonly recording: readonly AnyNode[];
  /** Takes them as given. */
  readonly frozen: readonly AnyNode[];
  readonly stops: readonly Value[];
}

function split(f: Func): Split {
  const recording: AnyNode[] = [];
  const frozen: AnyNode[] = [];
  const stops: Value[] = [];
  for (const node of f.nodes) {
    const inside = node.op === 'scan' ? splitScan(node) : undefined;
    if (inside !== undefined && inside.stops.length > 0) {
      recording.push(...inside.recording);
      frozen.push(...inside.frozen);
      stops.push(...inside.stops);
      continue;
    }
    recording.push(node);
    if (node.op === 'stop_gradient') stops.push(...node.results);
    else frozen.push(node);
  }
  return { recording, frozen, stops };
}

/** Steps put out what they stopped; frozen, they are handed it as one more sequence. */
function splitScan(node: Node<'scan'>): Split {
  const { body, length, carries, sequences } = node.attributes;
  const inside = split(body);
  const stops = inside.stops.map(({ type }): Value => ({ type: stacked(type, length) }));
  const named = inside.stops.map((value, index) => ({ name: `stop ${index + 1}`, value }));
  const place = carries + sequences;
  const insert = <T>(list: readonly T[], more: readonly T[]): T[] => [...list.slice(0, place), ...more, ...list.slice(place)];
  return {
    stops,
    recording: [
      {
        ...node,
        results: [...node.results, ...stops],
        attributes: { ...node.attributes, body: { ...body, nodes: inside.recording, results: [...body.results, ...named] } },
      },
    ],
    frozen: [
      {
        ...node,
        operands: insert(node.operands, stops),
        attributes: {
          ...node.attributes,
          sequences: sequences + stops.length,
          body: { ...body, parameters: insert(body.parameters, named), nodes: inside.frozen },
        },
      },
    ],
  };
}
