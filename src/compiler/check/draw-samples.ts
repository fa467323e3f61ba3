/** @file What a phase draws outside of its tasks, drawn several times. */
import type { Value } from '../ir/ir.ts';
import { type TensorType, tensorType } from '../ir/tensor-type.ts';
import { mapOver } from './extract.ts';
import type { TracingBuilder } from './tracing-builder.ts';

/** A standard draw as a parameter of the traced function. */
interface Drawn {
  readonly name: string;
  /** Makes such a parameter of another type. */
  readonly parameter: (name: string, type: TensorType) => Value;
}

export class DrawSamples {
  readonly #root: TracingBuilder;
  readonly #draws = new Map<Value, Drawn>();
  /** How often everything is drawn: the phase's `draws`. */
  count = 1;

  constructor(root: TracingBuilder) {
    this.#root = root;
  }

  note(draw: Value, drawn: Drawn): void {
    this.#draws.set(draw, drawn);
  }

  /** The value for every sample: [count, ...]. Undefined where there is one sample, or the value depends on no draw. */
  of(value: Value): Value | undefined {
    if (this.count === 1) return undefined;
    const all = (draw: Value): Value => {
      const { name, parameter } = this.#draws.get(draw) as Drawn;
      return parameter(`samples.${name}`, tensorType(draw.type.dtype, [this.count, ...draw.type.shape]));
    };
    return mapOver(this.#root, value, [...this.#draws.keys()], all, this.count);
  }
}
