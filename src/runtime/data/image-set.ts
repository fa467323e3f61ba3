/** @file A data set of images in memory: grey bytes of one size, and the rows that belong to each class. */

export interface ImageClass {
  /** As split files name it: `Alphabet/character01`. */
  readonly name: string;
  /** Rows of `images`. */
  readonly rows: Int32Array;
}

export interface ImageSet {
  /** Name or path, for messages. */
  readonly name: string;
  readonly height: number;
  readonly width: number;
  /** [rows, height, width]. */
  readonly images: Uint8Array;
  readonly classes: readonly ImageClass[];
}

/** A data set that is still being read: how many images it will have is known first. */
export interface OpenedImageSet {
  /** As its labels say; the set is refused if it has another number of images. */
  readonly rows: number;
  readonly set: Promise<ImageSet>;
}

export function rowCount(set: ImageSet): number {
  return set.images.length / (set.height * set.width);
}

/**
 * The class that a path names: its folders without the file and without the top folders of the original Omniglot archives, so that
 * `images_background/Greek/character01/0394_01.png` and `Greek/character01/0394_01.png` are of the same class.
 */
export function className(folders: readonly string[]): string {
  const first = folders[0];
  const own = first === 'images_background' || first === 'images_evaluation' ? folders.slice(1) : folders;
  return own.join('/');
}
