/** @file The measured runs, in specs/results.json: only what ran to its end, and only with the spec's present text. */
import { existsSync, readFileSync } from 'node:fs';
import { writeAtomically } from '../../src/runtime/checkpoint/atomic-file.ts';
import type { Measured } from './reproduction.ts';

export function readRecords(path: string): readonly Measured[] {
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as readonly Measured[]) : [];
}

/** Replaces the record of the same name and seed. Sorted, so that the file does not depend on the order of the runs. */
export function withRecord(records: readonly Measured[], added: Measured): readonly Measured[] {
  const others = records.filter(({ name, seed }) => name !== added.name || seed !== added.seed);
  return [...others, added].toSorted((left, right) => (left.name < right.name ? -1 : left.name > right.name ? 1 : left.seed - right.seed));
}

export function writeRecords(path: string, records: readonly Measured[]): void {
  writeAtomically(path, `${JSON.stringify(records, null, 2)}\n`);
}
