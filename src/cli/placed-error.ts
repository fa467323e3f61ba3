/** @file A diagnostic that was thrown while a spec ran, with the spec, so that its place can be shown. */
import { type Diagnostic, DiagnosticError } from '../compiler/diagnostics/diagnostic.ts';
import type { SourceFile } from '../compiler/diagnostics/source-file.ts';

export class PlacedError extends Error {
  readonly diagnostic: Diagnostic;
  readonly source: SourceFile;
  constructor(error: DiagnosticError, source: SourceFile) {
    super(error.message, { cause: error });
    this.name = 'PlacedError';
    this.diagnostic = error.diagnostic;
    this.source = source;
  }
}

/** Gives every DiagnosticError of `work` the spec that its ranges refer to. */
export async function placedIn<Result>(source: SourceFile, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof DiagnosticError ? new PlacedError(error, source) : error;
  }
}
