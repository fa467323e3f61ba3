/** @file A bug of ours, as opposed to a user's mistake (DiagnosticError) or a known limitation (LimitationError). */
export class InternalError extends Error {
  constructor(message: string) {
    super(`metac bug: ${message}`);
    this.name = 'InternalError';
  }
}

/** Something that metac does not do, said plainly before anything runs. */
export class LimitationError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'LimitationError';
  }
}
