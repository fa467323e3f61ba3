/** @file Turns what was thrown into one message and an exit status. Only here is it decided whose fault a failure is. */
import { type Diagnostic, DiagnosticError } from '../compiler/diagnostics/diagnostic.ts';
import { LimitationError } from '../compiler/diagnostics/internal-error.ts';
import { renderDiagnostic } from '../compiler/diagnostics/render.ts';
import type { SourceFile } from '../compiler/diagnostics/source-file.ts';
import { jsonDiagnostic } from './diagnostics-report.ts';
import { EXIT } from './exit-codes.ts';
import { PlacedError } from './placed-error.ts';
import type { Style, Terminal } from './terminal.ts';
import { UsageError } from './usage-error.ts';

export interface FailureContext {
  readonly debug: boolean;
  readonly json: boolean;
  readonly terminal: Terminal;
  readonly version: string;
}

interface Failure {
  readonly kind: 'usage' | 'spec' | 'numeric' | 'limitation' | 'system' | 'bug';
  readonly status: number;
  readonly message: string;
  readonly hint?: string;
  /** Of a wrong spec or data set: shown with its place instead of the message. */
  readonly diagnostic?: Diagnostic;
  readonly source?: SourceFile;
}

export function reportFailure(error: unknown, { debug, json, terminal, version }: FailureContext): number {
  const failure = judge(error);
  if (json) terminal.out(`${JSON.stringify({ ok: false, error: jsonOf(failure) })}\n`);
  terminal.error(`${textOf(failure, terminal.errorStyle)}\n`);
  if (failure.kind === 'bug') {
    const platform = `${process.platform} ${process.arch}`;
    terminal.error(`This is a bug of metac, not of your spec. Please report it with the spec, the command and this line:\n`);
    terminal.error(`  metac ${version}, Node ${process.versions.node}, ${platform}\n`);
    if (!debug) terminal.error('The same command with --debug prints where it happened.\n');
  }
  if (debug && error instanceof Error) terminal.error(`${describeStack(error)}\n`);
  return failure.status;
}

/** Diagnostics without a place need no text to show it in. */
const NOWHERE: SourceFile = { name: '', text: '' };

function textOf({ message, hint, diagnostic, source = NOWHERE }: Failure, style: Style): string {
  if (diagnostic !== undefined) return renderDiagnostic(source, diagnostic, { colour: style.colour });
  const first = `${style.red(style.bold('error'))}: ${message}`;
  return hint === undefined ? first : `${first}\n  ${style.cyan('hint')}: ${hint}`;
}

function jsonOf({ kind, message, hint, diagnostic, source = NOWHERE }: Failure): object {
  return { kind, message, hint, ...(diagnostic === undefined ? {} : { diagnostic: jsonDiagnostic(source, diagnostic) }) };
}

/** Of the catalogue of runs: a loss or a weight stopped being a finite number. */
const NOT_A_NUMBER = 'E0808';
/** Of the same: a file of a run cannot be written. */
const UNWRITABLE = 'E0810';

function judge(error: unknown): Failure {
  if (error instanceof UsageError) {
    const { message, hint } = error;
    return { kind: 'usage', status: EXIT.wrongUsage, message, ...(hint === undefined ? {} : { hint }) };
  }
  if (error instanceof PlacedError) return ofDiagnostic(error.diagnostic, error.source);
  if (error instanceof DiagnosticError) return ofDiagnostic({ ...error.diagnostic, range: undefined }, NOWHERE);
  if (error instanceof LimitationError) return { kind: 'limitation', status: EXIT.wrongSpec, message: error.message };
  if (isSystemError(error)) return { kind: 'system', status: EXIT.wrongUsage, message: describeSystemError(error) };
  return { kind: 'bug', status: EXIT.bug, message: error instanceof Error ? error.message : String(error) };
}

function ofDiagnostic(diagnostic: Diagnostic, source: SourceFile): Failure {
  const { code, title: message, hint } = diagnostic;
  const shown = { message, diagnostic, source, ...(hint === undefined ? {} : { hint }) };
  if (code === NOT_A_NUMBER) return { kind: 'numeric', status: EXIT.numeric, ...shown };
  if (code === UNWRITABLE) return { kind: 'system', status: EXIT.wrongUsage, ...shown };
  return { kind: 'spec', status: EXIT.wrongSpec, ...shown };
}

/** What the machine refused (a full disk, missing rights), as opposed to a mistake in our own calls. */
function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error && 'code' in error;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EEXIST: 'there is already a file of this name',
  EISDIR: 'it is a folder, not a file',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  ENOSPC: 'the disk is full',
  EROFS: 'the file system is read-only',
  EMFILE: 'too many open files',
};

export function describeSystemError(error: NodeJS.ErrnoException): string {
  const reason = REASONS[error.code ?? ''] ?? error.message;
  return error.path === undefined ? reason : `\`${error.path}\`: ${reason}`;
}

function describeStack(error: Error): string {
  const own = error.stack ?? error.message;
  return error.cause instanceof Error ? `${own}\ncaused by ${describeStack(error.cause)}` : own;
}
