/** @file The clean-up that gradients need between nestings: without it, twice differentiated code doubles what nobody uses. */
import { FunctionBuilder, lookUp } from '../ir/build.ts';
import { canonicalJson } from '../ir/canonical-json.ts';
import type { AnyNode, Func, Value } from '../ir/ir.ts';
import { regionOf } from '../ir/region.ts';

/** Nodes that a result depends on. */
function liveNodes(f: Func): readonly AnyNode[] {
  const used = new Set(f.results.map(({ value }) => value));
  const live = f.nodes.toReversed().filter((node) => {
    if (!node.results.some((result) => used.has(result))) return false;
    for (const operand of node.operands) used.add(operand);
    return true;
  });
  return live.reverse();
}

/** Equal for nodes that compute the same thing. Regions are compared by identity. */
class NodeKeys {
  readonly #numbers = new Map<object, number>();

  #number(thing: object): number {
    const known = this.#numbers.get(thing) ?? this.#numbers.size;
    this.#numbers.set(thing, known);
    return known;
  }

  key(node: AnyNode, operands: readonly Value[]): string {
    const region = regionOf(node);
    const attributes = region === undefined ? node.attributes : { ...node.attributes, body: this.#number(region) };
    return `${node.op}(${operands.map((operand) => this.#number(operand)).join(',')})${canonicalJson(attributes)}`;
  }
}

/** Removes dead nodes and computes equal nodes once. Parameters and results stay. */
export function cleanUp(f: Func): Func {
  const builder = new FunctionBuilder();
  const known = new Map<Value, Value>();
  for (const { name, value } of f.parameters) known.set(value, builder.parameter(name, value.type));
  const keys = new NodeKeys();
  const computed = new Map<string, AnyNode>();
  for (const node of liveNodes(f)) {
    const key = keys.key(
      node,
      node.operands.map((operand) => lookUp(known, operand)),
    );
    const same = computed.get(key);
    if (same === undefined) {
      builder.copy(node, known);
      computed.set(key, node);
      continue;
    }
    node.results.forEach((result, index) => {
      known.set(result, lookUp(known, same.results[index] as Value));
    });
  }
  return builder.finish(f.results.map(({ name, value }) => ({ name, value: lookUp(known, value) })));
}
