/** @file The JSON Schema (draft 2020-12) of serialised programs. `ir.schema.json` is generated from it and published. */
import { attributeSchemas } from './attribute-schemas.ts';
import {
  constant,
  count,
  flag,
  type JsonSchema,
  list,
  number,
  oneOfTexts,
  pair,
  positive,
  record,
  reference,
  text,
} from './schema-parts.ts';

const definitions: Readonly<Record<string, JsonSchema>> = {
  dtype: oneOfTexts('float', 'int', 'bool', 'uint8'),
  shape: list(count),
  type: record({ dtype: reference('dtype'), shape: reference('shape') }),
  anyNumber: {
    description: 'A number, or what JSON has no number for.',
    oneOf: [number, oneOfTexts('NaN', 'Infinity', '-Infinity')],
  },
  function: {
    description: 'Values are numbered: parameters first, then the results of each node in order. Nodes use only smaller numbers.',
    ...record({
      parameters: list(record({ name: text, type: reference('type') })),
      nodes: list(reference('node')),
      results: list(record({ name: text, value: count })),
    }),
  },
  node: {
    ...record(
      {
        op: { type: 'string', enum: Object.keys(attributeSchemas) },
        operands: list(count),
        attributes: { type: 'object' },
        results: list(reference('type')),
      },
      { source: pair(count) },
    ),
    allOf: Object.entries(attributeSchemas).map(([op, attributes]) => ({
      if: { type: 'object', properties: { op: constant(op) }, required: ['op'] },
      // biome-ignore lint/suspicious/noThenProperty: `then` is a keyword of JSON Schema
      then: { type: 'object', properties: { attributes } },
    })),
  },
  input: {
    type: 'object',
    oneOf: [
      record(
        {
          kind: constant('draw'),
          name: text,
          type: reference('type'),
          distribution: oneOfTexts('uniform', 'normal'),
          stream: text,
          perTask: flag,
        },
        { tasks: text },
      ),
      record({
        kind: constant('examples'),
        name: text,
        type: reference('type'),
        tasks: text,
        episode: text,
        part: oneOfTexts('support', 'query'),
      }),
      record({ kind: constant('live'), name: text, type: reference('type') }),
      record({ kind: constant('data'), name: text, type: reference('type'), tasks: text }),
    ],
  },
  entry: record({ name: text, body: reference('function'), tasks: count, inputs: list(reference('input')) }),
  source: record(
    { name: text, kind: oneOfTexts('generated', 'images'), pool: count },
    {
      images: record({
        dataset: text,
        split: text,
        resize: pair(positive),
        rotations: list(number),
        channels: positive,
      }),
    },
  ),
  episodeShapes: list(record({ tasks: text, ways: count, shots: count, queries: count })),
  validate: record(
    { every: count, episodes: count, entry: text, episodeShapes: reference('episodeShapes') },
    { keep: record({ metric: text, best: oneOfTexts('highest', 'lowest') }) },
  ),
  train: record(
    { name: text, batch: count, steps: count, episodeShapes: reference('episodeShapes'), metrics: list(text) },
    { step: text, accumulate: text, apply: text, validate: reference('validate') },
  ),
  evaluate: record({
    episodes: count,
    entry: text,
    episodeShapes: reference('episodeShapes'),
    reports: list(record({ label: text, result: text })),
  }),
};

export const irSchema: JsonSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:metac:ir:1',
  title: 'metac program',
  description: 'A compiled meta-learning program: declarations, plans and functions of typed nodes.',
  ...record(
    {
      format: constant('metac-ir'),
      version: constant(1),
      name: text,
      weights: list(record({ name: text, type: reference('type') })),
      state: list(record({ name: text, type: reference('type'), initial: reference('anyNumber') })),
      sources: list(reference('source')),
      functions: list(reference('entry')),
      train: list(reference('train')),
      protocol: { type: 'object', additionalProperties: text },
    },
    { evaluate: reference('evaluate') },
  ),
  $defs: definitions,
};
