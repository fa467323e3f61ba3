/** @file What is shown of a run, on a terminal and elsewhere. */
import { describe, expect, test } from 'vitest';
import { formatBytes, formatCount, formatDuration, formatFigure, formatFlops } from '../../src/cli/format.ts';
import { RunDisplay } from '../../src/cli/run-display.ts';
import { columns } from '../../src/cli/table.ts';
import type { RunEvent } from '../../src/runtime/run/events.ts';
import { fakeTerminal } from './fake-terminal.ts';

function progress(step: number, loss: number): RunEvent {
  return {
    kind: 'progress',
    step,
    steps: 70_000,
    stepsPerSecond: 412.3,
    secondsLeft: 167,
    metrics: new Map([['train', new Map([['loss', loss]])]]),
  };
}

const validation: RunEvent = {
  kind: 'validation',
  block: 'train',
  step: 1000,
  summaries: new Map([['accuracy', { mean: 0.95123, interval: 0.0123, count: 100 }]]),
  kept: 'accuracy',
  best: true,
};

describe('RunDisplay', () => {
  test('redraws one line on a terminal and keeps the last validation figure in it', () => {
    const terminal = fakeTerminal({ interactive: true, columns: 120 });
    const display = new RunDisplay(terminal);
    display.listen(progress(1200, 0.53129));
    expect(terminal.written.error).toBe('\r\u001b[Kstep 1,200/70,000 (1%)  412 steps/s  loss 0.5313  2 min 47 s left');
    display.listen(validation);
    expect(terminal.written.error).toMatch(/validation after step 1,000: accuracy 0.9512 ± 0.0123 {2}\(best so far\)\n$/);
    display.listen(progress(1300, 0.5));
    expect(terminal.written.error).toMatch(/loss 0.5 {2}valid 0.9512 {2}2 min 47 s left$/);
    display.clear();
    expect(terminal.written.error.endsWith('\r\u001b[K')).toBe(true);
  });

  test('says how many episodes of a validation are not finite', () => {
    const terminal = fakeTerminal();
    const summaries = new Map([['mse', { mean: Number.NaN, interval: Number.NaN, count: 10_000, notFinite: 3 }]]);
    new RunDisplay(terminal).listen({ ...validation, summaries, best: false });
    expect(terminal.written.error).toBe('validation after step 1,000: mse NaN ± NaN (3 of 10,000 episodes are not finite)\n');
  });

  test('never writes the last column', () => {
    const terminal = fakeTerminal({ interactive: true, columns: 30 });
    new RunDisplay(terminal).listen(progress(1200, 0.5));
    const line = terminal.written.error.replace('\r\u001b[K', '');
    expect(line).toHaveLength(29);
    expect(line.endsWith('…')).toBe(true);
  });

  test('writes a plain line every five seconds elsewhere, and always the last', () => {
    const terminal = fakeTerminal();
    let now = 0;
    const display = new RunDisplay(terminal, () => now);
    for (const step of [1, 2, 3, 4]) {
      display.listen(progress(step, 1));
      now += 2000;
    }
    display.listen(progress(70_000, 1));
    const lines = terminal.written.error.trimEnd().split('\n');
    expect(lines.map((line) => line.split(' ')[1])).toEqual(['1/70,000', '4/70,000', '70,000/70,000']);
    expect(terminal.written.error).not.toContain('\u001b');
  });
});

describe('numbers for people', () => {
  test.each([
    [formatCount(1234567), '1,234,567'],
    [formatCount(12), '12'],
    [formatFigure(0.381249), '0.3812'],
    [formatFigure(98.7), '98.7'],
    [formatFigure(1.234e-7), '1.23e-7'],
    [formatFigure(Number.NaN), 'NaN'],
    [formatDuration(4.23), '4.2 s'],
    [formatDuration(59.6), '1 min 00 s'],
    [formatDuration(200), '3 min 20 s'],
    [formatDuration(7500), '2 h 05 min'],
    [formatBytes(312_000_000), '312 MB'],
    [formatBytes(999_999), '1 MB'],
    [formatFlops(1.6e9), '1.6 GFLOP'],
  ])('%s', (actual, expected) => {
    expect(actual).toBe(expected);
  });

  test('columns ignore colour codes and do not pad the last cell', () => {
    expect(
      columns(
        [
          ['\u001b[1ma\u001b[22m', '1', 'x'],
          ['bbb', '22', ''],
        ],
        ['left', 'right'],
      ),
    ).toBe('  \u001b[1ma\u001b[22m     1  x\n  bbb  22');
  });
});
