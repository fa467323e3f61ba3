/** @file The shipped specs with smaller networks, images and batches, for tests that run them where arithmetic is slow. */
import { checkSource } from '../../src/compiler/compile.ts';
import type { SourceFile } from '../../src/compiler/diagnostics/source-file.ts';

/** Images of 16 x 16, 8 x 8 or 4 x 4 and convolutions of 6 filters. Four halvings of the larger ones leave one pixel. */
export function smallText(text: string): string {
  return text
    .replaceAll('28 x 28', '16 x 16')
    .replaceAll('20 x 20', '8 x 8')
    .replaceAll('10 x 10', '4 x 4')
    .replaceAll('[100, hidden]', '[16, hidden]')
    .replaceAll('28, 28, 1]', '16, 16, 1]')
    .replaceAll('dense(784)', 'dense(256)')
    .replaceAll('conv(64', 'conv(6');
}

const LARGEST: readonly (readonly [RegExp, number])[] = [
  [/\.batch$/, 2],
  [/\.ways$/, 10],
  [/\.queries$/, 3],
  // Not those of a train block: where one names its own, its minibatches are cut from them.
  [/^(?!train\b).*\.shots$/, 5],
  [/\.draws$/, 3],
  [/^(units|slots|width)$/, 12],
  [/^longest$/, 4],
  [/^hidden$/, 2],
  [/^most$/, 2],
  // Rounding grows from step to step, most of all where the sign of a gradient decides.
  [/^horizon$/, 24],
  [/^(sgd|nesterov)_rate$/, 1],
];

/** Settings (`--set`) that bring batches, episodes and recurrent networks down to what the reference engine does in milliseconds. */
export function smallSettings(source: SourceFile): ReadonlyMap<string, string> {
  const { model } = checkSource(source);
  const settings = new Map<string, string>();
  for (const { name, value } of model?.settings ?? []) {
    const largest = LARGEST.find(([pattern]) => pattern.test(name))?.[1];
    if (largest !== undefined && Number(value) > largest) settings.set(name, String(largest));
  }
  return settings;
}
