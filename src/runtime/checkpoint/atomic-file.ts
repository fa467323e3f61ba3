/** @file Files that are whole or absent: written beside, synced, renamed, and the folder synced. */
import { closeSync, existsSync, fsyncSync, openSync, realpathSync, renameSync, rmSync, statSync, writevSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * After this returns, the file survives a crash; before, the old file (or none) is still there. A link is followed; a device or a pipe is written to, not
 * replaced. Errors are the file system's.
 */
export function writeAtomically(named: string, content: string | readonly Uint8Array[]): void {
  const path = existsSync(named) ? realpathSync(named) : named;
  const parts = typeof content === 'string' ? [Buffer.from(content)] : content;
  if (statSync(path, { throwIfNoEntry: false })?.isFile() === false) {
    writeInPlace(path, parts);
    return;
  }
  const temporary = `${path}.${process.pid}.tmp`;
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

function writeInPlace(path: string, parts: readonly Uint8Array[]): void {
  const file = openSync(path, 'w');
  try {
    writeAll(file, parts);
  } finally {
    closeSync(file);
  }
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
