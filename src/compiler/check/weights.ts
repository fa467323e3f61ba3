/** @file Weights and running statistics as they are met while tracing, with the path names that they get at the end. */
import { weightsTooLarge } from '../diagnostics/catalogue/limits.ts';
import { weightShapeChanged } from '../diagnostics/catalogue/meta.ts';
import { DiagnosticError } from '../diagnostics/diagnostic.ts';
import type { SourceRange } from '../ir/ir.ts';
import { sameShape, sizeOf, tensorType } from '../ir/tensor-type.ts';
import { limits } from './budget.ts';
import { printDims } from './dims.ts';
import type { Dim, Initializer, Phase } from './meaning.ts';
import type { ModelState, ModelWeight } from './model.ts';

/** One level of a path: the name, and which of the siblings of that name it is (from 1). */
export interface Segment {
  readonly name: string;
  readonly index: number;
}

export interface WeightEntry {
  /** Unique and stable while tracing; the readable name is only known when all siblings are. */
  readonly key: string;
  readonly segments: readonly Segment[];
  /** `kernel`; empty when the last segment names the weight itself, as in `alpha`. */
  readonly parameter: string;
  readonly owner: string;
  readonly dims: readonly Dim[];
  readonly initial: Initializer;
  readonly bounds: readonly [number, number] | undefined;
  readonly range: SourceRange;
  /** Where it was met first. */
  readonly phase: Phase;
}

export interface StateEntry {
  readonly key: string;
  readonly segments: readonly Segment[];
  readonly parameter: string;
  readonly dims: readonly Dim[];
  readonly initial: number;
}

export function segmentsKey(segments: readonly Segment[]): string {
  return segments.map((segment) => `${segment.name}#${segment.index}`).join('.');
}

export class WeightRegistry {
  readonly #weights = new Map<string, WeightEntry>();
  readonly #states = new Map<string, StateEntry>();
  /** Of all weights together. */
  #elements = 0;
  /** How many there were when somebody first asked which there are. */
  #known: number | undefined;

  get size(): number {
    return this.#weights.size + this.#states.size;
  }

  /** Whether an answer since the last `restart` would be another one now: weights were met after the question. */
  get answeredTooEarly(): boolean {
    return this.#known !== undefined && this.#known < this.size;
  }

  /** Keeps what is known, for a round that asks again. */
  restart(): void {
    this.#known = undefined;
  }

  get weights(): readonly WeightEntry[] {
    this.#known ??= this.size;
    return [...this.#weights.values()];
  }

  /** The weight at this place, created at its first application. */
  obtain(entry: Omit<WeightEntry, 'key'>): WeightEntry {
    const key = `${segmentsKey(entry.segments)}.${entry.parameter}`;
    const known = this.#weights.get(key);
    if (known === undefined) {
      this.#elements += sizeOf(entry.dims.map((dim) => dim.size));
      if (this.#elements > limits.allWeights) throw new DiagnosticError(weightsTooLarge(this.#elements, limits.allWeights, entry.range));
      const created = { ...entry, key };
      this.#weights.set(key, created);
      return created;
    }
    if (
      !sameShape(
        known.dims.map((dim) => dim.size),
        entry.dims.map((dim) => dim.size),
      )
    ) {
      throw new DiagnosticError(weightShapeChanged(this.nameOf(known), ...inPhases(known, entry), entry.range, known.range));
    }
    return known;
  }

  obtainState(entry: Omit<StateEntry, 'key'>): StateEntry {
    const key = `${segmentsKey(entry.segments)}.${entry.parameter}`;
    const known = this.#states.get(key) ?? { ...entry, key };
    this.#states.set(key, known);
    return known;
  }

  /** Readable name as far as siblings are known: numbers appear only where a name occurs more than once. */
  nameOf(entry: { readonly segments: readonly Segment[]; readonly parameter: string }): string {
    this.#known ??= this.size;
    const parts: string[] = [];
    entry.segments.forEach((segment, depth) => {
      parts.push(this.#siblings(entry.segments.slice(0, depth), segment.name) > 1 ? `${segment.name}${segment.index}` : segment.name);
    });
    if (entry.parameter !== '') parts.push(entry.parameter);
    return parts.join('.');
  }

  /** Whether the weight stands under the path, where `block2` means the second `block` and `block` means each of them. */
  under(entry: WeightEntry, path: readonly string[]): boolean {
    return path.every((word, depth) => {
      const segment = entry.segments[depth];
      if (segment === undefined) return depth === entry.segments.length && word === entry.parameter;
      return word === segment.name || word === `${segment.name}${segment.index}`;
    });
  }

  finished(): {
    readonly weights: readonly ModelWeight[];
    readonly states: readonly ModelState[];
    readonly names: ReadonlyMap<string, string>;
  } {
    const names = new Map<string, string>();
    const weights = this.weights.map((entry): ModelWeight => {
      const name = this.nameOf(entry);
      names.set(entry.key, name);
      const type = tensorType(
        'float',
        entry.dims.map((dim) => dim.size),
      );
      return { name, owner: entry.owner, type, dims: entry.dims, initial: entry.initial, bounds: entry.bounds, range: entry.range };
    });
    const states = [...this.#states.values()].map((entry): ModelState => {
      const name = this.nameOf(entry);
      names.set(entry.key, name);
      const type = tensorType(
        'float',
        entry.dims.map((dim) => dim.size),
      );
      return { name, type, initial: entry.initial };
    });
    return { weights, states, names };
  }

  #siblings(prefix: readonly Segment[], name: string): number {
    const start = segmentsKey(prefix);
    let most = 0;
    for (const entry of [...this.#weights.values(), ...this.#states.values()]) {
      const segment = entry.segments[prefix.length];
      if (segment?.name === name && segmentsKey(entry.segments.slice(0, prefix.length)) === start) most = Math.max(most, segment.index);
    }
    return most;
  }
}

/** Two shapes, with the phases when these differ: `ways` may. */
function inPhases(known: WeightEntry, entry: Omit<WeightEntry, 'key'>): [string, string] {
  const [before, now] = [printDims(known.dims), printDims(entry.dims)];
  return known.phase === entry.phase ? [before, now] : [`${before}, as in \`${known.phase}\``, `${now} in \`${entry.phase}\``];
}
