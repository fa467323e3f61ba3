/** @file The nearest of several names to a misspelt one. */

/** Longer words are not compared: nobody misspells one, and the time grows with the square of the length. */
const LONGEST_WORD = 64;

/**
 * The candidate that `word` is most likely a misspelling of; the first of equals; undefined if none is near enough.
 * A different case, or a missing underscore, is always near enough.
 */
export function suggest(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length > LONGEST_WORD) return undefined;
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    if (candidate === word || candidate.length > LONGEST_WORD) continue;
    const distance = distanceBetween(word, candidate);
    if (distance <= mostEdits(word, candidate) && distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** One edit in three letters, rounded down; of a word of one or two letters nothing would be left. */
function mostEdits(word: string, candidate: string): number {
  const shorter = Math.min(word.length, candidate.length);
  const longer = Math.max(word.length, candidate.length);
  return shorter <= 2 ? 0.5 : Math.max(1, Math.floor(longer / 3));
}

function distanceBetween(word: string, candidate: string): number {
  if (plain(word) === plain(candidate)) return 0.5;
  return editDistance(word.toLowerCase(), candidate.toLowerCase());
}

function plain(word: string): string {
  return word.toLowerCase().replaceAll('_', '');
}

/** Insertions, deletions, substitutions and transpositions of neighbours (optimal string alignment). */
export function editDistance(left: string, right: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const same = left[row - 1] === right[column - 1];
      let cost = Math.min(at(previous, column) + 1, at(current, column - 1) + 1, at(previous, column - 1) + (same ? 0 : 1));
      const swapped = row > 1 && column > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      if (swapped) cost = Math.min(cost, at(beforePrevious, column - 2) + 1);
      current.push(cost);
    }
    beforePrevious = previous;
    previous = current;
  }
  return at(previous, right.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
