/** @file Events of a run as JSON lines: `train --json` prints one object a line, the last one with `"event": "result"`. */
import type { RunEvent } from '../runtime/run/events.ts';

export function jsonEvent(event: RunEvent): string {
  const { kind, ...fields } = event;
  return JSON.stringify({ event: kind, ...fields }, (_, value: unknown) => (value instanceof Map ? Object.fromEntries(value) : value));
}
