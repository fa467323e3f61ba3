/** @file Data sets of PNG files in class folders: in a folder, in a zip, or in a folder of zips. */
import { createHash } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { basename, join, relative, resolve, sep } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { archiveTooLarge, classTwice, imageSize, noImages } from '../../compiler/diagnostics/catalogue/data.ts';
import { DiagnosticError } from '../../compiler/diagnostics/diagnostic.ts';
import { cached } from './cache.ts';
import { className, type ImageClass, type ImageSet } from './image-set.ts';
import { type DarkInk, decodePng } from './png.ts';
import { attempt, readBytes, statOf } from './read-file.ts';
import { boxResizer } from './resize.ts';
import { readZip, type ZipLimits } from './zip.ts';

export interface ImageFileOptions {
  readonly height: number;
  readonly width: number;
  readonly darkInk: DarkInk;
  /** When a folder has all these archives, it is read as them alone. */
  readonly archives: readonly string[];
  readonly cacheFolder: string | undefined;
  readonly progress: ((done: number, total: number) => void) | undefined;
}

interface ImageFile {
  /** With `/`, from the data set's root: it sorts the images and names the class. */
  readonly path: string;
  /** For messages. */
  readonly place: string;
  /** The archive or root folder. */
  readonly origin: string;
  read(): Uint8Array;
}

const LIMITS: ZipLimits = { entries: 2_000_000, entryBytes: 2 ** 26, totalBytes: 2 ** 34 };
const MOST_BYTES = 2 ** 31 - 1;
const FILES_PER_TURN = 256;

/**
 * Reads all images, area-averaged to one size. Images are sorted by path, bytewise; a class is a folder that holds images.
 * The result is kept in the cache under the names, sizes and modification times of what was read.
 */
export async function loadImageFiles(path: string, options: ImageFileOptions): Promise<ImageSet> {
  const origins = findOrigins(path, options.archives);
  const read = (): Promise<ImageSet> => decodeAll(path, collect(path, origins), options);
  if (options.cacheFolder === undefined) return read();
  return cached(options.cacheFolder, fingerprint(path, origins, options), path, read);
}

/** The archives of a folder that has archives, else the path itself. */
function findOrigins(path: string, archives: readonly string[]): readonly string[] {
  if (!statOf(path, 'the data set').isDirectory()) return [path];
  const names = attempt(path, 'the data set', () => readdirSync(path)).sort();
  const zips = names.filter((name) => /\.zip$/i.test(name));
  const known = archives.filter((name) => zips.includes(name));
  if (archives.length > 0 && known.length === archives.length) return known.map((name) => join(path, name));
  return zips.length > 0 ? zips.map((name) => join(path, name)) : [path];
}

function fingerprint(path: string, origins: readonly string[], { height, width, darkInk }: ImageFileOptions): string {
  const hash = createHash('sha256').update(`images 1 ${height}x${width} ${darkInk}\n`);
  for (const origin of origins) {
    const files = statOf(origin, 'the data set').isDirectory() ? filesBelow(origin) : [origin];
    for (const file of files) {
      const { size, mtimeMs } = statSync(file);
      hash.update(`${resolve(file)}\0${size}\0${mtimeMs}\n`);
    }
  }
  return hash.update(resolve(path)).digest('hex');
}

function filesBelow(folder: string): string[] {
  const files = attempt(folder, 'the data set', () => readdirSync(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && /\.png$/i.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
  return files.sort();
}

function collect(path: string, origins: readonly string[]): ImageFile[] {
  const files = origins.flatMap((origin): ImageFile[] => {
    if (!statOf(origin, 'the data set').isDirectory()) return zipFiles(origin);
    return filesBelow(origin).map((file) => ({
      path: relative(origin, file).split(sep).join('/'),
      place: file,
      origin,
      read: () => readBytes(file, 'the image', LIMITS.entryBytes),
    }));
  });
  const images = files.filter(
    (file) => file.path.includes('/') && !file.path.split('/').some((part) => part.startsWith('.') || part === '__MACOSX'),
  );
  if (images.length === 0) throw new DiagnosticError(noImages(path));
  return images.sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
}

function zipFiles(archive: string): ImageFile[] {
  const entries = readZip(readBytes(archive, 'the data set'), archive, LIMITS).filter((entry) => /\.png$/i.test(entry.name));
  return entries.map((entry) => ({
    path: entry.name,
    place: `${basename(archive)}/${entry.name}`,
    origin: archive,
    read: () => entry.read(),
  }));
}

async function decodeAll(path: string, files: readonly ImageFile[], options: ImageFileOptions): Promise<ImageSet> {
  const { height, width } = options;
  const area = height * width;
  if (files.length * area > MOST_BYTES)
    throw new DiagnosticError(archiveTooLarge(path, 'images', `${MOST_BYTES} bytes`, `${files.length} images of ${height} x ${width}`));
  const images = new Uint8Array(files.length * area);
  const resizers = new Map<string, ReturnType<typeof boxResizer>>();
  for (const [row, file] of files.entries()) {
    const image = decodePng(file.read(), file.place, options.darkInk);
    if (image.height < height || image.width < width) {
      const hint = 'choose a smaller `resize`';
      const found = `${image.height} x ${image.width}`;
      throw new DiagnosticError(imageSize(file.place, `an image of at least ${height} x ${width} (resize)`, found, hint));
    }
    const size = `${image.height}x${image.width}`;
    const resize = resizers.get(size) ?? boxResizer(image.height, image.width, height, width);
    resizers.set(size, resize);
    resize(image.pixels, images, row * area);
    if (row % FILES_PER_TURN === 0) {
      options.progress?.(row, files.length);
      await setImmediate();
    }
  }
  options.progress?.(files.length, files.length);
  return { name: path, height, width, images, classes: classesOf(files) };
}

function classesOf(files: readonly ImageFile[]): ImageClass[] {
  const classes = new Map<string, { folder: string; origin: string; rows: number[] }>();
  for (const [row, file] of files.entries()) {
    const parts = file.path.split('/').slice(0, -1);
    const folder = parts.join('/');
    const name = className(parts);
    const known = classes.get(name);
    if (known === undefined) classes.set(name, { folder, origin: file.origin, rows: [row] });
    else if (known.folder === folder && known.origin === file.origin) known.rows.push(row);
    else throw new DiagnosticError(classTwice(name, `${known.origin}: ${known.folder}`, `${file.origin}: ${folder}`));
  }
  return [...classes].map(([name, { rows }]) => ({ name, rows: Int32Array.from(rows) }));
}
