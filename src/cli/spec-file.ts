/** @file Reads the spec that a command names. */
import { readFileSync, statSync } from 'node:fs';
import type { SourceFile } from '../compiler/diagnostics/source-file.ts';
import { UsageError } from './usage-error.ts';

/** A spec of this size would be tens of thousands of lines: more likely a data set was named by mistake. */
const MOST_BYTES = 2 ** 20;

/** `-` is standard input. */
export function readSpec(path: string): SourceFile {
  if (path === '-') return { name: '<stdin>', text: decode(readFileSync(0), '<stdin>') };
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) throw new UsageError(`there is no file \`${path}\``, hintFor(path));
  if (stat.isDirectory()) {
    throw new UsageError(`\`${path}\` is a folder, not a spec`, `name a .meta file in it: ${path.replace(/\/+$/, '')}/NAME.meta`);
  }
  if (stat.size > MOST_BYTES) {
    throw new UsageError(`\`${path}\` has ${stat.size} bytes; a spec has at most ${MOST_BYTES}`, 'is it a .meta file?');
  }
  return { name: path, text: decode(readFileSync(path), path) };
}

function hintFor(path: string): string | undefined {
  const completed = `${path}.meta`;
  return !path.endsWith('.meta') && statSync(completed, { throwIfNoEntry: false })?.isFile() === true
    ? `did you mean \`${completed}\`?`
    : undefined;
}

function decode(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new UsageError(`\`${name}\` is not UTF-8 text`, 'save it as UTF-8; is it a .meta file?');
  }
}
