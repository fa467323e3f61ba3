/** @file What the lowerings of one function share: the builder, the choices of the caller, and the text's value for each value of the IR. */
import { InternalError } from '../../diagnostics/internal-error.ts';
import type { Func, Value } from '../../ir/ir.ts';
import type { StableBuilder } from './builder.ts';
import type { StableTensor } from './tensor.ts';

/** What kind of device the text is for: XLA's own compiler decides differently what is fast on each. */
export type Target = 'cpu' | 'gpu' | 'tpu';

/** Arithmetic of matrix products and convolutions; sums are float32 in each. */
export type Precision = 'float32' | 'tf32' | 'bf16';

export interface LoweringChoices {
  readonly target: Target;
  readonly precision: Precision;
}

/** Adds the nodes of a primitive's own function to the builder of a region; gives its results. */
export type LowerRegion = (region: StableBuilder, body: Func, operands: readonly StableTensor[]) => readonly StableTensor[];

export class LoweringContext {
  readonly builder: StableBuilder;
  readonly choices: LoweringChoices;
  readonly lowerRegion: LowerRegion;
  readonly #tensors = new Map<Value, StableTensor>();

  constructor(builder: StableBuilder, choices: LoweringChoices, lowerRegion: LowerRegion) {
    this.builder = builder;
    this.choices = choices;
    this.lowerRegion = lowerRegion;
  }

  define(value: Value, tensor: StableTensor): void {
    this.#tensors.set(value, tensor);
  }

  of(value: Value): StableTensor {
    const tensor = this.#tensors.get(value);
    if (tensor === undefined) throw new InternalError('a value is used before it is defined');
    return tensor;
  }

  operands(node: { readonly operands: readonly Value[] }): readonly StableTensor[] {
    return node.operands.map((operand) => this.of(operand));
  }
}
