/** @file Programs as bytes: round trip, stability, and refusal of what is not a program. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { schemaPath, schemaText } from '../../scripts/generate-schema.ts';
import { DiagnosticError } from '../../src/compiler/diagnostics/diagnostic.ts';
import { InternalError } from '../../src/compiler/diagnostics/internal-error.ts';
import { canonicalJson } from '../../src/compiler/ir/canonical-json.ts';
import { deserializeProgram } from '../../src/compiler/ir/deserialize.ts';
import type { Program } from '../../src/compiler/ir/ir.ts';
import { irSchema } from '../../src/compiler/ir/json-schema.ts';
import { hashProgram, serializeProgram } from '../../src/compiler/ir/serialize.ts';
import { sha256 } from '../../src/compiler/ir/sha256.ts';
import { exampleProgram } from './example-program.ts';

test('round trip: the same program, the same bytes', () => {
  const program = exampleProgram();
  const text = serializeProgram(program);
  const read = deserializeProgram(text);
  expect(serializeProgram(read)).toBe(text);
  expect(serializeProgram(exampleProgram())).toBe(text);
  expect(read.state).toEqual(program.state);
  expect(read.train).toStrictEqual(program.train);
  expect(read.functions[0]?.inputs).toStrictEqual(program.functions[0]?.inputs);
  const constant = read.functions[0]?.body.nodes.find((node) => node.op === 'constant' && node.attributes.shape.length === 1);
  expect(constant?.attributes).toEqual({ dtype: 'float', shape: [4], values: [Number.NaN, Infinity, -Infinity, -0] });
  expect(constant?.source).toEqual({ start: 3, end: 8 });
});

test('the hash sees what a program computes, not where its text stands', () => {
  const program = exampleProgram();
  const moved: Program = {
    ...program,
    functions: program.functions.map((entry) => ({
      ...entry,
      body: { ...entry.body, nodes: entry.body.nodes.map((node) => ({ ...node, source: { start: 100, end: 101 } })) },
    })),
  };
  expect(hashProgram(moved)).toBe(hashProgram(program));
  expect(hashProgram({ ...program, protocol: { order: 'first' } })).not.toBe(hashProgram(program));
  expect(hashProgram(program)).toMatch(/^[0-9a-f]{64}$/);
});

test('the published schema is a schema, and up to date', () => {
  expect(() => new Ajv2020({ strict: true, strictTypes: true, strictTuples: true }).compile(irSchema)).not.toThrow();
  expect(readFileSync(join(import.meta.dirname, '../..', schemaPath), 'utf8')).toBe(schemaText());
});

test('canonical JSON is stable under the order of keys, and exact', () => {
  expect(canonicalJson({ b: [1, -0, Number.NaN, -Infinity], a: { d: undefined, c: 'x' } })).toBe(
    '{"a":{"c":"x"},"b":[1,-0,"NaN","-Infinity"]}',
  );
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      expect(Object.is(JSON.parse(canonicalJson(value)), value)).toBe(true);
    }),
  );
});

test('sha256 agrees with Node', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'grapheme', maxLength: 200 }), fc.uint8Array({ maxLength: 200 })), (message) => {
      expect(sha256(message)).toBe(createHash('sha256').update(message).digest('hex'));
    }),
  );
});

/** The example's JSON with one change. */
function changed(change: (program: Record<string, never>) => void): string {
  const program = JSON.parse(serializeProgram(exampleProgram()));
  change(program);
  return JSON.stringify(program);
}

function problemOf(text: string): string {
  try {
    deserializeProgram(text);
  } catch (error) {
    if (error instanceof DiagnosticError) return error.diagnostic.found ?? '';
    throw error;
  }
  return 'accepted';
}

describe('refusals', () => {
  // biome-ignore lint/suspicious/noExplicitAny: tests break the JSON in ways that no type allows
  const cases: readonly (readonly [string, (program: any) => void, string])[] = [
    ['another version', (p) => (p.version = 2), '/version: must be equal to constant'],
    ['a member that is not there', (p) => delete p.weights, "the program: must have required property 'weights'"],
    ['an unknown member', (p) => (p.extra = 1), 'the program: must NOT have additional properties (extra)'],
    ['an unknown primitive', (p) => (p.functions[0].body.nodes[0].op = 'fly'), '/functions/0/body/nodes/0/op: must be equal to one of'],
    [
      'attributes of another primitive',
      (p) => (p.functions[0].body.nodes[0].attributes = {}),
      '/functions/0/body/nodes/0/attributes: must have',
    ],
    ['a negative size', (p) => (p.weights[0].type.shape = [-1]), '/weights/0/type/shape/0: must be >= 0'],
    ['a value from later on', (p) => (p.functions[0].body.nodes[0].operands[0] = 9999), 'value 9999 is used before it is defined'],
    [
      'a wrong type',
      (p) => (p.functions[0].body.nodes[0].results[0].shape = [7]),
      'function step, node 0 (map_tasks): result 0 is float[7]',
    ],
    ['a parameter nobody declares', (p) => (p.functions[0].body.parameters[0].name = 'v'), 'parameter v is neither a weight'],
  ];
  test.each(cases)('%s', (_, change, problem) => {
    expect(problemOf(changed(change))).toContain(problem);
  });

  test('text that is not JSON', () => {
    expect(problemOf('{"format":')).toContain('it is not JSON');
    expect(problemOf('[]')).toContain('the program: must be object');
  });

  test('writing a program that does not fit is a bug of ours', () => {
    expect(() => serializeProgram({ ...exampleProgram(), version: 2 } as unknown as Program)).toThrow(InternalError);
  });
});
