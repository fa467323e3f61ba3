/** @file The data sets that come with metac. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InternalError } from '../../compiler/diagnostics/internal-error.ts';

export interface ShippedDataSet {
  readonly name: string;
  /** Packed images and class list, below the data folder. */
  readonly pack: string;
  readonly classList: string;
  readonly splitFolder: string;
  readonly splits: readonly string[];
  /** Drawings in dark ink on light paper: the originals are inverted, so that ink is 255 and background 0. */
  readonly darkInk: boolean;
  /** Original archives: taken, when a folder has them all, instead of everything in it. */
  readonly archives: readonly string[];
}

export const SHIPPED: readonly ShippedDataSet[] = [
  {
    name: 'omniglot',
    pack: 'omniglot/omniglot_28x28_u8.npz',
    classList: 'omniglot/omniglot_classes.json',
    splitFolder: 'omniglot/splits',
    splits: ['vinyals', 'lake'],
    darkInk: true,
    archives: ['images_background.zip', 'images_evaluation.zip'],
  },
];

/** The folder `data` of this installation: beside the first package.json above this module, bundled or not. */
export function shippedDataFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new InternalError('no package.json above the installed files');
    folder = parent;
  }
  return join(folder, 'data');
}
