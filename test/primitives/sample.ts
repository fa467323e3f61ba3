/** @file What a sample of a primitive is: operands and attributes on which all tables about the primitive are tried. */
import type { HostArray } from '../../src/compiler/ir/host-array.ts';
import type { Attributes, RuntimePrimitiveName } from '../../src/compiler/ir/primitives.ts';

export interface Sample<P extends RuntimePrimitiveName = RuntimePrimitiveName> {
  /** What is special about it; unique among the samples of its primitive. */
  readonly name: string;
  readonly operands: readonly HostArray[];
  readonly attributes: Attributes[P];
  /** Small steps of the float operands change the results smoothly: finite differences are the derivative. False at ties and kinks. */
  readonly smooth: boolean;
}

export type SampleTable<P extends RuntimePrimitiveName> = { readonly [Q in P]: readonly Sample<Q>[] };

export function sample<P extends RuntimePrimitiveName>(
  name: string,
  operands: readonly HostArray[],
  attributes: Attributes[P],
  smooth = true,
): Sample<P> {
  return { name, operands, attributes, smooth };
}
