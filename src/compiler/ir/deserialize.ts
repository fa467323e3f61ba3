/** @file Reads serialised programs back. */
import { notAProgram } from '../diagnostics/catalogue/program.ts';
import { DiagnosticError } from '../diagnostics/diagnostic.ts';
import { InternalError } from '../diagnostics/internal-error.ts';
import { unusualNumbers } from './canonical-json.ts';
import type { AnyNode, EntryFunction, Func, InputDeclaration, Program, TrainPlan, Value } from './ir.ts';
import type {
  AnyNumber,
  SerializedEntry,
  SerializedFunction,
  SerializedInput,
  SerializedNode,
  SerializedProgram,
  SerializedTrain,
} from './serialized.ts';
import { schemaProblems } from './validate.ts';
import { verifyProgram } from './verify.ts';

function refuse(problem: string): never {
  throw new DiagnosticError(notAProgram([problem]));
}

function readNumber(value: AnyNumber): number {
  return typeof value === 'number' ? value : (unusualNumbers[value] as number);
}

function readAttributes(node: SerializedNode): Readonly<Record<string, unknown>> {
  if (node.op === 'constant') return { ...node.attributes, values: (node.attributes.values as readonly AnyNumber[]).map(readNumber) };
  if (typeof node.attributes.body === 'object')
    return { ...node.attributes, body: readFunction(node.attributes.body as SerializedFunction) };
  return node.attributes;
}

function readFunction(f: SerializedFunction): Func {
  const values: Value[] = f.parameters.map(({ type }) => ({ type }));
  const parameters = f.parameters.map(({ name }, index) => ({ name, value: values[index] as Value }));
  const look = (number: number): Value => values[number] ?? refuse(`value ${number} is used before it is defined`);
  const nodes = f.nodes.map((node): AnyNode => {
    const operands = node.operands.map(look);
    const results = node.results.map((type): Value => ({ type }));
    values.push(...results);
    const source = node.source === undefined ? undefined : { start: node.source[0], end: node.source[1] };
    // The schema has checked that the attributes are those of the primitive.
    return { op: node.op, operands, attributes: readAttributes(node), results, source } as AnyNode;
  });
  return { parameters, nodes, results: f.results.map(({ name, value }) => ({ name, value: look(value) })) };
}

function readInput(input: SerializedInput): InputDeclaration {
  return input.kind === 'draw' ? { ...input, tasks: input.tasks } : input;
}

function readEntry(entry: SerializedEntry): EntryFunction {
  return { ...entry, body: readFunction(entry.body), inputs: entry.inputs.map(readInput) };
}

function readTrain(plan: SerializedTrain): TrainPlan {
  const { step, accumulate, apply, validate } = plan;
  return { ...plan, step, accumulate, apply, validate: validate === undefined ? undefined : { ...validate, keep: validate.keep } };
}

function readProgram(program: SerializedProgram): Program {
  return {
    ...program,
    state: program.state.map((state) => ({ ...state, initial: readNumber(state.initial) })),
    functions: program.functions.map(readEntry),
    train: program.train.map(readTrain),
    evaluate: program.evaluate,
  };
}

/**
 * The program that `serializeProgram` wrote. The text is not trusted: throws DiagnosticError when it is not JSON, does not fit the schema,
 * or is not a well typed program.
 */
export function deserializeProgram(text: string): Program {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) refuse(`it is not JSON: ${error.message}`);
    throw error;
  }
  const problems = schemaProblems(parsed);
  if (problems.length > 0) throw new DiagnosticError(notAProgram(problems));
  const program = readProgram(parsed as SerializedProgram);
  try {
    verifyProgram(program);
  } catch (error) {
    // A program from outside may be wrong without a bug of ours.
    if (error instanceof InternalError) refuse(error.message.replace('metac bug: ', ''));
    throw error;
  }
  return program;
}

/** The program behind text that this very compiler wrote, as the caller knows: nothing is checked. */
export function reviveProgram(text: string): Program {
  return readProgram(JSON.parse(text) as SerializedProgram);
}
