/** @file Sizes with the text that explains them: how they are multiplied, added and chosen. */
import { dim } from '../dims.ts';
import type { Dim } from '../meaning.ts';

export function dimsOf(shape: readonly number[]): Dim[] {
  return shape.map((size) => dim(size));
}

export function shapeOf(dims: readonly Dim[]): number[] {
  return dims.map(({ size }) => size);
}

/** Whether the text says more than the number does. */
export function isNamed({ size, text }: Dim): boolean {
  return text !== String(size);
}

/** Of two equal sizes, the one with the better name. */
export function better(first: Dim, second: Dim): Dim {
  return !isNamed(first) && isNamed(second) ? second : first;
}

/** The product, named after its factors when one of them has a name: `ways*shots`. */
export function productDim(dims: readonly Dim[]): Dim {
  const size = dims.reduce((product, factor) => product * factor.size, 1);
  const factors = dims.filter((factor) => factor.size !== 1 || isNamed(factor));
  if (factors.length === 1) return factors[0] as Dim;
  if (!factors.some(isNamed)) return dim(size);
  return { size, text: factors.map(({ text }) => (/^[\w.*]+$/.test(text) ? text : `(${text})`)).join('*') };
}

/** The sum, named when one of its terms has a name: `ways + 1`. */
export function sumDim(dims: readonly Dim[]): Dim {
  const size = dims.reduce((sum, term) => sum + term.size, 0);
  if (dims.length === 1) return dims[0] as Dim;
  return dims.some(isNamed) ? { size, text: dims.map(({ text }) => text).join(' + ') } : dim(size);
}

/** `ways*queries = 75`, or `28`. */
export function printDim(size: Dim): string {
  return isNamed(size) ? `${size.text} = ${size.size}` : size.text;
}

export function withoutAxes(dims: readonly Dim[], axes: readonly number[]): Dim[] {
  return dims.filter((_, axis) => !axes.includes(axis));
}
