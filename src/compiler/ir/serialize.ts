/** @file Programs as canonical JSON: the same program always gives the same bytes. */
import { InternalError } from '../diagnostics/internal-error.ts';
import { canonicalJson } from './canonical-json.ts';
import type { AnyNode, Func, Program, Value } from './ir.ts';
import { regionOf } from './region.ts';
import type { SerializedFunction, SerializedNode } from './serialized.ts';
import { sha256 } from './sha256.ts';
import { schemaProblems } from './validate.ts';

function serializeNode(node: AnyNode, numbers: ReadonlyMap<Value, number>, sources: boolean): SerializedNode {
  const region = regionOf(node);
  return {
    op: node.op,
    // A value that is not defined has no number; the schema refuses what becomes of it.
    operands: node.operands.map((operand) => numbers.get(operand) ?? -1),
    attributes: region === undefined ? { ...node.attributes } : { ...node.attributes, body: serializeFunction(region, sources) },
    results: node.results.map((result) => result.type),
    ...(sources && node.source !== undefined ? { source: [node.source.start, node.source.end] as const } : {}),
  };
}

function serializeFunction(f: Func, sources: boolean): SerializedFunction {
  const numbers = new Map<Value, number>();
  const define = (value: Value): void => {
    numbers.set(value, numbers.size);
  };
  for (const { value } of f.parameters) define(value);
  const nodes = f.nodes.map((node) => {
    const serialized = serializeNode(node, numbers, sources);
    node.results.forEach(define);
    return serialized;
  });
  return {
    parameters: f.parameters.map(({ name, value }) => ({ name, type: value.type })),
    nodes,
    results: f.results.map(({ name, value }) => ({ name, value: numbers.get(value) ?? -1 })),
  };
}

/** What `serializeProgram` gives, not compared with the schema. */
export function programText(program: Program): string {
  return textOf(program, true);
}

function textOf(program: Program, sources: boolean): string {
  const functions = program.functions.map((entry) => ({ ...entry, body: serializeFunction(entry.body, sources) }));
  return canonicalJson({ ...program, functions });
}

/**
 * Canonical JSON: sorted keys, no spaces, shortest numbers. Throws InternalError when the program does not fit the published schema, which
 * only a bug of ours can bring about.
 */
export function serializeProgram(program: Program): string {
  const serialized = textOf(program, true);
  const problems = schemaProblems(JSON.parse(serialized));
  if (problems.length > 0) throw new InternalError(`the program does not fit the schema: ${problems.join('; ')}`);
  return serialized;
}

/**
 * SHA-256, in hexadecimal, of what a program computes and how it is run. Places in the spec are left out: moving a comment does not make
 * another program.
 */
export function hashProgram(program: Program): string {
  return sha256(textOf(program, false));
}
