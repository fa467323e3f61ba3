/** @file How far what a value depends on reaches. */
import type { Level } from './meaning.ts';

const levels: readonly Level[] = ['constant', 'meta', 'task', 'example'];

/** The level of what is computed from these. */
export function highest(tensors: readonly { readonly level: Level }[]): Level {
  let index = 0;
  for (const tensor of tensors) index = Math.max(index, levels.indexOf(tensor.level));
  return levels[index] as Level;
}
