/** @file metrics.jsonl: one line for each logged step or validation. It has no times, so the same seed gives the same bytes. */
import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { runFileDamaged, runFileUnwritable } from '../../compiler/diagnostics/catalogue/run.ts';
import { DiagnosticError } from '../../compiler/diagnostics/diagnostic.ts';
import { isSystemError } from '../data/read-file.ts';

const FLUSH_AT = 1 << 16;

export class MetricsLog {
  readonly #path: string;
  readonly #file: number;
  #bytes: number;
  #waiting = '';

  /** Opens the log with its first `keepBytes` bytes: lines of steps that a resumed run makes again are cut off. */
  constructor(path: string, keepBytes: number) {
    this.#path = path;
    this.#bytes = keepBytes;
    this.#file = this.#attempt(() => openSync(path, keepBytes === 0 ? 'w' : 'r+'));
    const { size } = fstatSync(this.#file);
    if (size < keepBytes) {
      closeSync(this.#file);
      throw new DiagnosticError(runFileDamaged(path, `at least ${keepBytes} bytes, as the checkpoint says`, `${size} bytes`));
    }
    this.#attempt(() => ftruncateSync(this.#file, keepBytes));
  }

  append(record: object): void {
    this.#waiting += `${JSON.stringify(record)}\n`;
    if (this.#waiting.length >= FLUSH_AT) this.#write();
  }

  /** Writes what waits and syncs it; returns the length of the log, for a checkpoint. */
  sync(): number {
    this.#write();
    this.#attempt(() => fsyncSync(this.#file));
    return this.#bytes;
  }

  close(): void {
    this.#write();
    closeSync(this.#file);
  }

  #write(): void {
    const bytes = Buffer.from(this.#waiting);
    this.#waiting = '';
    for (let start = 0; start < bytes.length; ) {
      const from = start;
      const written = this.#attempt(() => writeSync(this.#file, bytes, from, bytes.length - from, this.#bytes));
      start += written;
      this.#bytes += written;
    }
  }

  #attempt<T>(call: () => T): T {
    try {
      return call();
    } catch (error) {
      if (isSystemError(error)) throw new DiagnosticError(runFileUnwritable(this.#path, error.message));
      throw error;
    }
  }
}
