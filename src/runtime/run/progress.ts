/** @file Rate, time left and smoothed metrics, at most ten times a second. */
import type { Listener } from './events.ts';

const MILLISECONDS_BETWEEN = 100;
/** Seconds over which the rate is averaged. */
const RATE_WINDOW = 10;
/** Weight of the newest value in the means. */
const SMOOTHING = 0.05;

export class Progress {
  readonly #listener: Listener;
  readonly #steps: number;
  readonly #metrics = new Map<string, Map<string, number>>();
  #step: number;
  /** Times at which steps were completed, for the rate; the first is the oldest. */
  readonly #marks: { readonly time: number; readonly step: number }[];
  #lastReport = 0;

  constructor(listener: Listener, firstStep: number, steps: number) {
    this.#listener = listener;
    this.#steps = steps;
    this.#step = firstStep;
    this.#marks = [{ time: performance.now(), step: firstStep }];
  }

  /** The smoothed value of a metric takes the first value whole. */
  metric(block: string, name: string, value: number): void {
    const metrics = this.#metrics.get(block) ?? new Map<string, number>();
    this.#metrics.set(block, metrics);
    const before = metrics.get(name);
    metrics.set(name, before === undefined ? value : before + SMOOTHING * (value - before));
  }

  /** Reports if the last report is old enough, or if this is the last step. Returns whether it did. */
  step(completed: number): boolean {
    this.#step = completed;
    const now = performance.now();
    if (now - this.#lastReport < MILLISECONDS_BETWEEN && completed < this.#steps) return false;
    this.#lastReport = now;
    this.#marks.push({ time: now, step: completed });
    while (this.#marks.length > 2 && now - (this.#marks[0]?.time ?? now) > RATE_WINDOW * 1000) this.#marks.shift();
    this.#report(now);
    return true;
  }

  #report(now: number): void {
    const oldest = this.#marks[0];
    const seconds = oldest === undefined ? 0 : (now - oldest.time) / 1000;
    const made = oldest === undefined ? 0 : this.#step - oldest.step;
    const stepsPerSecond = seconds > 0 && made > 0 ? made / seconds : undefined;
    this.#listener({
      kind: 'progress',
      step: this.#step,
      steps: this.#steps,
      stepsPerSecond,
      secondsLeft: stepsPerSecond === undefined ? undefined : (this.#steps - this.#step) / stepsPerSecond,
      metrics: new Map([...this.#metrics].map(([block, metrics]) => [block, new Map(metrics)])),
    });
  }
}
