/** @file Readable text of functions and programs: one node a line, values numbered per function, regions indented. */
import { InternalError } from '../diagnostics/internal-error.ts';
import type { AnyNode, EntryFunction, Func, Program, Value } from './ir.ts';
import { regionOf } from './region.ts';
import { sha256 } from './sha256.ts';
import { printType } from './tensor-type.ts';

/** Longer lists of a constant's values are abbreviated. */
const shownValues = 8;

/** Shortest text that reads back as the same number, with the sign of zero. */
export function printNumber(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

/** First values, how many there are, and a hash that tells two long constants apart. */
function printValues(values: readonly number[]): string {
  if (values.length <= shownValues) return `[${values.map(printNumber).join(', ')}]`;
  const hash = sha256(values.map(printNumber).join(',')).slice(0, 8);
  return `[${values.slice(0, 3).map(printNumber).join(', ')}, … ${values.length} values, #${hash}]`;
}

function printAttribute(value: unknown): string {
  if (typeof value === 'number') return printNumber(value);
  if (typeof value === 'string' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return `[${value.map(printAttribute).join(', ')}]`;
  if (typeof value === 'object' && value !== null)
    return `{${Object.entries(value)
      .map(([key, part]) => `${key}=${printAttribute(part)}`)
      .join(', ')}}`;
  throw new InternalError(`an attribute of type ${typeof value} cannot be printed`);
}

function printAttributes(node: AnyNode): string {
  const entries = Object.entries(node.attributes).filter(([key]) => key !== 'body');
  if (entries.length === 0) return '';
  const texts = entries.map(([key, value]) => {
    const long = node.op === 'constant' && key === 'values';
    return `${key}=${long ? printValues(value as readonly number[]) : printAttribute(value)}`;
  });
  return ` {${texts.join(', ')}}`;
}

/** Numbers values in order of definition. */
class Numbering {
  readonly #numbers = new Map<Value, number>();

  define(value: Value): string {
    this.#numbers.set(value, this.#numbers.size);
    return `${this.name(value)}: ${printType(value.type)}`;
  }

  /** `%?` for a value that is not defined: wrong functions must be printable too. */
  name(value: Value): string {
    return `%${this.#numbers.get(value) ?? '?'}`;
  }
}

function printParameters(f: Func, numbering: Numbering, indent: string): string[] {
  return f.parameters.map(({ name, value }) => `${indent}  ${name} = ${numbering.define(value)}`);
}

function printBody(f: Func, numbering: Numbering, indent: string): string[] {
  const lines = f.nodes.flatMap((node) => printNode(node, numbering, indent));
  return [...lines, ...f.results.map(({ name, value }) => `${indent}return ${name} = ${numbering.name(value)}`)];
}

function printNode(node: AnyNode, numbering: Numbering, indent: string): string[] {
  const operands = node.operands.map((operand) => ` ${numbering.name(operand)}`).join(',');
  const results = node.results.map((result) => numbering.define(result)).join(', ');
  const line = `${indent}${results} = ${node.op}${operands}${printAttributes(node)}`;
  const region = regionOf(node);
  if (region === undefined) return [line];
  return [`${line} (`, ...printRegion(region, indent)];
}

/** Parameters, `) {`, nodes and results, `}`; the caller has opened the parenthesis. */
function printRegion(f: Func, indent: string): string[] {
  const numbering = new Numbering();
  return [...printParameters(f, numbering, indent), `${indent}) {`, ...printBody(f, numbering, `${indent}  `), `${indent}}`];
}

/** The function as text. Stable: the same function always gives the same text, and never two different ones the same. */
export function printFunction(f: Func, name = 'function'): string {
  return `${[`${name} (`, ...printRegion(f, '')].join('\n')}\n`;
}

function printEntry(entry: EntryFunction): string[] {
  const inputs = entry.inputs.map((input) => {
    const { kind, name, type, ...rest } = input;
    const details = Object.entries(rest).flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${String(value)}`]));
    return `  ${kind} ${name}: ${printType(type)} {${details.join(', ')}}`;
  });
  const lines = [`function ${entry.name} (${entry.tasks} tasks)`, ...inputs];
  return [...lines, printFunction(entry.body, 'body')];
}

/** The program's declarations, plans and functions as text. */
export function printProgram(program: Program): string {
  const sections: string[] = [
    `program ${program.name} (${program.format} ${program.version})`,
    ...program.weights.map(({ name, type }) => `weight ${name}: ${printType(type)}`),
    ...program.state.map(({ name, type, initial }) => `state ${name}: ${printType(type)} = ${printNumber(initial)}`),
    ...program.sources.map((source) => `tasks ${JSON.stringify(source)}`),
    ...program.train.map((plan) => `train ${JSON.stringify(plan)}`),
    ...(program.evaluate === undefined ? [] : [`evaluate ${JSON.stringify(program.evaluate)}`]),
    ...Object.entries(program.protocol).map(([key, value]) => `protocol ${key}: ${value}`),
    '',
    ...program.functions.flatMap(printEntry),
  ];
  return `${sections.join('\n').trimEnd()}\n`;
}
