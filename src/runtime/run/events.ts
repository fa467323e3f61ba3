/** @file What a run tells while it goes on. The runtime prints nothing; whoever listens may. */
import type { Summary } from './statistics.ts';

export interface ProgressEvent {
  readonly kind: 'progress';
  readonly step: number;
  readonly steps: number;
  /** Outer steps a second, lately; undefined at the start. */
  readonly stepsPerSecond: number | undefined;
  readonly secondsLeft: number | undefined;
  /** Exponential means over recent steps, by train block and metric, the loss first. */
  readonly metrics: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

export interface ValidationEvent {
  readonly kind: 'validation';
  readonly block: string;
  readonly step: number;
  readonly summaries: ReadonlyMap<string, Summary>;
  /** The metric that picks the best checkpoint. */
  readonly kept: string | undefined;
  /** Whether this is the best figure so far. */
  readonly best: boolean;
}

export type RunEvent =
  | { readonly kind: 'started'; readonly step: number; readonly steps: number; readonly folder: string; readonly resumed: boolean }
  | ProgressEvent
  | ValidationEvent
  | { readonly kind: 'checkpoint'; readonly step: number; readonly path: string; readonly best: boolean }
  /** While validating or evaluating. */
  | { readonly kind: 'episodes'; readonly phase: 'validate' | 'evaluate'; readonly done: number; readonly total: number }
  /** Asked to stop: a checkpoint was written, and the same call with `resume` goes on. */
  | { readonly kind: 'stopped'; readonly step: number; readonly path: string }
  | { readonly kind: 'finished'; readonly step: number };

export type Listener = (event: RunEvent) => void;
