/** @file What the settings of a block are called. */
import type { Block } from '../parse/ast.ts';

/** `train`, `train.learner`, `omniglot`, `fast`. */
export function settingPrefix(block: Block): string {
  if (block.keyword === 'train') return block.name === undefined ? 'train' : `train.${block.name.text}`;
  return block.name?.text ?? block.keyword;
}
