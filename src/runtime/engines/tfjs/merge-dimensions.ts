/**
 * @file Fewer dimensions for the same elements. Kernels are made for ranks up to 4 to 6, and are faster for lower ones; neighbouring
 * dimensions that are treated alike are one dimension.
 */

/** Sizes of merged dimensions, and for each of them the original dimensions it stands for. */
interface Merged {
  readonly groups: readonly (readonly number[])[];
}

/** Groups of neighbouring dimensions for which `alike` holds pairwise. Dimensions for which `ignored` holds join any group. */
function groupsOf(rank: number, alike: (left: number, right: number) => boolean, ignored: (axis: number) => boolean): Merged {
  const groups: number[][] = [];
  let leader: number | undefined;
  for (let axis = 0; axis < rank; axis++) {
    const last = groups.at(-1);
    if (last !== undefined && (ignored(axis) || leader === undefined || alike(leader, axis))) last.push(axis);
    else {
      groups.push([axis]);
      leader = undefined;
    }
    if (!ignored(axis)) leader ??= axis;
  }
  return { groups };
}

function sizes(shape: readonly number[], { groups }: Merged): number[] {
  return groups.map((group) => group.reduce((product, axis) => product * (shape[axis] as number), 1));
}

/** Shapes of one rank that broadcast together, with as few dimensions as say the same. */
export function mergeBroadcast(
  shapes: readonly (readonly number[])[],
  result: readonly number[],
): { shapes: number[][]; result: number[] } {
  const stretched = (axis: number) => shapes.map((shape) => shape[axis] === 1 && result[axis] !== 1);
  const merged = groupsOf(
    result.length,
    (left, right) => stretched(left).every((one, index) => one === stretched(right)[index]),
    (axis) => result[axis] === 1,
  );
  return { shapes: shapes.map((shape) => sizes(shape, merged)), result: sizes(result, merged) };
}

/** A transpose with as few dimensions as say the same: those of size 1 left out, those that stay together as one. */
export function mergeTranspose(
  shape: readonly number[],
  permutation: readonly number[],
): { readonly shape: readonly number[]; readonly permutation: readonly number[] } {
  const kept = permutation.filter((axis) => shape[axis] !== 1);
  const runs: number[][] = [];
  const order = [...kept].sort((a, b) => a - b);
  for (const axis of kept) {
    const run = runs.at(-1);
    const previous = run?.at(-1);
    if (run !== undefined && previous !== undefined && order.indexOf(axis) === order.indexOf(previous) + 1) run.push(axis);
    else runs.push([axis]);
  }
  const stored = [...runs].sort((a, b) => (a[0] as number) - (b[0] as number));
  return {
    shape: stored.map((run) => run.reduce((product, axis) => product * (shape[axis] as number), 1)),
    permutation: runs.map((run) => stored.indexOf(run)),
  };
}

/** A shape in which only the marked dimensions stand alone; `axes[i]` is where original dimension i went. */
export function mergeUnmarked(
  shape: readonly number[],
  marked: (axis: number) => boolean,
): { readonly shape: readonly number[]; readonly groups: readonly (readonly number[])[] } {
  const merged = groupsOf(
    shape.length,
    (left, right) => !marked(left) && !marked(right),
    () => false,
  );
  return { shape: sizes(shape, merged), groups: merged.groups };
}
