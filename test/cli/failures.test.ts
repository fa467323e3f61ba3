/** @file Whose fault a failure is: message and exit status of each kind. */
import { describe, expect, test } from 'vitest';
import { reportFailure } from '../../src/cli/failures.ts';
import { PlacedError } from '../../src/cli/placed-error.ts';
import { UsageError } from '../../src/cli/usage-error.ts';
import { notANumber, runLocked } from '../../src/compiler/diagnostics/catalogue/run.ts';
import { DiagnosticError } from '../../src/compiler/diagnostics/diagnostic.ts';
import { InternalError, LimitationError } from '../../src/compiler/diagnostics/internal-error.ts';
import { fakeTerminal } from './fake-terminal.ts';

function report(error: unknown, flags: { readonly debug?: boolean; readonly json?: boolean } = {}) {
  const terminal = fakeTerminal();
  const context = { debug: flags.debug === true, json: flags.json === true, terminal, version: '1.2.3' };
  return { status: reportFailure(error, context), ...terminal.written };
}

describe('reportFailure', () => {
  test('wrong usage is 2', () => {
    expect(report(new UsageError('no', 'do this'))).toEqual({ status: 2, out: '', error: 'error: no\n  hint: do this\n' });
  });

  test('wrong data is 1, with its code', () => {
    const { status, error } = report(new DiagnosticError(runLocked('runs/a', 'process 7')));
    expect(status).toBe(1);
    expect(error).toContain(
      'error[E0802]: the run in `runs/a` is in use\n  expected: one process for each run\n     found: process 7\n      hint: ',
    );
  });

  test('a number that is not finite is 4', () => {
    expect(report(new DiagnosticError(notANumber('train', 3, 'the loss', undefined, undefined))).status).toBe(4);
  });

  test('a diagnostic that was thrown while a spec ran shows its place', () => {
    const place = { operation: 'divide', range: { start: 4, end: 9 } };
    const error = new DiagnosticError(notANumber('train', 3, 'the loss', undefined, place));
    const { status, error: text } = report(new PlacedError(error, { name: 'a.meta', text: 'a = 1 / 0\n' }));
    expect(status).toBe(4);
    expect(text).toContain('a.meta:1:5');
    expect(text).toContain('a = 1 / 0');
  });

  test('a limitation is 1', () => {
    expect(report(new LimitationError('metac does not do this'))).toEqual({ status: 1, out: '', error: 'error: metac does not do this\n' });
  });

  test('a file that the system refuses is 2', () => {
    const error = Object.assign(new Error('ENOSPC: …'), { code: 'ENOSPC', syscall: 'write', path: 'runs/a/run.json' });
    expect(report(error)).toEqual({ status: 2, out: '', error: 'error: `runs/a/run.json`: the disk is full\n' });
  });

  test.each([new InternalError('a value is missing'), new TypeError('x is not a function'), 'text'])(
    '%s is a bug: 70, and how to report it',
    (error) => {
      const result = report(error);
      expect(result.status).toBe(70);
      expect(result.error).toContain('This is a bug of metac, not of your spec.');
      expect(result.error).toContain(`metac 1.2.3, Node ${process.versions.node}`);
      expect(result.error).not.toContain('    at ');
    },
  );

  test('--debug shows the stack, and what caused it', () => {
    const error = new InternalError('outer');
    error.cause = new TypeError('inner');
    const { error: text } = report(error, { debug: true });
    expect(text).toContain('    at ');
    expect(text).toContain('caused by TypeError: inner');
  });

  test('--json puts it on standard output', () => {
    expect(JSON.parse(report(new UsageError('no'), { json: true }).out)).toEqual({ ok: false, error: { kind: 'usage', message: 'no' } });
  });
});
