/** @file What the compiler says of a source text. Messages are made only by the functions of `catalogue.ts`. */
import type { SourceRange } from '../ir/ir.ts';

export type Severity = 'error' | 'warning';

/** A second place that explains the first, such as an earlier definition. */
export interface RelatedPlace {
  readonly range: SourceRange;
  readonly message: string;
}

export interface Diagnostic {
  /** Stable, documented: `E0203`. Errors start with E, warnings with W. */
  readonly code: string;
  readonly severity: Severity;
  /** One line, no full stop. */
  readonly title: string;
  /** Undefined when no place in the spec is to blame: a data file, a command-line option. */
  readonly range: SourceRange | undefined;
  /** Short text under the marked range. */
  readonly label?: string;
  readonly expected?: string;
  readonly found?: string;
  /** One thing to do. */
  readonly hint?: string;
  readonly related?: readonly RelatedPlace[];
}

/** Thrown inside a stage and caught at its edge or at the next statement. */
export class DiagnosticError extends Error {
  readonly diagnostic: Diagnostic;
  constructor(diagnostic: Diagnostic) {
    super(`${diagnostic.code}: ${diagnostic.title}`);
    this.name = 'DiagnosticError';
    this.diagnostic = diagnostic;
  }
}
