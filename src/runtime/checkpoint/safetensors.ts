/**
 * @file The safetensors format: 8 bytes of header length (little-endian), a JSON header, raw row-major data. Written with sorted
 * keys, so that the same tensors give the same bytes; read strictly.
 */
import { sizeOf } from '../../compiler/ir/tensor-type.ts';
import type { Tensors } from '../engine.ts';
import type { Tensor, TensorData } from '../tensor.ts';

export interface SafetensorsContent {
  readonly tensors: Tensors;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A file that is not what it should be; the caller knows its path and says so to the user. */
export class SafetensorsError extends Error {
  readonly expected: string;
  readonly found: string;
  constructor(expected: string, found: string) {
    super(`expected ${expected}, found ${found}`);
    this.name = 'SafetensorsError';
    this.expected = expected;
    this.found = found;
  }
}

const LARGEST_HEADER = 100_000_000;
const ALIGNMENT = 8;

type FormatName = 'F32' | 'F64' | 'I32' | 'U8' | 'BOOL';

const FORMATS: Readonly<
  Record<FormatName, { readonly bytes: number; read(buffer: ArrayBuffer): Tensor['data']; readonly dtype: Tensor['dtype'] }>
> = {
  F32: { bytes: 4, dtype: 'float', read: (buffer) => new Float32Array(buffer) },
  F64: { bytes: 8, dtype: 'float', read: (buffer) => new Float64Array(buffer) },
  I32: { bytes: 4, dtype: 'int', read: (buffer) => new Int32Array(buffer) },
  U8: { bytes: 1, dtype: 'uint8', read: (buffer) => new Uint8Array(buffer) },
  BOOL: { bytes: 1, dtype: 'bool', read: (buffer) => new Uint8Array(buffer) },
};

function formatOf({ dtype, data }: Tensor): FormatName {
  if (dtype === 'float') return data instanceof Float64Array ? 'F64' : 'F32';
  if (dtype === 'int') return 'I32';
  return dtype === 'bool' ? 'BOOL' : 'U8';
}

function bytesOf(data: TensorData): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** The parts of a file, in order: header first, then each tensor. Tensors stand by descending element size, then by name. */
export function encodeSafetensors({ tensors, metadata }: SafetensorsContent): Uint8Array[] {
  const entries = [...tensors].sort(
    ([a, left], [b, right]) => FORMATS[formatOf(right)].bytes - FORMATS[formatOf(left)].bytes || (a < b ? -1 : 1),
  );
  const header: Record<string, unknown> = {
    __metadata__: Object.fromEntries(Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1))),
  };
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const [name, tensor] of entries) {
    const bytes = bytesOf(tensor.data);
    header[name] = { dtype: formatOf(tensor), shape: tensor.shape, data_offsets: [offset, offset + bytes.length] };
    offset += bytes.length;
    parts.push(bytes);
  }
  const text = JSON.stringify(header);
  const length = Math.ceil(Buffer.byteLength(text) / ALIGNMENT) * ALIGNMENT;
  const start = Buffer.alloc(8 + length, ' ');
  start.writeBigUInt64LE(BigInt(length));
  start.write(text, 8);
  return [start, ...parts];
}

/** Throws SafetensorsError unless the bytes are exactly one well-formed file: data without gaps, overlaps or a rest. */
export function decodeSafetensors(bytes: Uint8Array): SafetensorsContent {
  if (bytes.length < 8) throw new SafetensorsError('8 bytes of header length', `${bytes.length} bytes`);
  const length = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  if (length > LARGEST_HEADER || 8 + Number(length) > bytes.length)
    throw new SafetensorsError(`a header inside the file of ${bytes.length} bytes`, `a header of ${length} bytes`);
  const start = 8 + Number(length);
  const header = parseHeader(bytes.subarray(8, start));
  const metadata: Record<string, string> = {};
  const tensors = new Map<string, Tensor>();
  const ranges: (readonly [number, number])[] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name === '__metadata__') {
      for (const [key, text] of Object.entries(requireObject(value, '__metadata__'))) {
        if (typeof text !== 'string') throw new SafetensorsError('metadata of texts', `\`${key}\` of type ${typeof text}`);
        metadata[key] = text;
      }
      continue;
    }
    const { format, shape, range } = describe(name, value);
    const [from, to] = range;
    if (to > bytes.length - start) throw new SafetensorsError(`${to} bytes of data`, `${bytes.length - start}: it was cut off`);
    if (to - from !== sizeOf(shape) * FORMATS[format].bytes)
      throw new SafetensorsError(`${sizeOf(shape) * FORMATS[format].bytes} bytes for \`${name}\``, `${to - from} bytes`);
    ranges.push(range);
    // A new array, not `slice`: that of a Buffer shares its memory, and typed arrays of wide elements need alignment.
    tensors.set(name, {
      dtype: FORMATS[format].dtype,
      shape,
      data: FORMATS[format].read(new Uint8Array(bytes.subarray(start + from, start + to)).buffer),
    });
  }
  let end = 0;
  for (const [from, to] of ranges.sort((a, b) => a[0] - b[0] || a[1] - b[1])) {
    if (from !== end) throw new SafetensorsError(`data that start at byte ${end}`, `data that start at byte ${from}`);
    end = to;
  }
  if (end !== bytes.length - start) throw new SafetensorsError(`${end} bytes of data`, `${bytes.length - start} bytes`);
  return { tensors, metadata };
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  try {
    return requireObject(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)), 'the header');
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) throw new SafetensorsError('a JSON header', error.message);
    throw error;
  }
}

function requireObject(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new SafetensorsError(`${what} as an object`, typeof value);
  return value as Record<string, unknown>;
}

function describe(name: string, value: unknown): { format: FormatName; shape: readonly number[]; range: readonly [number, number] } {
  const { dtype, shape, data_offsets: offsets } = requireObject(value, `\`${name}\``);
  const format = Object.keys(FORMATS).find((known): known is FormatName => known === dtype);
  if (format === undefined) throw new SafetensorsError(Object.keys(FORMATS).join(', '), `${String(dtype)} for \`${name}\``);
  if (!isSizes(shape) || !Number.isSafeInteger(sizeOf(shape))) throw new SafetensorsError(`a shape for \`${name}\``, JSON.stringify(shape));
  if (!isSizes(offsets) || offsets.length !== 2) throw new SafetensorsError(`two offsets for \`${name}\``, JSON.stringify(offsets));
  return { format, shape, range: [offsets[0] as number, offsets[1] as number] };
}

function isSizes(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}
