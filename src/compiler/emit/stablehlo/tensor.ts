/** @file Values of StableHLO text, their types, and constants, which are printed exactly. */
import type { DType, TensorType } from '../../ir/ir.ts';
import { sizeOf } from '../../ir/tensor-type.ts';

export type ElementType = 'f32' | 'bf16' | 'i32' | 'i1' | 'ui8';

/** What an SSA value of the text holds. */
export interface StableType {
  readonly element: ElementType;
  readonly shape: readonly number[];
}

/** An SSA value of the text: its name (`%12`, `%arg3`) and type. */
export interface StableTensor extends StableType {
  readonly name: string;
}

export const ELEMENT_OF: Readonly<Record<DType, ElementType>> = { float: 'f32', int: 'i32', bool: 'i1', uint8: 'ui8' };

/** `tensor<5x28x28xf32>`; a scalar is `tensor<f32>`. */
export function typeText({ element, shape }: StableType): string {
  return `tensor<${[...shape, element].join('x')}>`;
}

/** `(tensor<2xf32>, tensor<i32>) -> tensor<2xf32>`. */
export function signatureText(operands: readonly StableType[], result: StableType): string {
  return `(${operands.map(typeText).join(', ')}) -> ${typeText(result)}`;
}

/** `[1, 2]`. */
export function listText(values: readonly number[]): string {
  return `[${values.join(', ')}]`;
}

/** The attribute of a constant. `values` has one element (a splat) or one for each element; floats are the bits of their binary32, so nothing is rounded twice. */
export function denseText(element: ElementType, shape: readonly number[], values: readonly number[]): string {
  if (sizeOf(shape) === 0) return 'dense<>';
  const [first] = values as readonly [number];
  const splat = values.length === 1 || values.every((value) => Object.is(value, first));
  if (splat) return `dense<${scalarText(element, first)}>`;
  return `dense<${nested(shape, values, (value) => scalarText(element, value))}>`;
}

function scalarText(element: ElementType, value: number): string {
  if (element === 'f32') return `0x${bitsOf(value).toString(16).toUpperCase().padStart(8, '0')}`;
  if (element === 'i1') return value === 0 ? 'false' : 'true';
  return String(value);
}

function bitsOf(value: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value);
  return view.getUint32(0);
}

/** Brackets within brackets, one level for each dimension. */
function nested(shape: readonly number[], values: readonly number[], print: (value: number) => string): string {
  let offset = 0;
  const level = (axis: number): string => {
    if (axis === shape.length) return print(values[offset++] as number);
    return `[${Array.from({ length: shape[axis] as number }, () => level(axis + 1)).join(', ')}]`;
  };
  return level(0);
}

/** A type of the IR as StableHLO has it. */
export function stableType({ dtype, shape }: TensorType): StableType {
  return { element: ELEMENT_OF[dtype], shape };
}
