/** @file Prints diagnostics for people, or as JSON for editors and scripts. */
import type { Diagnostic } from '../compiler/diagnostics/diagnostic.ts';
import { renderDiagnostic } from '../compiler/diagnostics/render.ts';
import { positionOf, type SourceFile } from '../compiler/diagnostics/source-file.ts';
import type { SourceRange } from '../compiler/ir/ir.ts';
import type { Terminal } from './terminal.ts';

/** More than this helps nobody: the first ones usually explain the rest. */
const MOST_SHOWN = 20;

export function countOf(diagnostics: readonly Diagnostic[], severity: Diagnostic['severity']): number {
  return diagnostics.filter((diagnostic) => diagnostic.severity === severity).length;
}

/** `2 errors, 1 warning`; `no errors` when there are none. */
export function summaryOf(diagnostics: readonly Diagnostic[]): string {
  const errors = countOf(diagnostics, 'error');
  const warnings = countOf(diagnostics, 'warning');
  const parts = [errors === 0 ? 'no errors' : `${errors} error${errors === 1 ? '' : 's'}`];
  if (warnings > 0) parts.push(`${warnings} warning${warnings === 1 ? '' : 's'}`);
  return parts.join(', ');
}

/** Writes to standard error. */
export function printDiagnostics(source: SourceFile, diagnostics: readonly Diagnostic[], terminal: Terminal): void {
  for (const diagnostic of diagnostics.slice(0, MOST_SHOWN)) {
    terminal.error(`${renderDiagnostic(source, diagnostic, { colour: terminal.errorStyle.colour })}\n\n`);
  }
  const rest = diagnostics.length - MOST_SHOWN;
  if (rest > 0) terminal.error(`and ${rest} more, which may disappear when these are repaired\n\n`);
}

export interface JsonRange {
  /** UTF-16 offsets. */
  readonly start: number;
  readonly end: number;
  /** 1-based; columns count UTF-16 units. */
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

export function jsonRange(source: SourceFile, range: SourceRange): JsonRange {
  const first = positionOf(source, range.start);
  const last = positionOf(source, range.end);
  return { ...range, line: first.line, column: first.column, endLine: last.line, endColumn: last.column };
}

/** The diagnostic's own fields, with lines and columns added to the ranges. */
export function jsonDiagnostic(source: SourceFile, diagnostic: Diagnostic): object {
  const { range, related, ...rest } = diagnostic;
  return {
    ...rest,
    ...(range === undefined ? {} : { range: jsonRange(source, range) }),
    ...(related === undefined ? {} : { related: related.map((place) => ({ ...place, range: jsonRange(source, place.range) })) }),
  };
}

/** The document that a command prints with --json when the spec has errors. */
export function jsonRefusal(source: SourceFile, diagnostics: readonly Diagnostic[]): string {
  const shown = diagnostics.map((diagnostic) => jsonDiagnostic(source, diagnostic));
  return `${JSON.stringify({ ok: false, file: source.name, diagnostics: shown }, undefined, 2)}\n`;
}
