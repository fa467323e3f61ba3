/** @file Reads a packed data set: an .npz with `images` uint8 [n, height, width(, 1)], `labels` int [n] and, if it has them, `classes`. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { classListDamaged, npzContent } from '../../compiler/diagnostics/catalogue/data.ts';
import { DiagnosticError } from '../../compiler/diagnostics/diagnostic.ts';
import { heard } from '../heard.ts';
import { className, type ImageClass, type ImageSet, type OpenedImageSet } from './image-set.ts';
import { type NpyArray, readNpy } from './npy.ts';
import { readBytes } from './read-file.ts';
import { readZip, type ZipEntry, type ZipLimits } from './zip.ts';

const LIMITS: ZipLimits = { entries: 64, entryBytes: 2 ** 31 - 1, totalBytes: 2 ** 31 - 1 };

/**
 * The labels are read at once, the images on another thread: whoever needs to know how many there are need not wait for them.
 *
 * @param classList path of a JSON file `{"classes": [names]}` for archives without a `classes` array; without either, classes are
 * named after their labels.
 */
export function openNpz(bytes: Uint8Array, path: string, classList: string | undefined): OpenedImageSet {
  const entries = readZip(bytes, path, LIMITS);
  const [imagesEntry, labelsEntry] = [entryOf(entries, path, 'images'), entryOf(entries, path, 'labels')];
  const images = heard(imagesEntry.readBeside());
  const labels = readNpy(labelsEntry.read(), path, 'labels');
  const set = images.then((content) => imageSet(readNpy(content, path, 'images'), labels, entries, path, classList));
  return { rows: labels.shape[0] ?? 0, set: heard(set) };
}

function imageSet(images: NpyArray, labels: NpyArray, entries: readonly ZipEntry[], path: string, classList: string | undefined): ImageSet {
  const [rows = 0, height = 0, width = 0, channels = 1] = images.shape;
  const flat = images.data;
  if (!(flat instanceof Uint8Array) || images.shape.length < 3 || images.shape.length > 4 || channels !== 1 || height * width === 0)
    throw new DiagnosticError(npzContent(path, 'images: uint8 [n, height, width] or [n, height, width, 1]', describe('images', images)));
  const numbers = labels.shape.length === 1 && labels.shape[0] === rows ? toLabels(labels) : undefined;
  if (numbers === undefined)
    throw new DiagnosticError(npzContent(path, `labels: integers [${rows}], not negative`, describe('labels', labels)));

  const byLabel = new Map<number, number[]>();
  numbers.forEach((label, row) => {
    const known = byLabel.get(label);
    if (known === undefined) byLabel.set(label, [row]);
    else known.push(row);
  });
  const names = classNames(
    entries,
    path,
    classList,
    [...byLabel.keys()].reduce((most, label) => Math.max(most, label + 1), 0),
  );
  const classes = [...byLabel.keys()]
    .sort((a, b) => a - b)
    .map((label): ImageClass => ({ name: names?.[label] ?? String(label), rows: Int32Array.from(byLabel.get(label) ?? []) }));
  return { name: path, height, width, images: flat, classes };
}

function entryOf(entries: readonly ZipEntry[], path: string, name: string): ZipEntry {
  const entry = entries.find((candidate) => candidate.name === `${name}.npy`);
  if (entry !== undefined) return entry;
  const found = entries.map((candidate) => candidate.name.replace(/\.npy$/, ''));
  throw new DiagnosticError(npzContent(path, 'arrays `images` and `labels`', found.slice(0, 8).join(', ') || 'no arrays'));
}

function describe(name: string, array: NpyArray): string {
  return `${name}: ${array.type} [${array.shape.join(', ')}]`;
}

function toLabels({ data }: NpyArray): number[] | undefined {
  if (data instanceof Float32Array || data instanceof Float64Array) return undefined;
  const labels = Array.from(data as ArrayLike<number | bigint | string>, Number);
  return labels.every((label) => Number.isInteger(label) && label >= 0 && label < 2 ** 31) ? labels : undefined;
}

function classNames(
  entries: readonly ZipEntry[],
  path: string,
  classList: string | undefined,
  count: number,
): readonly string[] | undefined {
  const own = entries.find((entry) => entry.name === 'classes.npy');
  if (own !== undefined) return checkNames([...readNpy(own.read(), path, 'classes').data], path, count);
  if (classList === undefined) return undefined;
  return checkNames(readClassList(classList), classList, count);
}

function checkNames(list: readonly unknown[], path: string, count: number): readonly string[] {
  const names = list.map((name) => (typeof name === 'string' ? className(name.split('/')) : ''));
  if (names.length < count || names.includes(''))
    throw new DiagnosticError(classListDamaged(path, `${count} names`, `${names.filter((name) => name !== '').length} names`));
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new DiagnosticError(classListDamaged(path, 'every name once', `\`${twice}\` twice`));
  return names;
}

function readClassList(path: string): readonly unknown[] {
  const text = readBytes(path, 'the class list', 2 ** 28).toString('utf8');
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw new DiagnosticError(classListDamaged(path, 'JSON', error.message));
    throw error;
  }
  const list: unknown = typeof content === 'object' && content !== null && 'classes' in content ? content.classes : undefined;
  if (!Array.isArray(list)) throw new DiagnosticError(classListDamaged(path, '{"classes": [names]}', 'no list `classes`'));
  return list;
}

/** The class list beside a packed set: `NAME_classes.json` for `NAME.npz` or `NAME_….npz`. */
export function findClassList(folder: string, file: string): string | undefined {
  const stem = file.replace(/\.npz$/i, '');
  const candidates = [`${stem}_classes.json`, `${stem.split('_')[0] ?? stem}_classes.json`];
  return candidates.map((name) => join(folder, name)).find((path) => existsSync(path));
}
