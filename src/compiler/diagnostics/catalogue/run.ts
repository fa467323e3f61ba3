/** @file Messages about runs and checkpoints (E08..). Only a loss that is not finite has a place in the spec. */
import type { SourceRange } from '../../ir/ir.ts';
import type { Diagnostic } from '../diagnostic.ts';

interface Facts {
  readonly expected?: string;
  readonly found?: string;
  readonly hint?: string;
}

function runError(code: string, title: string, facts: Facts): Diagnostic {
  return { code, severity: 'error', title, range: undefined, ...facts };
}

export function runFolderTaken(folder: string): Diagnostic {
  return runError('E0801', `\`${folder}\` already holds a run`, {
    expected: 'a new folder',
    found: 'run.json of an earlier run',
    hint: 'continue it with --resume, or choose another folder',
  });
}

export function runLocked(folder: string, holder: string): Diagnostic {
  return runError('E0802', `the run in \`${folder}\` is in use`, {
    expected: 'one process for each run',
    found: holder,
    hint: 'wait for it, or stop it; the lock of a process that is gone is taken over by itself',
  });
}

export function runMissing(folder: string, missing: string): Diagnostic {
  return runError('E0803', `\`${folder}\` holds no run to go on with`, {
    expected: `\`${missing}\` in it`,
    found: 'no such file',
    hint: 'check the folder, or start without --resume',
  });
}

export function runDiffers(folder: string, what: string, before: string, now: string): Diagnostic {
  return runError('E0804', `the run in \`${folder}\` was started with another ${what}`, {
    expected: before,
    found: now,
    hint: `go on with the same ${what}, or start a new run`,
  });
}

export function checkpointDamaged(path: string, expected: string, found: string): Diagnostic {
  return runError('E0805', `the checkpoint \`${path}\` is damaged`, { expected, found, hint: 'use another checkpoint of the run' });
}

export function checkpointMissing(path: string): Diagnostic {
  return runError('E0806', `there is no checkpoint \`${path}\``, {
    expected: 'a .safetensors file written by metac train',
    found: 'nothing at this path',
    hint: 'train first, or give the folder of a run',
  });
}

export function checkpointTensor(path: string, name: string, expected: string, found: string): Diagnostic {
  return runError('E0807', `the checkpoint \`${path}\` does not fit the program: \`${name}\``, {
    expected,
    found,
    hint: 'use the spec and settings that the checkpoint was trained with',
  });
}

/** @param place the operation that made the first such number, and where in the spec it comes from. */
export function notANumber(
  block: string,
  step: number,
  what: string,
  checkpoint: string | undefined,
  place: { readonly operation: string; readonly range: SourceRange | undefined } | undefined,
): Diagnostic {
  return {
    code: 'E0808',
    severity: 'error',
    title: `${what} is not a finite number at step ${step} of \`${block}\``,
    range: place?.range,
    ...(place?.range === undefined ? {} : { label: `\`${place.operation}\` in this gives the first number that is not finite` }),
    expected: 'finite numbers',
    found: place === undefined ? `${what} overflowed or became NaN` : `an infinity or NaN, first from the operation \`${place.operation}\``,
    hint:
      checkpoint === undefined
        ? 'lower the learning rates; no checkpoint was written before this step'
        : `lower the learning rates; the last good checkpoint is ${checkpoint}`,
  };
}

export function runFileDamaged(path: string, expected: string, found: string): Diagnostic {
  return runError('E0809', `\`${path}\` is damaged`, { expected, found, hint: 'start a new run' });
}

export function runFileUnwritable(path: string, reason: string): Diagnostic {
  return runError('E0810', `\`${path}\` cannot be written`, {
    found: reason,
    hint: 'check permissions and free space; what was written before is intact',
  });
}
