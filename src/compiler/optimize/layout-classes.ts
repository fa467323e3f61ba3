/**
 * @file Which values may be stored with their dimensions in another order at no cost, if only they agree on the order: union-find over values,
 * with for each value how its dimensions stand to those of its class. Dimensions of size 1 do not count: moving them moves nothing.
 */
import type { Value } from '../ir/ir.ts';

/** A list of proper axes; "map" sends position i in one list of axes to position map[i] in another. */
type AxisMap = readonly number[];

interface Entry {
  parent: Value;
  /** Position i among the proper axes of the value -> position among those of its parent. */
  toParent: AxisMap;
}

export class LayoutClasses {
  readonly #entries = new Map<Value, Entry>();

  /** The class of `value` and where its proper axes are among the class's axes. */
  find(value: Value): { readonly root: Value; readonly map: AxisMap } {
    const entry = this.#entries.get(value);
    if (entry === undefined) {
      const map = sameAxes(value);
      this.#entries.set(value, { parent: value, toParent: map });
      return { root: value, map };
    }
    if (entry.parent === value) return { root: value, map: entry.toParent };
    const above = this.find(entry.parent);
    if (above.root === entry.parent) return { root: above.root, map: entry.toParent };
    const map = entry.toParent.map((position) => above.map[position] as number);
    entry.parent = above.root;
    entry.toParent = map;
    return { root: above.root, map };
  }

  /**
   * Puts two values in one class: proper axis i of `value` is proper axis `map[i]` of `other`. Where that contradicts what is known (a
   * tensor that is added to its own transpose) nothing happens: one of them will have to be transposed.
   */
  join(value: Value, other: Value, map: AxisMap): void {
    const left = this.find(value);
    const right = this.find(other);
    if (left.root === right.root) return;
    // left.root position left.map[i]  <->  right.root position right.map[map[i]]
    const toParent = new Array<number>(map.length);
    map.forEach((position, index) => {
      toParent[left.map[index] as number] = right.map[position] as number;
    });
    const entry = this.#entries.get(left.root) as Entry;
    entry.parent = right.root;
    entry.toParent = toParent;
  }
}

/** How many dimensions of `shape` count. */
export function properRank(shape: readonly number[]): number {
  let rank = 0;
  for (const size of shape) if (size !== 1) rank++;
  return rank;
}

/** Made once: nearly all maps are identities. */
const identities: readonly AxisMap[] = Array.from({ length: 12 }, (_, length) => Array.from({ length }, (_, position) => position));

/** The identity on the proper axes of `value`. */
export function sameAxes(value: Value): AxisMap {
  const rank = properRank(value.type.shape);
  return identities[rank] ?? Array.from({ length: rank }, (_, position) => position);
}
