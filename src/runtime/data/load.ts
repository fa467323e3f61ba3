/** @file From the `tasks` block's source to the resident tensor: finds the data set, reads it, resizes, splits, rotates. */
import { existsSync } from 'node:fs';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { dataFileMissing, dataKindUnknown, datasetUnknown, imageSize, splitUnknown } from '../../compiler/diagnostics/catalogue/data.ts';
import { DiagnosticError } from '../../compiler/diagnostics/diagnostic.ts';
import { LimitationError } from '../../compiler/diagnostics/internal-error.ts';
import type { TaskSource } from '../../compiler/ir/ir.ts';
import { heard } from '../heard.ts';
import { loadImageFiles } from './image-files.ts';
import { type ImageSet, type OpenedImageSet, rowCount } from './image-set.ts';
import { findClassList, openNpz } from './npz.ts';
import { readBytes, statOf } from './read-file.ts';
import { makeResident, type ResidentImages } from './resident.ts';
import { boxResizer } from './resize.ts';
import { SHIPPED, type ShippedDataSet, shippedDataFolder } from './shipped.ts';
import { type ClassSplit, readShippedSplit, readSplitFile, splitClasses } from './splits.ts';
import { looksLikeZip } from './zip.ts';

export type ImageSource = NonNullable<TaskSource['images']>;

export interface DataOptions {
  /** `--data NAME=PATH`: what stands instead of a named data set. */
  readonly replacements?: ReadonlyMap<string, string>;
  /** Relative paths in a spec start here; default the current folder. */
  readonly baseFolder?: string;
  /** Where decoded packs are kept; undefined for no cache. */
  readonly cacheFolder?: string | undefined;
  /** Called while images are decoded. */
  readonly progress?: (done: number, total: number) => void;
}

/** Reads the images of a tasks block at the size that it asks for. */
export async function loadImageSet(source: ImageSource, options: DataOptions = {}): Promise<ImageSet> {
  return (await openImageSet(source, options)).set;
}

async function openImageSet(source: ImageSource, options: DataOptions): Promise<OpenedImageSet> {
  if (source.channels !== 1) throw new LimitationError(`images have one grey channel; ${source.channels} channels are not supported`);
  const shipped = SHIPPED.find(({ name }) => name === source.dataset);
  const replacement = options.replacements?.get(source.dataset);
  const [height, width] = source.resize;
  if (replacement === undefined && shipped !== undefined) {
    const folder = shippedDataFolder();
    const pack = join(folder, shipped.pack);
    const opened = openNpz(readBytes(pack, 'the data set'), pack, join(folder, shipped.classList));
    const hint = `the originals are larger: --data ${shipped.name}=FOLDER_OF_THE_ORIGINAL_ZIPS`;
    return resized(opened, shipped.name, height, width, hint);
  }
  const path = replacement ?? within(options.baseFolder, source.dataset);
  if (replacement === undefined && !existsSync(path)) {
    if (/^[\w-]+$/.test(source.dataset))
      throw new DiagnosticError(
        datasetUnknown(
          source.dataset,
          SHIPPED.map(({ name }) => name),
        ),
      );
    throw new DiagnosticError(dataFileMissing(path, 'the data set'));
  }
  return openPath(path, source, shipped, options);
}

async function openPath(
  path: string,
  source: ImageSource,
  shipped: ShippedDataSet | undefined,
  options: DataOptions,
): Promise<OpenedImageSet> {
  const [height, width] = source.resize;
  if (!statOf(path, 'the data set').isDirectory()) {
    const bytes = readBytes(path, 'the data set');
    if (!looksLikeZip(bytes)) throw new DiagnosticError(dataKindUnknown(path));
    if (/\.npz$/i.test(path)) {
      const opened = openNpz(bytes, path, findClassList(dirname(path), basename(path)));
      return resized(opened, source.dataset, height, width, 'choose a smaller `resize`, or give the original images');
    }
  }
  const set = await loadImageFiles(path, {
    height,
    width,
    darkInk: shipped?.darkInk === true ? 'all' : 'bilevel',
    archives: shipped?.archives ?? [],
    cacheFolder: options.cacheFolder,
    progress: options.progress,
  });
  return { rows: rowCount(set), set: Promise.resolve({ ...set, name: source.dataset }) };
}

function within(folder: string | undefined, path: string): string {
  return folder === undefined || isAbsolute(path) ? path : join(folder, path);
}

function resized({ rows, set }: OpenedImageSet, name: string, height: number, width: number, hint: string): OpenedImageSet {
  return { rows, set: heard(set.then((whole) => resizeSet({ ...whole, name }, height, width, hint))) };
}

function resizeSet(set: ImageSet, height: number, width: number, hint: string): ImageSet {
  if (set.height === height && set.width === width) return set;
  if (set.height < height || set.width < width)
    throw new DiagnosticError(
      imageSize(set.name, `images of at least ${height} x ${width} (resize)`, `${set.height} x ${set.width}`, hint),
    );
  const resize = boxResizer(set.height, set.width, height, width);
  const area = set.height * set.width;
  const images = new Uint8Array(rowCount(set) * height * width);
  for (let row = 0; row < rowCount(set); row++) resize(set.images.subarray(row * area, (row + 1) * area), images, row * height * width);
  return { ...set, height, width, images };
}

/** The classes of each phase, by the split's name or file. */
export function loadSplit(source: ImageSource, options: DataOptions = {}): ClassSplit {
  const shipped = SHIPPED.find(({ name }) => name === source.dataset);
  if (shipped?.splits.includes(source.split)) return readShippedSplit(join(shippedDataFolder(), shipped.splitFolder), source.split);
  const path = within(options.baseFolder, source.split);
  if (!existsSync(path) && /^[\w-]+$/.test(source.split))
    throw new DiagnosticError(splitUnknown(source.split, shipped?.splits ?? [], source.dataset));
  return readSplitFile(path);
}

/** Image data that are still being read: how many rows they will have is known first. */
export interface OpenedImages {
  readonly rows: number;
  readonly images: Promise<ResidentImages>;
}

/** Everything an image `tasks` block needs, read and checked. */
export async function loadResident(source: ImageSource, options: DataOptions = {}): Promise<ResidentImages> {
  return (await openResident(source, options)).images;
}

/** As `loadResident`; what is wrong with the images themselves is found when they are waited for. */
export async function openResident(source: ImageSource, options: DataOptions = {}): Promise<OpenedImages> {
  const split = loadSplit(source, options);
  const { rows, set } = await openImageSet(source, options);
  const images = set.then((whole) => makeResident(whole, source.rotations, splitClasses(whole, split, source.split)));
  return { rows: rows * source.rotations.length, images: heard(images) };
}
