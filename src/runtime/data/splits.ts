/** @file Which classes belong to training, validation and test: shipped lists, or a text file of the user's. */
import { join } from 'node:path';
import { splitClassTwice, splitClassUnknown, splitLine } from '../../compiler/diagnostics/catalogue/data.ts';
import { DiagnosticError } from '../../compiler/diagnostics/diagnostic.ts';
import type { ImageSet } from './image-set.ts';
import { readBytes } from './read-file.ts';

/** What the numbers are for; it chooses the split and separates the random streams. */
export type Phase = 'train' | 'validate' | 'evaluate';

export const PHASES: readonly Phase[] = ['train', 'validate', 'evaluate'];

/** Names of classes in each phase. */
export type ClassSplit = Readonly<Record<Phase, readonly string[]>>;

const WORDS: ReadonlyMap<string, Phase> = new Map([
  ['train', 'train'],
  ['val', 'validate'],
  ['test', 'evaluate'],
]);

/** Reads a file of lines `train CLASS`, `val CLASS`, `test CLASS`; empty lines and lines that start with `#` are skipped. */
export function readSplitFile(path: string): ClassSplit {
  const split: Record<Phase, string[]> = { train: [], validate: [], evaluate: [] };
  const text = readBytes(path, 'the split file', 2 ** 26).toString('utf8');
  text.split(/\r?\n/).forEach((line, index) => {
    const content = line.trim();
    if (content === '' || content.startsWith('#')) return;
    const match = /^(\S+)\s+(.+)$/.exec(content);
    const phase = WORDS.get(match?.[1] ?? '');
    const name = match?.[2];
    if (phase === undefined || name === undefined) throw new DiagnosticError(splitLine(path, index + 1, content.slice(0, 80)));
    split[phase].push(name);
  });
  refuseRepeats(split, path);
  return split;
}

/** Reads the lists `NAME_train.txt`, `NAME_val.txt` and `NAME_test.txt` of a folder: one class a line. */
export function readShippedSplit(folder: string, name: string): ClassSplit {
  const list = (part: string): string[] => {
    const text = readBytes(join(folder, `${name}_${part}.txt`), 'the class list', 2 ** 26).toString('utf8');
    return text.split(/\r?\n/).filter((line) => line !== '');
  };
  const split = { train: list('train'), validate: list('val'), evaluate: list('test') };
  refuseRepeats(split, name);
  return split;
}

function refuseRepeats(split: ClassSplit, path: string): void {
  const seen = new Map<string, string>();
  for (const [word, phase] of WORDS) {
    for (const name of split[phase]) {
      const before = seen.get(name);
      if (before !== undefined) throw new DiagnosticError(splitClassTwice(path, name, before, word));
      seen.set(name, word);
    }
  }
}

/** Indices into `set.classes` for each phase; a name that the data do not have is the user's mistake. */
export function splitClasses(set: ImageSet, split: ClassSplit, path: string): Readonly<Record<Phase, readonly number[]>> {
  const index = new Map(set.classes.map(({ name }, position) => [name, position]));
  const missing = PHASES.flatMap((phase) => split[phase].filter((name) => !index.has(name)));
  const first = missing[0];
  if (first !== undefined)
    throw new DiagnosticError(splitClassUnknown(path, first, set.name, similarName(first, [...index.keys()]), missing.length));
  const indices = (phase: Phase) => split[phase].map((name) => index.get(name) as number);
  return { train: indices('train'), validate: indices('validate'), evaluate: indices('evaluate') };
}

/** A name that differs in at most two letters, or only in its case. */
function similarName(name: string, known: readonly string[]): string | undefined {
  return known.find((candidate) => candidate.toLowerCase() === name.toLowerCase()) ?? known.find((candidate) => near(name, candidate));
}

function near(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1) return false;
  let start = 0;
  while (start < a.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < Math.min(a.length, b.length) - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  return Math.max(a.length, b.length) - start - end <= 2;
}
