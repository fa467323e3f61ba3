/** @file Makes archives and images for tests: good ones, and ones damaged at a chosen place. */
import { encode } from 'fast-png';
import { strToU8, type Zippable, zipSync } from 'fflate';

/** A grey PNG of 8 bits with one value. */
export function greyPng(height: number, width: number, value: number): Uint8Array {
  return encode({ width, height, channels: 1, depth: 8, data: new Uint8Array(width * height).fill(value) });
}

/** A PNG with one byte of its compressed pixels changed and its checksum left as it was. */
export function damagedPng(): Uint8Array {
  const bytes = greyPng(8, 8, 7).slice();
  const data = Buffer.from(bytes).indexOf('IDAT');
  bytes[data + 8] = (bytes[data + 8] ?? 0) ^ 0xff;
  return bytes;
}

/** A PNG header that claims a size. */
export function claimedSize(width: number, height: number): Uint8Array {
  const bytes = greyPng(2, 2, 0).slice();
  const view = new DataView(bytes.buffer);
  view.setUint32(16, width);
  view.setUint32(20, height);
  return bytes;
}

/** `classes` folders c0, c1, … of `each` images. */
export function imageZip(classes: number, each: number, png: Uint8Array = greyPng(8, 8, 200)): Uint8Array {
  const files: Zippable = {};
  for (let index = 0; index < classes; index++) for (let example = 0; example < each; example++) files[`c${index}/${example}.png`] = png;
  return zipSync(files, { mtime: new Date(2020, 0, 1) });
}

export function zipOf(files: Readonly<Record<string, Uint8Array | string>>): Uint8Array {
  const content = Object.entries(files).map(([name, bytes]) => [name, typeof bytes === 'string' ? strToU8(bytes) : bytes]);
  return zipSync(Object.fromEntries(content) as Zippable, { mtime: new Date(2020, 0, 1) });
}

/** Offset of the n-th record of the central directory. */
export function directoryOffset(zip: Uint8Array, record: number): number {
  let position = new DataView(zip.buffer, zip.byteOffset).getUint32(zip.length - 22 + 16, true);
  const view = new DataView(zip.buffer, zip.byteOffset);
  for (let index = 0; index < record; index++)
    position += 46 + view.getUint16(position + 28, true) + view.getUint16(position + 30, true) + view.getUint16(position + 32, true);
  return position;
}

/** A copy with a little-endian number written at an offset. */
export function withNumber(bytes: Uint8Array, offset: number, value: number, width: 2 | 4): Uint8Array {
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  if (width === 2) view.setUint16(offset, value, true);
  else view.setUint32(offset, value, true);
  return copy;
}

/** An .npy file, version 1. */
export function npyOf(type: string, shape: readonly number[], data: Uint8Array, order = 'False'): Uint8Array {
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const header = `${`{'descr': '${type}', 'fortran_order': ${order}, 'shape': (${sizes}), }`.padEnd(117)}\n`;
  return Buffer.concat([Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 118, 0]), Buffer.from(header), data]);
}

export function int32Bytes(values: readonly number[]): Uint8Array {
  return new Uint8Array(Int32Array.from(values).buffer);
}
