/** @file Writes the operations of one function as StableHLO text (https://openxla.org/stablehlo/spec), one line each. Shapes follow from operands. */
import type { Direction } from '../../ir/primitives.ts';
import { sameShape } from '../../ir/tensor-type.ts';
import { denseText, type ElementType, listText, type StableTensor, type StableType, signatureText, typeText } from './tensor.ts';

/** The combining operations of reductions. */
export type Combiner = 'add' | 'maximum';

export class StableBuilder {
  readonly #lines: string[] = [];
  /** Operations by their text: equal operations are one, for none of them has an effect. */
  readonly #known = new Map<string, readonly StableTensor[]>();
  readonly #prefix: string;
  #count = 0;

  /** Values are `%<prefix>0`, `%<prefix>1`, …: a region needs names that its function does not have. */
  constructor(prefix = '') {
    this.#prefix = prefix;
  }

  /** A builder for a region of this function's next operation. */
  region(): StableBuilder {
    return new StableBuilder(`${this.#prefix}r${this.#count}_`);
  }

  /** Names for a region's arguments. */
  arguments(types: readonly StableType[]): readonly StableTensor[] {
    return types.map(({ element, shape }, index) => ({ name: `%${this.#prefix}arg${index}`, element, shape }));
  }

  /** The text so far, without indentation. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  /** Adds an operation with one result; `text` is what stands after the equals sign. */
  operation(text: string, result: StableType, comment?: string): StableTensor {
    return this.operations(text, [result], comment)[0] as StableTensor;
  }

  /** Adds an operation with several results. */
  operations(text: string, results: readonly StableType[], comment?: string): readonly StableTensor[] {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const name = `%${this.#prefix}${this.#count++}`;
    const many = results.length > 1;
    const values = results.map((result, index): StableTensor => ({ ...result, name: many ? `${name}#${index}` : name }));
    this.#known.set(text, values);
    this.#lines.push(`${many ? `${name}:${results.length}` : name} = ${text}${comment === undefined ? '' : ` // ${comment}`}`);
    return values;
  }

  constant(element: ElementType, shape: readonly number[], values: readonly number[]): StableTensor {
    const type = { element, shape };
    const shown = element === 'f32' && values.length === 1 ? String(values[0]) : undefined;
    return this.operation(`stablehlo.constant ${denseText(element, shape, values)} : ${typeText(type)}`, type, shown);
  }

  scalar(value: number, element: ElementType): StableTensor {
    return this.constant(element, [], [value]);
  }

  /** A tensor of one number. */
  splat(value: number, { element, shape }: StableType): StableTensor {
    return this.constant(element, shape, [value]);
  }

  iota(element: ElementType, shape: readonly number[], dimension: number): StableTensor {
    const type = { element, shape };
    return this.operation(`stablehlo.iota dim = ${dimension} : ${typeText(type)}`, type);
  }

  /** An elementwise operation whose operands and result have one type. */
  elementwise(op: string, ...operands: readonly StableTensor[]): StableTensor {
    const type = operands[0] as StableTensor;
    return this.operation(`${op} ${names(operands)} : ${typeText(type)}`, { element: type.element, shape: type.shape });
  }

  add(left: StableTensor, right: StableTensor): StableTensor {
    return this.elementwise('stablehlo.add', left, right);
  }

  compare(direction: Direction, left: StableTensor, right: StableTensor): StableTensor {
    const kinds: Readonly<Record<ElementType, string>> = { f32: 'FLOAT', bf16: 'FLOAT', i32: 'SIGNED', i1: 'UNSIGNED', ui8: 'UNSIGNED' };
    const result = { element: 'i1', shape: left.shape } as const;
    return this.operation(
      `stablehlo.compare ${direction}, ${names([left, right])}, ${kinds[left.element]} : ${signatureText([left, right], result)}`,
      result,
    );
  }

  select(predicate: StableTensor, onTrue: StableTensor, onFalse: StableTensor): StableTensor {
    const text = `stablehlo.select ${names([predicate, onTrue, onFalse])} : ${typeText(predicate)}, ${typeText(onTrue)}`;
    return this.operation(text, { element: onTrue.element, shape: onTrue.shape });
  }

  convert(operand: StableTensor, element: ElementType): StableTensor {
    if (operand.element === element) return operand;
    return this.changed(`stablehlo.convert ${operand.name}`, operand, { element, shape: operand.shape });
  }

