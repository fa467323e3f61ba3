/** @file What was compiled, on disk, so that a second start does not compile. An entry that is damaged is removed, and made again. */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { writeAtomically } from './checkpoint/atomic-file.ts';
import { isSystemError } from './data/read-file.ts';

const HASH_BYTES = 32;

/** A folder of entries `KEY.SUFFIX`. An entry is a line that says what it is, the SHA-256 of the rest, and the content. */
export class DiskCache {
  readonly #folder: string;
  readonly #suffix: string;
  readonly #title: Buffer;
  readonly #mostBytes: number;

  /** `title`: what an entry is, with the version of its form. Old entries are removed when all of them together take more than `mostBytes`. */
  constructor(folder: string, suffix: string, title: string, mostBytes = 2 ** 30) {
    this.#folder = folder;
    this.#suffix = suffix;
    this.#title = Buffer.from(`${title}\n`);
    this.#mostBytes = mostBytes;
  }

  /** Undefined when there is none, or when it is damaged, which removes it. */
  read(key: string): Uint8Array | undefined {
    const path = this.#path(key);
    try {
      const entry = readFileSync(path);
      const start = this.#title.length;
      const body = entry.subarray(start + HASH_BYTES);
      const intact = entry.subarray(0, start).equals(this.#title) && entry.subarray(start, start + HASH_BYTES).equals(sha256(body));
      if (!intact) {
        this.remove(key);
        return undefined;
      }
      // The newest use decides what is removed first.
      const now = new Date();
      utimesSync(path, now, now);
      return body;
    } catch (error) {
      // Absent, or unreadable: compiling is slower, not wrong.
      if (isSystemError(error)) return undefined;
      throw error;
    }
  }

  /** A folder that cannot be written costs only time. */
  write(key: string, content: Uint8Array): void {
    try {
      mkdirSync(this.#folder, { recursive: true });
      writeAtomically(this.#path(key), [this.#title, sha256(content), content]);
      this.#prune();
    } catch (error) {
      if (!isSystemError(error)) throw error;
    }
  }

  remove(key: string): void {
    try {
      rmSync(this.#path(key), { force: true });
    } catch (error) {
      if (!isSystemError(error)) throw error;
    }
  }

  #path(key: string): string {
    return join(this.#folder, `${key}.${this.#suffix}`);
  }

  #prune(): void {
    const entries = readdirSync(this.#folder)
      .filter((name) => name.endsWith(`.${this.#suffix}`))
      .flatMap((name) => {
        const path = join(this.#folder, name);
        const stat = statSync(path, { throwIfNoEntry: false });
        return stat === undefined ? [] : [{ path, bytes: stat.size, used: stat.mtimeMs }];
      })
      .sort((a, b) => b.used - a.used);
    let bytes = 0;
    for (const entry of entries) {
      bytes += entry.bytes;
      if (bytes > this.#mostBytes) rmSync(entry.path, { force: true });
    }
  }
}

/** A name for what `parts` determine together. */
export function cacheKey(parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return hash.digest('hex');
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
