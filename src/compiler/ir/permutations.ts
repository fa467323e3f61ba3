/** @file Orders of axes: `permutation[i]` is the old place of the new axis i, as `transpose` takes it. */

/** Where each axis went. */
export function invertPermutation(permutation: readonly number[]): number[] {
  const result = new Array<number>(permutation.length);
  permutation.forEach((axis, place) => {
    result[axis] = place;
  });
  return result;
}

/** Takes the axis at `from` out and puts it at `to`: for a gather, [B.., A.., S, R..] -> [B.., S, A.., R..]. */
export function moveAxis(rank: number, from: number, to: number): number[] {
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  axes.splice(from, 1);
  axes.splice(to, 0, from);
  return axes;
}

/** The result of a gather along a moved axis, put back: [B.., I.., A.., R..] -> [B.., A.., I.., R..]. */
export function afterGather(indexRank: number, batchDims: number, between: number, rest: number): number[] {
  const range = (start: number, length: number) => Array.from({ length }, (_, index) => start + index);
  return [
    ...range(0, batchDims),
    ...range(indexRank, between),
    ...range(batchDims, indexRank - batchDims),
    ...range(indexRank + between, rest),
  ];
}
