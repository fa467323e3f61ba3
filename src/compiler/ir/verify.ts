/** @file Checks that functions and programs are what the rest of the compiler takes them for. Runs after every pass. */
import { InternalError } from '../diagnostics/internal-error.ts';
import type { AnyNode, EntryFunction, Func, Program, Value } from './ir.ts';
import type { Attributes } from './primitives.ts';
import { regionOf } from './region.ts';
import { printType, sameType, type TensorType } from './tensor-type.ts';
import { inferTypes } from './type-rules.ts';

export interface VerifyOptions {
  /** Whether `gradient` and `map_tasks` may occur; true unless said otherwise. */
  readonly structural?: boolean;
}

function fail(where: string, message: string): never {
  throw new InternalError(`${where}: ${message}`);
}

function requireUnique(where: string, kind: string, names: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) fail(where, `two ${kind}s are named ${name}`);
    seen.add(name);
  }
}

function verifyNode(node: AnyNode, where: string, defined: Set<Value>, options: VerifyOptions): void {
  node.operands.forEach((operand, index) => {
    if (!defined.has(operand)) fail(where, `operand ${index} (${printType(operand.type)}) is not defined before it is used`);
  });
  const region = regionOf(node);
  if (region !== undefined) {
    if (options.structural === false && node.op !== 'scan') fail(where, 'structural primitives are not allowed any more');
    // A region sees nothing of what surrounds it: its own parameters are all it starts from.
    verifyFunction(region, options, `${where} > region`);
  }
  let types: readonly TensorType[];
  try {
    types = inferTypes(
      node.op,
      node.operands.map((operand) => operand.type),
      node.attributes as Attributes[typeof node.op],
    );
  } catch (error) {
    if (error instanceof InternalError) fail(where, error.message.replace('metac bug: ', ''));
    throw error;
  }
  if (types.length !== node.results.length) fail(where, `${node.results.length} results, its type rule gives ${types.length}`);
  node.results.forEach((result, index) => {
    const expected = types[index] as TensorType;
    if (!sameType(expected, result.type))
      fail(where, `result ${index} is ${printType(result.type)}, its type rule gives ${printType(expected)}`);
    if (defined.has(result)) fail(where, `result ${index} is defined twice`);
    defined.add(result);
  });
}

/** Throws InternalError, naming function and node, when `f` is not a closed, well typed function in execution order. */
export function verifyFunction(f: Func, options: VerifyOptions = {}, where = 'function'): void {
  requireUnique(
    where,
    'parameter',
    f.parameters.map(({ name }) => name),
  );
  requireUnique(
    where,
    'result',
    f.results.map(({ name }) => name),
  );
  const defined = new Set<Value>();
  for (const { name, value } of f.parameters) {
    if (defined.has(value)) fail(where, `parameter ${name} has the value of another parameter`);
    defined.add(value);
  }
  f.nodes.forEach((node, index) => {
    verifyNode(node, `${where}, node ${index} (${node.op})`, defined, options);
  });
  for (const { name, value } of f.results) if (!defined.has(value)) fail(where, `result ${name} is not defined`);
}

/** Parameters are weights, state or inputs; results that replace weights or state keep their type. */
function verifyEntry(entry: EntryFunction, resident: ReadonlyMap<string, TensorType>, options: VerifyOptions): void {
  const where = `function ${entry.name}`;
  verifyFunction(entry.body, options, where);
  const known = new Map(resident);
  for (const input of entry.inputs) {
    if (known.has(input.name)) fail(where, `input ${input.name} has the name of a weight, a state or another input`);
    known.set(input.name, input.type);
  }
  for (const { name, value } of entry.body.parameters) {
    const type = known.get(name) ?? fail(where, `parameter ${name} is neither a weight, a state nor an input`);
    if (!sameType(type, value.type)) fail(where, `parameter ${name} is ${printType(value.type)}, declared as ${printType(type)}`);
  }
  for (const { name, value } of entry.body.results) {
    const type = resident.get(name);
    if (type !== undefined && !sameType(type, value.type))
      fail(where, `result ${name} is ${printType(value.type)} and would replace ${printType(type)}`);
  }
}

/** Functions and results that plans name must exist. */
function verifyPlans(program: Program): void {
  const entries = new Map(program.functions.map((entry) => [entry.name, entry]));
  const requireEntry = (where: string, name: string): EntryFunction => entries.get(name) ?? fail(where, `there is no function ${name}`);
  const requireResult = (where: string, entry: EntryFunction, name: string): void => {
    if (!entry.body.results.some((result) => result.name === name)) fail(where, `function ${entry.name} has no result ${name}`);
  };
  for (const plan of program.train) {
    if ((plan.step === undefined) === (plan.accumulate === undefined)) fail(plan.name, 'needs either step or accumulate');
    if ((plan.accumulate === undefined) !== (plan.apply === undefined)) fail(plan.name, 'accumulate and apply go together');
    for (const name of [plan.step, plan.accumulate, plan.apply]) if (name !== undefined) requireEntry(plan.name, name);
    if (plan.validate === undefined) continue;
    const entry = requireEntry(`${plan.name} validate`, plan.validate.entry);
    if (plan.validate.keep !== undefined) requireResult(`${plan.name} validate`, entry, plan.validate.keep.metric);
  }
  if (program.evaluate === undefined) return;
  const entry = requireEntry('evaluate', program.evaluate.entry);
  for (const report of program.evaluate.reports) requireResult('evaluate', entry, report.result);
}

/** Throws InternalError when a function is wrong (see verifyFunction) or functions, declarations and plans do not fit together. */
export function verifyProgram(program: Program, options: VerifyOptions = {}): void {
  const declarations = [...program.weights, ...program.state];
  requireUnique(
    'program',
    'weight or state',
    declarations.map(({ name }) => name),
  );
  requireUnique(
    'program',
    'function',
    program.functions.map(({ name }) => name),
  );
  const resident = new Map(declarations.map(({ name, type }) => [name, type]));
  for (const entry of program.functions) verifyEntry(entry, resident, options);
  verifyPlans(program);
}
