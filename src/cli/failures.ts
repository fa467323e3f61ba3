/** @file Turns what was thrown into one message and an exit status. Only here is it decided whose fault a failure is. */
import { DiagnosticError } from '../compiler/diagnostics/diagnostic.ts';
import { LimitationError } from '../compiler/diagnostics/internal-error.ts';
import { EXIT } from './exit-codes.ts';
import type { Terminal } from './terminal.ts';
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
  readonly hint: string | undefined;
}

export function reportFailure(error: unknown, { debug, json, terminal, version }: FailureContext): number {
  const failure = judge(error);
  const style = terminal.errorStyle;
  if (json) {
    const { kind, message, hint } = failure;
    terminal.out(`${JSON.stringify({ ok: false, error: { kind, message, hint } })}\n`);
  }
  terminal.error(`${style.red(style.bold('error'))}: ${failure.message}\n`);
  if (failure.hint !== undefined) terminal.error(`  ${style.cyan('hint')}: ${failure.hint}\n`);
  if (failure.kind === 'bug') {
    const platform = `${process.platform} ${process.arch}`;
    terminal.error(`This is a bug of metac, not of your spec. Please report it with the spec, the command and this line:\n`);
    terminal.error(`  metac ${version}, Node ${process.versions.node}, ${platform}\n`);
    if (!debug) terminal.error('The same command with --debug prints where it happened.\n');
  }
  if (debug && error instanceof Error) terminal.error(`${describeStack(error)}\n`);
  return failure.status;
}

/** Of the catalogue of runs: a loss or a weight stopped being a finite number. */
const NOT_A_NUMBER = 'E0808';

function judge(error: unknown): Failure {
  if (error instanceof UsageError) return { kind: 'usage', status: EXIT.wrongUsage, message: error.message, hint: error.hint };
  if (error instanceof DiagnosticError) {
    const { code, title, expected, found, hint } = error.diagnostic;
    const details = [expected === undefined ? '' : `\n  expected: ${expected}`, found === undefined ? '' : `\n  found:    ${found}`];
    const numeric = code === NOT_A_NUMBER;
    const [kind, status] = numeric ? (['numeric', EXIT.numeric] as const) : (['spec', EXIT.wrongSpec] as const);
    return { kind, status, message: `${title} [${code}]${details.join('')}`, hint };
  }
  if (error instanceof LimitationError) return { kind: 'limitation', status: EXIT.wrongSpec, message: error.message, hint: undefined };
  if (isSystemError(error)) return { kind: 'system', status: EXIT.wrongUsage, message: describeSystemError(error), hint: undefined };
  return { kind: 'bug', status: EXIT.bug, message: error instanceof Error ? error.message : String(error), hint: undefined };
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
