/** @file What the exit status of every command means. README.md and `metac --help` print this table. */

export const EXIT = {
  ok: 0,
  wrongSpec: 1,
  wrongUsage: 2,
  interrupted: 3,
  numeric: 4,
  bug: 70,
} as const;

export const EXIT_MEANINGS: readonly (readonly [number, string])[] = [
  [EXIT.ok, 'done'],
  [EXIT.wrongSpec, 'the spec or its data is wrong, or asks for something that metac does not do'],
  [EXIT.wrongUsage, 'wrong usage: an unknown command or option, a file that cannot be read or written'],
  [EXIT.interrupted, 'interrupted; a checkpoint was written, `metac train --resume` goes on'],
  [EXIT.numeric, 'a number went wrong: not-a-number in a run, or gradcheck found a wrong gradient'],
  [EXIT.bug, 'a bug of metac'],
];
