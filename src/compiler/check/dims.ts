/** @file Sizes with the names the file uses. */
import type { Dim } from './meaning.ts';

export function dim(size: number, text?: string): Dim {
  return { size, text: text ?? String(size) };
}

/** `[ways*queries = 75, 28, 28, 1]`. */
export function printDims(dims: readonly Dim[]): string {
  return `[${dims.map((one) => (one.text === String(one.size) ? one.text : `${one.text} = ${one.size}`)).join(', ')}]`;
}

export function sizes(dims: readonly Dim[]): number[] {
  return dims.map((one) => one.size);
}
