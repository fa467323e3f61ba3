/** @file Which dimensions a reshape merges and splits. */

export interface ReshapeGroup {
  /** Neighbouring dimensions of the operand … */
  readonly from: readonly number[];
  /** … that hold the same elements as these dimensions of the result. */
  readonly to: readonly number[];
}

/**
 * The finest groups of dimensions that a reshape keeps apart, in order. Dimensions of size 1 are in no group. Undefined for empty tensors,
 * where sizes say nothing.
 */
export function reshapeGroups(from: readonly number[], to: readonly number[]): readonly ReshapeGroup[] | undefined {
  if (from.includes(0) || to.includes(0)) return undefined;
  const sources = from.flatMap((size, axis) => (size === 1 ? [] : [{ size, axis }]));
  const targets = to.flatMap((size, axis) => (size === 1 ? [] : [{ size, axis }]));
  const groups: ReshapeGroup[] = [];
  let source = 0;
  let target = 0;
  while (source < sources.length && target < targets.length) {
    const group = { from: [] as number[], to: [] as number[] };
    let left = 1;
    let right = 1;
    do {
      const next = left <= right ? sources[source] : undefined;
      if (next !== undefined) {
        left *= next.size;
        group.from.push(next.axis);
        source++;
      } else {
        const other = targets[target];
        if (other === undefined) return undefined;
        right *= other.size;
        group.to.push(other.axis);
        target++;
      }
    } while (left !== right);
    groups.push(group);
  }
  return groups;
}
