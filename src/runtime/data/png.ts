/** @file Decodes PNG images (fast-png, checksums verified) to grey bytes. */
import { type DecodedPng, decode } from 'fast-png';
import { imageDamaged, imageSize } from '../../compiler/diagnostics/catalogue/data.ts';
import { DiagnosticError } from '../../compiler/diagnostics/diagnostic.ts';

/**
 * Which images are drawings in dark ink, read with ink = 255 and background = 0: `all`, or only those with one bit a pixel.
 * Others keep their grey values.
 */
export type DarkInk = 'all' | 'bilevel';

export interface GreyImage {
  readonly height: number;
  readonly width: number;
  /** [height, width]. */
  readonly pixels: Uint8Array;
}

const LARGEST_SIDE = 8192;
const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** @param path names the file in messages. Colours become luminance (ITU-R BT.601); transparency shows white paper. */
export function decodePng(bytes: Uint8Array, path: string, darkInk: DarkInk): GreyImage {
  if (SIGNATURE.some((byte, index) => bytes[index] !== byte))
    throw new DiagnosticError(imageDamaged(path, bytes.length === 0 ? 'an empty file' : 'a file that does not start like a PNG'));
  if (bytes.length < 33) throw new DiagnosticError(imageDamaged(path, `${bytes.length} bytes: it was cut off`));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const width = view.getUint32(16);
  const height = view.getUint32(20);
  if (width === 0 || height === 0 || width > LARGEST_SIDE || height > LARGEST_SIDE) {
    const hint = 'the file is damaged, or not meant as a training image';
    throw new DiagnosticError(imageSize(path, `1 to ${LARGEST_SIDE} pixels a side`, `${width} x ${height}`, hint));
  }
  const pixels = toGrey(decodeChecked(bytes, path), path);
  const invert = darkInk === 'all' || (bytes[24] === 1 && bytes[25] === 0);
  if (invert) for (let index = 0; index < pixels.length; index++) pixels[index] = 255 - (pixels[index] as number);
  return { height, width, pixels };
}

function decodeChecked(bytes: Uint8Array, path: string): DecodedPng {
  try {
    return decode(bytes, { checkCrc: true });
  } catch (error) {
    // Whatever the decoder stumbles over, in its own checks or in a stream that does not inflate, is a fact about the file.
    if (error instanceof Error) throw new DiagnosticError(imageDamaged(path, error.message));
    throw error;
  }
}

function toGrey({ width, height, data, depth, channels, palette }: DecodedPng, path: string): Uint8Array {
  const grey = new Uint8Array(width * height);
  const rowBytes = Math.ceil((width * depth * channels) / 8);
  const expected = depth < 8 ? rowBytes * height : width * height * channels;
  if (data.length !== expected) throw new DiagnosticError(imageDamaged(path, `${data.length} bytes of pixels, expected ${expected}`));
  const largest = 2 ** depth - 1;
  const table =
    palette === undefined
      ? undefined
      : Uint8Array.from(palette, ([red = 0, green = 0, blue = 0, alpha = 255]) => over(luminance(red, green, blue), alpha));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const pixel = y * width + x;
      if (depth < 8) {
        const bit = x * depth;
        const value = ((data[y * rowBytes + (bit >> 3)] as number) >> (8 - depth - (bit & 7))) & largest;
        grey[pixel] = table === undefined ? (value * 255) / largest : (table[value] ?? 0);
        continue;
      }
      const at = (channel: number): number => ((data[pixel * channels + channel] as number) * 255) / largest;
      if (table !== undefined) grey[pixel] = table[data[pixel] as number] ?? 0;
      else if (channels === 1) grey[pixel] = Math.round(at(0));
      else if (channels === 2) grey[pixel] = over(at(0), at(1));
      else grey[pixel] = over(luminance(at(0), at(1), at(2)), channels === 4 ? at(3) : 255);
    }
  }
  return grey;
}

function luminance(red: number, green: number, blue: number): number {
  return (299 * red + 587 * green + 114 * blue) / 1000;
}

/** A grey value with its opacity, both 0 to 255, on white. */
function over(value: number, alpha: number): number {
  return Math.round((value * alpha + 255 * (255 - alpha)) / 255);
}
