/** @file Decoded data sets on disk, so that a large folder of images is decoded once. A cache entry that does not fit is made again. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { writeAtomically } from '../checkpoint/atomic-file.ts';
import { decodeSafetensors, encodeSafetensors, SafetensorsError } from '../checkpoint/safetensors.ts';
import type { ImageSet } from './image-set.ts';
import { isSystemError } from './read-file.ts';

/** A folder in `$METAC_CACHE`, else in `$XDG_CACHE_HOME/metac`, else in `~/.cache/metac`. */
export function cacheFolder(environment: Readonly<Record<string, string | undefined>>, ...below: readonly string[]): string {
  if (environment.METAC_CACHE !== undefined) return join(environment.METAC_CACHE, ...below);
  const base = environment.XDG_CACHE_HOME;
  return join(base !== undefined && base !== '' ? base : join(homedir(), '.cache'), 'metac', ...below);
}

/** The set kept under `key`, else what `read` makes, which is then kept. A folder that cannot be written costs only time. */
export async function cached(folder: string, key: string, name: string, read: () => Promise<ImageSet>): Promise<ImageSet> {
  const path = join(folder, `${key}.safetensors`);
  const kept = readEntry(path, name);
  if (kept !== undefined) return kept;
  const set = await read();
  try {
    mkdirSync(folder, { recursive: true });
    writeAtomically(path, encodeSet(set));
  } catch (error) {
    // A full or read-only disk must not stop a run whose data were just read.
    if (!isSystemError(error)) throw error;
  }
  return set;
}

function encodeSet({ images, height, width, classes }: ImageSet): Uint8Array[] {
  const rows = Int32Array.from(classes.flatMap((one) => [...one.rows]));
  const sizes = Int32Array.from(classes, (one) => one.rows.length);
  return encodeSafetensors({
    tensors: new Map([
      ['images', { dtype: 'uint8', shape: [images.length / (height * width), height, width], data: images }],
      ['rows', { dtype: 'int', shape: [rows.length], data: rows }],
      ['sizes', { dtype: 'int', shape: [sizes.length], data: sizes }],
    ]),
    metadata: { classes: JSON.stringify(classes.map((one) => one.name)) },
  });
}

function readEntry(path: string, name: string): ImageSet | undefined {
  if (!existsSync(path)) return undefined;
  try {
    const { tensors, metadata } = decodeSafetensors(readFileSync(path));
    const images = tensors.get('images');
    const rows = tensors.get('rows')?.data;
    const sizes = tensors.get('sizes')?.data;
    const names: unknown = JSON.parse(metadata.classes ?? '');
    if (!(images?.data instanceof Uint8Array && rows instanceof Int32Array && sizes instanceof Int32Array)) return undefined;
    const [, height, width] = images.shape;
    if (height === undefined || width === undefined || !Array.isArray(names) || names.length !== sizes.length) return undefined;
    let start = 0;
    const classes = names.map((className: unknown, index) => {
      const end = start + (sizes[index] as number);
      const one = { name: String(className), rows: rows.slice(start, end) };
      start = end;
      return one;
    });
    return { name, height, width, images: images.data, classes };
  } catch (error) {
    // Damaged or unreadable: the caller reads the originals, which then report their own errors.
    if (error instanceof SafetensorsError || error instanceof SyntaxError || isSystemError(error)) return undefined;
    throw error;
  }
}
