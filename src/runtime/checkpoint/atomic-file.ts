/** @file Files that are whole or absent: written beside, synced, renamed, and the folder synced. */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writevSync } from 'node:fs';
import { dirname } from 'node:path';

/** After this returns, the file survives a crash; before, the old file (or none) is still there. Errors are the file system's. */
export function writeAtomically(path: string, content: string | readonly Uint8Array[]): void {
  const temporary = `${path}.${process.pid}.tmp`;
  const parts = typeof content === 'string' ? [Buffer.from(content)] : content;
  const file = openSync(temporary, 'w');
  try {
    writeAll(file, parts);
    fsyncSync(file);
  } catch (error) {
    closeSync(file);
    rmSync(temporary, { force: true });
    throw error;
  }
  closeSync(file);
  renameSync(temporary, path);
  syncFolder(dirname(path));
}

/** `writev` may write less than it was given (it does above 2 GB). */
function writeAll(file: number, parts: readonly Uint8Array[]): void {
  let rest = parts.filter((part) => part.length > 0);
  while (rest.length > 0) {
    let written = writevSync(file, rest.slice(0, 512));
    let index = 0;
    for (; index < rest.length && written >= (rest[index] as Uint8Array).length; index++) written -= (rest[index] as Uint8Array).length;
    const partial = rest[index];
    rest = partial === undefined ? [] : [partial.subarray(written), ...rest.slice(index + 1)];
  }
}

/** Makes a rename durable. Windows has no such call for folders and does not need it. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
