/** @file Reads files of users, with the file system's refusals as diagnostics. */
import { readFileSync, type Stats, statSync } from 'node:fs';
import { dataFileMissing, dataFileTooLarge, dataFileUnreadable } from '../../compiler/diagnostics/catalogue/data.ts';
import { DiagnosticError } from '../../compiler/diagnostics/diagnostic.ts';

/** Node cannot hold a larger file in one buffer on every supported version. */
export const LARGEST_FILE = 2 ** 31 - 1;

/** @param what "the data set", "the split file": the subject of the message when there is none. */
export function statOf(path: string, what: string): Stats {
  return attempt(path, what, () => statSync(path));
}

/** The whole file, refused above `limit` bytes before anything is read. */
export function readBytes(path: string, what: string, limit = LARGEST_FILE): Buffer {
  const { size } = statOf(path, what);
  if (size > limit) throw new DiagnosticError(dataFileTooLarge(path, size, limit));
  return attempt(path, what, () => readFileSync(path));
}

/** Runs a file-system call; its error becomes a message about `path`. */
export function attempt<T>(path: string, what: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (!isSystemError(error)) throw error;
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') throw new DiagnosticError(dataFileMissing(path, what));
    throw new DiagnosticError(dataFileUnreadable(path, error.code === 'EISDIR' ? 'a folder, not a file' : error.message));
  }
}

export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && 'syscall' in error;
}
