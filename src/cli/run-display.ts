/** @file What a person sees of a run: on a terminal one line that is redrawn, elsewhere a plain line every few seconds. */
import type { ProgressEvent, RunEvent, ValidationEvent } from '../runtime/run/events.ts';
import { formatCount, formatDiverged, formatDuration, formatFigure, formatWord } from './format.ts';
import { visibleLength } from './table.ts';
import type { Terminal } from './terminal.ts';

/** Seconds between plain lines where no line can be redrawn (a log file, CI). */
const PLAIN_SECONDS = 5;

export class RunDisplay {
  readonly #terminal: Terminal;
  readonly #now: () => number;
  #lastPlain = Number.NEGATIVE_INFINITY;
  #drawn = false;
  /** The latest validation figure, which stays in sight until the next. */
  #figure = '';

  /** @param now milliseconds, of any origin. */
  constructor(terminal: Terminal, now: () => number = () => performance.now()) {
    this.#terminal = terminal;
    this.#now = now;
  }

  readonly listen = (event: RunEvent): void => {
    switch (event.kind) {
      case 'started': {
        const from = event.resumed ? `going on at step ${formatCount(event.step)} of` : 'training';
        this.line(`${from} ${formatWord(event.steps, 'step')}, run folder ${event.folder}`);
        break;
      }
      case 'progress':
        this.#redraw(progressText(event, this.#figure), event.step >= event.steps);
        break;
      case 'episodes':
        this.#redraw(`${event.phase === 'validate' ? 'validating' : 'evaluating'}: ${event.done} of ${event.total} episodes`, false);
        break;
      case 'validation':
        this.#figure = validationFigure(event);
        this.line(validationText(event));
        break;
      case 'checkpoint':
        break;
      case 'stopped':
        this.line(`stopped after step ${formatCount(event.step)}; checkpoint ${event.path}`);
        break;
      case 'finished':
        this.line(`trained ${formatWord(event.step, 'step')}`);
        break;
    }
  };

  /** A line that stays. */
  line(text: string): void {
    this.clear();
    this.#terminal.error(`${text}\n`);
  }

  /** Takes the redrawn line away, for whatever is written next. */
  clear(): void {
    if (this.#drawn) this.#terminal.error('\r\u001b[K');
    this.#drawn = false;
  }

  #redraw(text: string, last: boolean): void {
    if (this.#terminal.interactive) {
      // One column is left free: some terminals wrap when the last one is written.
      this.#terminal.error(`\r\u001b[K${clip(text, this.#terminal.columns() - 1)}`);
      this.#drawn = true;
      return;
    }
    const now = this.#now();
    if (!last && now - this.#lastPlain < PLAIN_SECONDS * 1000) return;
    this.#lastPlain = now;
    this.#terminal.error(`${text}\n`);
  }
}

/** `step 1,200/70,000 (2%)  412 steps/s  loss 0.53  accuracy 0.951 at 1,000  2 min 47 s left`. */
function progressText(event: ProgressEvent, figure: string): string {
  const percent = event.steps === 0 ? 100 : Math.floor((100 * event.step) / event.steps);
  const parts = [`step ${formatCount(event.step)}/${formatCount(event.steps)} (${percent}%)`];
  if (event.stepsPerSecond !== undefined) parts.push(`${formatFigure(Number(event.stepsPerSecond.toPrecision(3)))} steps/s`);
  for (const [block, metrics] of event.metrics) {
    for (const [name, value] of metrics) parts.push(`${event.metrics.size > 1 ? `${block} ` : ''}${name} ${formatFigure(value)}`);
  }
  if (figure !== '') parts.push(figure);
  if (event.secondsLeft !== undefined && event.step < event.steps) parts.push(`${formatDuration(event.secondsLeft)} left`);
  return parts.join('  ');
}

function validationFigure(event: ValidationEvent): string {
  const [first] = event.summaries.keys();
  const name = event.kept ?? first;
  const summary = name === undefined ? undefined : event.summaries.get(name);
  return summary === undefined ? '' : `valid ${formatFigure(summary.mean)}`;
}

function validationText(event: ValidationEvent): string {
  const figures = [...event.summaries].map(([name, summary]) => {
    const diverged = formatDiverged(summary);
    return `${name} ${formatFigure(summary.mean)} ± ${formatFigure(summary.interval)}${diverged === '' ? '' : ` (${diverged})`}`;
  });
  const best = event.best ? '  (best so far)' : '';
  return `validation after step ${formatCount(event.step)}: ${figures.join(', ')}${best}`;
}

/** At most `width` characters; the text has no colour codes. */
function clip(text: string, width: number): string {
  return visibleLength(text) <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}
