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
  /** Of the tensor, which is made when it is first asked for, as the digest is. */
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
  let digest: string | undefined;
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
    get digest() {
      digest ??= digestOf(set, rotations, classes);
      return digest;
    },
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

/** All images once for each of `turns`. Half a turn of an image is its pixels in reverse, which the runtime does many at a time. */
function rotated({ images, height, width }: ImageSet, turns: readonly number[]): Uint8Array {
  const { length } = images;
  const data = new Uint8Array(length * turns.length);
  const copies = turns.map((_, copy) => data.subarray(copy * length, (copy + 1) * length));
  for (const [copy, quarters] of turns.entries()) {
    const turned = copies[copy] as Uint8Array;
    const sideways = turns.indexOf(1);
    if (quarters % 2 === 0) turned.set(images);
    else if (quarters === 3 && sideways >= 0 && sideways < copy) turned.set(copies[sideways] as Uint8Array);
    else turnByQuarter(images, turned, height, width);
    if (quarters >= 2)
      for (let first = 0; first < length; first += height * width) turned.subarray(first, first + height * width).reverse();
  }
  return data;
}

/** Turns each image counter-clockwise: what was the right edge becomes the upper one. */
function turnByQuarter(images: Uint8Array, turned: Uint8Array, height: number, width: number): void {
  let from = 0;
  for (let image = 0; image < images.length; image += height * width) {
    for (let y = 0; y < height; y++) {
      let to = image + (width - 1) * height + y;
      for (let x = 0; x < width; x++) {
        turned[to] = images[from++] as number;
        to -= height;
      }
    }
  }
}
