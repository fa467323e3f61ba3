/**
 * @file C structs as flat buffers: a layout gives each field its offset by the C rules for 64-bit platforms, a Struct reads and writes them.
 * Every PJRT argument struct begins with its own size and an extension pointer.
 */
import type { Address, Foreign } from './foreign.ts';

export type FieldKind = 'size' | 'pointer' | 'int64' | 'int32' | 'bool';

interface Field {
  readonly kind: FieldKind;
  readonly offset: number;
}

export interface Layout<F extends string> {
  readonly name: string;
  readonly fields: Readonly<Record<F, Field>>;
  /** What `struct_size` says: up to the end of the last field, which C pads to `bytes`. */
  readonly size: number;
}

const BYTES: Readonly<Record<FieldKind, number>> = { size: 8, pointer: 8, int64: 8, int32: 4, bool: 1 };

/**
 * A plugin that is newer than our header refuses a struct that is smaller than its own, and reads zero as "not given" in what it added.
 * So every struct has this many zero bytes to spare and says so.
 */
const SPARE_BYTES = 64;

/** Of the fields after the header, in the order of the C declaration. */
export function layoutOf<F extends string>(name: string, declared: Readonly<Record<F, FieldKind>>): Layout<F> {
  let end = 16;
  const fields = {} as Record<F, Field>;
  for (const [field, kind] of Object.entries(declared) as [F, FieldKind][]) {
    const bytes = BYTES[kind];
    const offset = Math.ceil(end / bytes) * bytes;
    fields[field] = { kind, offset };
    end = offset + bytes;
  }
  return { name, fields, size: end };
}

export class Struct<F extends string> {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly #layout: Layout<F>;
  readonly #view: DataView;
  /** What the struct points to must live as long as the struct. */
  readonly #kept: unknown[] = [];

  /** `spare` 0 for structs that lie in arrays, whose stride is fixed. */
  constructor(layout: Layout<F>, spare = SPARE_BYTES) {
    this.#layout = layout;
    const size = spare === 0 ? layout.size : Math.ceil(layout.size / 8) * 8 + spare;
    this.bytes = new Uint8Array(Math.ceil(size / 8) * 8);
    this.#view = new DataView(this.bytes.buffer);
    this.#view.setBigUint64(0, BigInt(size), true);
  }

  set(field: F, value: number | Address): this {
    const { kind, offset } = this.#layout.fields[field];
    if (kind === 'int32') this.#view.setInt32(offset, Number(value), true);
    else if (kind === 'bool') this.#view.setUint8(offset, Number(value));
    else this.#view.setBigInt64(offset, BigInt.asIntN(64, BigInt(value)), true);
    return this;
  }

  /** Points a field to the first byte of `target`, which is kept alive. */
  point(field: F, target: NodeJS.ArrayBufferView, foreign: Foreign): this {
    return this.keep(target).set(field, foreign.addressOf(target));
  }

  /** Lets `values` live as long as the struct. */
  keep(...values: readonly unknown[]): this {
    this.#kept.push(...values);
    return this;
  }

  pointer(field: F): Address {
    return this.#view.getBigUint64(this.#layout.fields[field].offset, true);
  }

  number(field: F): number {
    const { kind, offset } = this.#layout.fields[field];
    if (kind === 'int32') return this.#view.getInt32(offset, true);
    if (kind === 'bool') return this.#view.getUint8(offset);
    return Number(this.#view.getBigInt64(offset, true));
  }
}

/** Mentioned after an `await`, a value cannot be collected before: what another thread reads or writes meanwhile. */
export function keepAlive(_value: unknown): void {}
