/** @file The tensor that an engine keeps: every image once per rotation, and the rows of each class of each phase. */
import { createHash } from 'node:crypto';
import { LimitationError } from '../../compiler/diagnostics/internal-error.ts';
import type { Tensor } from '../tensor.ts';
import { type ImageSet, rowCount } from './image-set.ts';
import { PHASES, type Phase } from './splits.ts';

export interface ResidentClass {
  /** With its rotation: `Greek/character01 rotated 90`. */
  readonly name: string;
  /** Rows of the resident tensor. */
  readonly rows: Int32Array;
}

export interface ResidentImages {
  /** uint8 [rows, height, width, 1]; rotation r of image i is row r * images + i. */
  readonly tensor: Tensor;
  /** Of the tensor, which is made when it is first asked for. */
  readonly rows: number;
  readonly classes: Readonly<Record<Phase, readonly ResidentClass[]>>;
  /** SHA-256 of the images and the classes of each phase: two runs with one digest see the same data, wherever it came from. */
  readonly digest: string;
}

/** @param rotations degrees counter-clockwise, multiples of 90; each makes new classes of all. */
export function makeResident(
  set: ImageSet,
  rotations: readonly number[],
  split: Readonly<Record<Phase, readonly number[]>>,
): ResidentImages {
  const { height, width } = set;
  const count = rowCount(set);
  const rows = count * rotations.length;
  const turns = rotations.map((degrees) => turnsOf(set, degrees));
  let tensor: Tensor | undefined;
  const expand = (classes: readonly number[]): ResidentClass[] =>
    rotations.flatMap((degrees, index) =>
      classes.map((position) => {
        const { name, rows } = set.classes[position] as ImageSet['classes'][number];
        return { name: degrees === 0 ? name : `${name} rotated ${degrees}`, rows: rows.map((row) => row + index * count) };
      }),
    );
  const classes = { train: expand(split.train), validate: expand(split.validate), evaluate: expand(split.evaluate) };
  return {
    get tensor() {
      tensor ??= { dtype: 'uint8', shape: [rows, height, width, 1], data: rotated(set, turns) };
      return tensor;
    },
    rows,
    classes,
    digest: digestOf(set, rotations, classes),
  };
}

/** The rotated copies follow from the images and the angles, so they are not read again. */
function digestOf(set: ImageSet, rotations: readonly number[], classes: ResidentImages['classes']): string {
  const hash = createHash('sha256').update(`${set.height}x${set.width} ${rotations.join(' ')}\n`);
  for (const phase of PHASES) {
    for (const { name, rows } of classes[phase]) hash.update(`${phase} ${name}\n`).update(rows);
  }
  return hash.update(set.images).digest('hex');
}

/** Quarter turns counter-clockwise, 0 to 3. A quarter turn keeps the shape only of square images. */
function turnsOf({ height, width }: ImageSet, degrees: number): number {
  const turns = degrees / 90;
  if (!Number.isInteger(turns)) throw new LimitationError(`images rotate by multiples of 90 degrees only, not by ${degrees}`);
  if (turns % 2 !== 0 && height !== width)
    throw new LimitationError(`images of ${height} x ${width} cannot be rotated by ${degrees} degrees: only square images can`);
  return ((turns % 4) + 4) % 4;
}

/**
 * All images once for each of `turns`. One pass over the images, four pixels at a time: most of a drawing is blank, and the copies begin blank.
 */
function rotated({ images, height, width }: ImageSet, turns: readonly number[]): Uint8Array {
  const { length } = images;
  const area = height * width;
  const places = Int32Array.from(
    turns.flatMap((quarters, copy) => turnedPixels(height, width, quarters).map((pixel) => copy * length + pixel)),
  );
  const data = new Uint8Array(length * turns.length);
  const turnPixel = (index: number): void => {
    const value = images[index] as number;
    if (value === 0) return;
    const pixel = index % area;
    const image = index - pixel;
    for (let place = pixel; place < places.length; place += area) data[image + (places[place] as number)] = value;
  };
  const aligned = images.byteOffset % 4 === 0 ? images : images.slice();
  const words = new Uint32Array(aligned.buffer, aligned.byteOffset, Math.floor(length / 4));
  for (let word = 0; word < words.length; word++) {
    if (words[word] === 0) continue;
    for (let index = 4 * word; index < 4 * word + 4; index++) turnPixel(index);
  }
  for (let index = 4 * words.length; index < length; index++) turnPixel(index);
  return data;
}

/** Where each pixel of an image goes when it is turned counter-clockwise. */
function turnedPixels(height: number, width: number, quarters: number): number[] {
  const pixels: number[] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const turned = [y * width + x, (width - 1 - x) * height + y, (height - 1 - y) * width + width - 1 - x, x * height + height - 1 - y];
      pixels.push(turned[quarters] as number);
    }
  }
  return pixels;
}
