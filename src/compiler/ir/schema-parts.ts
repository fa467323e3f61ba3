/** @file Small pieces of JSON Schema (draft 2020-12) that the IR's schema is made of. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

export const text: JsonSchema = { type: 'string' };
export const flag: JsonSchema = { type: 'boolean' };
export const count: JsonSchema = { type: 'integer', minimum: 0 };
export const positive: JsonSchema = { type: 'integer', minimum: 1 };
export const number: JsonSchema = { type: 'number' };

export function list(items: JsonSchema): JsonSchema {
  return { type: 'array', items };
}

export function pair(items: JsonSchema): JsonSchema {
  return { type: 'array', prefixItems: [items, items], items: false, minItems: 2, maxItems: 2 };
}

export function oneOfTexts(...values: readonly string[]): JsonSchema {
  return { type: 'string', enum: values };
}

export function constant(value: string | number): JsonSchema {
  return { type: typeof value === 'number' ? 'integer' : 'string', const: value };
}

/** A definition of the same schema. */
export function reference(name: string): JsonSchema {
  return { $ref: `#/$defs/${name}` };
}

/** An object with exactly these members; those in `optional` may be missing. */
export function record(properties: Readonly<Record<string, JsonSchema>>, optional: Readonly<Record<string, JsonSchema>> = {}): JsonSchema {
  return {
    type: 'object',
    properties: { ...properties, ...optional },
    required: Object.keys(properties),
    additionalProperties: false,
  };
}