  reshape(operand: StableTensor, shape: readonly number[]): StableTensor {
    if (sameShape(operand.shape, shape)) return operand;
    return this.changed(`stablehlo.reshape ${operand.name}`, operand, { element: operand.element, shape });
  }

  transpose(operand: StableTensor, permutation: readonly number[]): StableTensor {
    if (permutation.every((axis, index) => axis === index)) return operand;
    const shape = permutation.map((axis) => operand.shape[axis] as number);
    return this.changed(`stablehlo.transpose ${operand.name}, dims = ${listText(permutation)}`, operand, {
      element: operand.element,
      shape,
    });
  }

  /** Operand dimension i becomes result dimension `dimensions[i]`. */
  broadcast(operand: StableTensor, shape: readonly number[], dimensions: readonly number[]): StableTensor {
    if (sameShape(operand.shape, shape)) return operand;
    const result = { element: operand.element, shape };
    return this.changed(`stablehlo.broadcast_in_dim ${operand.name}, dims = ${listText(dimensions)}`, operand, result);
  }

  reverse(operand: StableTensor, dimensions: readonly number[]): StableTensor {
    if (dimensions.length === 0) return operand;
    return this.operation(`stablehlo.reverse ${operand.name}, dims = ${listText(dimensions)} : ${typeText(operand)}`, {
      element: operand.element,
      shape: operand.shape,
    });
  }

  slice(operand: StableTensor, start: readonly number[], limit: readonly number[], strides: readonly number[]): StableTensor {
    const shape = start.map((from, axis) => Math.ceil(((limit[axis] as number) - from) / (strides[axis] as number)));
    if (sameShape(shape, operand.shape)) return operand;
    const ranges = start.map((from, axis) => `${from}:${limit[axis]}${strides[axis] === 1 ? '' : `:${strides[axis]}`}`);
    return this.changed(`stablehlo.slice ${operand.name} [${ranges.join(', ')}]`, operand, { element: operand.element, shape });
  }

  /** Pads with zeros; `low` and `high` may be negative, which crops. */
  pad(operand: StableTensor, low: readonly number[], high: readonly number[], interior: readonly number[]): StableTensor {
    if ([...low, ...high, ...interior].every((amount) => amount === 0)) return operand;
    const shape = operand.shape.map(
      (size, axis) => size + Math.max(size - 1, 0) * (interior[axis] as number) + (low[axis] as number) + (high[axis] as number),
    );
    const zero = this.scalar(0, operand.element);
    const result = { element: operand.element, shape };
    return this.operation(
      `stablehlo.pad ${names([operand, zero])}, low = ${listText(low)}, high = ${listText(high)}, interior = ${listText(interior)} : ${signatureText([operand, zero], result)}`,
      result,
    );
  }

  concatenate(operands: readonly StableTensor[], dimension: number): StableTensor {
    const [first] = operands as readonly [StableTensor];
    if (operands.length === 1) return first;
    const size = operands.reduce((total, operand) => total + (operand.shape[dimension] as number), 0);
    const result = { element: first.element, shape: first.shape.map((length, axis) => (axis === dimension ? size : length)) };
    return this.operation(`stablehlo.concatenate ${names(operands)}, dim = ${dimension} : ${signatureText(operands, result)}`, result);
  }

  /** A reduction that starts from `initial`; `dimensions` are removed. */
  reduce(op: Combiner, operand: StableTensor, initial: number, dimensions: readonly number[]): StableTensor {
    if (dimensions.length === 0) return operand;
    const start = this.scalar(initial, operand.element);
    const result = { element: operand.element, shape: operand.shape.filter((_, axis) => !dimensions.includes(axis)) };
    return this.operation(
      `stablehlo.reduce(${operand.name} init: ${start.name}) applies stablehlo.${op} across dimensions = ${listText(dimensions)} : ${signatureText([operand, start], result)}`,
      result,
    );
  }

  /** An operation whose one operand has another type than its result; `text` has no types yet. */
  changed(text: string, operand: StableTensor, result: StableType): StableTensor {
    return this.operation(`${text} : ${signatureText([operand], result)}`, result);
  }
}

/** `%1, %2`. */
export function names(operands: readonly StableTensor[]): string {
  return operands.map((operand) => operand.name).join(', ');
}
