/** @file What a PJRT_Error becomes: a limitation of this machine or plugin, or a bug of ours. */
import { InternalError, LimitationError } from '../../../../compiler/diagnostics/internal-error.ts';

/** PJRT_Error_Code, which are those of absl::Status. */
const CODE_NAMES = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
] as const;

/** A PJRT_Error, after the plugin's own object was destroyed. `doing`: the function that returned it. */
export class PjrtError extends Error {
  readonly code: string;
  constructor(doing: string, code: number, message: string) {
    const name = CODE_NAMES[code] ?? `code ${code}`;
    super(`${doing}: ${name}: ${message}`);
    this.name = 'PjrtError';
    this.code = name;
  }
}

/** Codes that speak of the machine, whoever calls. */
const OF_THE_MACHINE: ReadonlySet<string> = new Set(['UNIMPLEMENTED', 'UNAVAILABLE', 'PERMISSION_DENIED', 'DEADLINE_EXCEEDED']);

/** `what` was being done, as the user would say it: `compiling step`. Anything but a PjrtError is returned as it is. */
export function failureOf(what: string, error: unknown): unknown {
  if (!(error instanceof PjrtError)) return error;
  const reason = firstLines(error.message);
  if (error.code === 'RESOURCE_EXHAUSTED') {
    return new LimitationError(
      `the device ran out of memory while ${what} (${reason}). Compute fewer tasks together (--chunk), or use a device with more memory`,
    );
  }
  if (OF_THE_MACHINE.has(error.code)) return new LimitationError(`the XLA plugin could not go on while ${what}: ${reason}`);
  return new InternalError(`XLA refused its work while ${what}: ${error.message}`);
}

/** Runs `work`; a PjrtError becomes what the user should read. */
export async function explained<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw failureOf(what, error);
  }
}

/** XLA's messages can go on for pages of HLO. */
export function firstLines(message: string): string {
  const short = message.split('\n').slice(0, 3).join(' ').trim();
  return short.length > 400 ? `${short.slice(0, 400)}…` : short;
}
