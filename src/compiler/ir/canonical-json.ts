/** @file JSON with one spelling per value: sorted keys, no spaces, shortest numbers, and a place for -0, NaN and infinities. */
import { InternalError } from '../diagnostics/internal-error.ts';

/** How numbers that JSON lacks are written: as these strings, wherever a number may stand. `-0` is a JSON number. */
export const unusualNumbers: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
};

function canonicalNumber(value: number): string {
  if (Object.is(value, -0)) return '-0';
  return Number.isFinite(value) ? String(value) : `"${value}"`;
}

/** Canonical text of plain data: equal data gives equal text. Members that are undefined are left out. */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'number') return canonicalNumber(value);
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === undefined) throw new InternalError(`${typeof value} cannot be written as JSON`);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  members.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`).join(',')}}`;
}
