/** @file Reads the arrays of numpy (NEP 1, format versions 1 to 3): C order, little-endian integers, floats and texts. */
import { npyDamaged } from '../../compiler/diagnostics/catalogue/data.ts';
import { DiagnosticError } from '../../compiler/diagnostics/diagnostic.ts';
import { sizeOf } from '../../compiler/ir/tensor-type.ts';

export type NpyData =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigInt64Array
  | Float32Array
  | Float64Array;

export interface NpyArray {
  readonly shape: readonly number[];
  /** Numpy's name: `|u1`, `<i4`, `<U40`. */
  readonly type: string;
  readonly data: NpyData | readonly string[];
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** How many bytes a number has, and the array over the bytes of `count` of them. */
interface NumberType {
  readonly bytes: number;
  read(bytes: Uint8Array): NpyData;
}

const NUMBER_TYPES: Readonly<Record<string, NumberType>> = {
  '|u1': { bytes: 1, read: (bytes) => new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length) },
  '|b1': { bytes: 1, read: (bytes) => new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length) },
  '|i1': { bytes: 1, read: (bytes) => new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length) },
  '<u2': { bytes: 2, read: (bytes) => new Uint16Array(aligned(bytes)) },
  '<i2': { bytes: 2, read: (bytes) => new Int16Array(aligned(bytes)) },
  '<u4': { bytes: 4, read: (bytes) => new Uint32Array(aligned(bytes)) },
  '<i4': { bytes: 4, read: (bytes) => new Int32Array(aligned(bytes)) },
  '<i8': { bytes: 8, read: (bytes) => new BigInt64Array(aligned(bytes)) },
  '<f4': { bytes: 4, read: (bytes) => new Float32Array(aligned(bytes)) },
  '<f8': { bytes: 8, read: (bytes) => new Float64Array(aligned(bytes)) },
};

/** A copy that begins where an element may. */
function aligned(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}

/** Elements of one byte are not copied: they lie in `bytes`. @param path and @param array name the file and the array in messages. */
export function readNpy(bytes: Uint8Array, path: string, array: string): NpyArray {
  const fail = (expected: string, found: string): never => {
    throw new DiagnosticError(npyDamaged(path, array, expected, found));
  };
  if (bytes.length < 12 || MAGIC.some((byte, index) => bytes[index] !== byte)) fail('the magic bytes of an .npy array', 'other bytes');
  const version = bytes[6] as number;
  if (version < 1 || version > 3) fail('format version 1, 2 or 3', `version ${version}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const prefix = version === 1 ? 10 : 12;
  const headerBytes = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const start = prefix + headerBytes;
  if (start > bytes.length) fail(`a header of ${headerBytes} bytes`, `${bytes.length - prefix} bytes`);
  const header = new TextDecoder().decode(bytes.subarray(prefix, start));
  const { type, shape } =
    parseHeader(header) ?? fail("a header {'descr': …, 'fortran_order': False, 'shape': (…)}", header.trim().slice(0, 120));

  const count = sizeOf(shape);
  const body = bytes.length - start;
  const text = /^<U(\d{1,4})$/.exec(type);
  const width = text !== null ? 4 * Number(text[1]) : (NUMBER_TYPES[type]?.bytes ?? fail('integers, floats or texts, little-endian', type));
  if (!Number.isSafeInteger(count) || count * width !== body) fail(`${count} elements of ${width} bytes`, `${body} bytes`);
  const content = bytes.subarray(start);
  const data = NUMBER_TYPES[type]?.read(content) ?? readTexts(new Uint32Array(aligned(content)), count, width / 4);
  return { shape, type, data };
}

/** The header is a Python dictionary; numpy writes nothing but these three keys. */
function parseHeader(header: string): { type: string; shape: readonly number[] } | undefined {
  const keys = [...header.matchAll(/'([a-z_]+)'\s*:/g)].map((match) => match[1]);
  if (keys.length !== 3 || new Set(keys).size !== 3) return undefined;
  const type = /'descr'\s*:\s*'([^']{2,8})'/.exec(header)?.[1];
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(header)?.[1];
  const shape = /'shape'\s*:\s*\(([\d,\s]*)\)/.exec(header)?.[1];
  if (type === undefined || order !== 'False' || shape === undefined) return undefined;
  const sizes = shape
    .split(',')
    .map((size) => size.trim())
    .filter((size) => size !== '');
  return { type, shape: sizes.map(Number) };
}

/** Fixed-width UTF-32, padded with zeros. */
function readTexts(codes: Uint32Array, count: number, width: number): string[] {
  return Array.from({ length: count }, (_, index) => {
    const text = codes.subarray(index * width, (index + 1) * width);
    const length = text.indexOf(0);
    const used = length < 0 ? text : text.subarray(0, length);
    return Array.from(used, (code) => (code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd')).join('');
  });
}
