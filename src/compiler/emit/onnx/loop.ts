/**
 * @file Many calls of an entry function as one ONNX model: a Loop around its graph. What a call replaces goes from one turn to the next
 * without leaving the runtime, what each call is given is stacked, and so is what it returns. Small steps cost as much to call as to compute.
 */
import type { EntryFunction, Program } from '../../ir/ir.ts';
import { onnxGraph, outputName } from './emit.ts';
import { encodeModel } from './encode.ts';
import type { OnnxGraph, OnnxNode, OnnxTensor } from './graph.ts';
import { renamedNode } from './names.ts';

/** Input with the number of calls: int64, a scalar. */
export const CALLS = 'calls';

/** The bytes of the model of `onnxLoop`. */
export function emitOnnxLoop(entry: EntryFunction, program: Program): Uint8Array<ArrayBuffer> {
  return encodeModel(onnxLoop(entry, program), { program: program.name, entry: entry.name });
}

/** Name of a result of `onnxLoop`. */
export function loopOutputName(entry: EntryFunction, program: Program, result: string): string {
  return residents(program).has(result) ? `${result}.next` : outputName(entry, result);
}

/**
 * Weights, state and data sets are inputs as in `onnxGraph`, and what replaces them are outputs. Every other input and output has a leading
 * dimension, one row for each call.
 */
export function onnxLoop(entry: EntryFunction, program: Program): OnnxGraph {
  const graph = onnxGraph(entry);
  const resident = residents(program);
  const replaced = entry.body.results.filter(({ name }) => resident.has(name));
  const carried = replaced.map(({ name }): Carried => {
    const last = graph.outputs.find((output) => output.name === outputName(entry, name)) as OnnxTensor;
    return { first: { ...last, name }, last, next: { ...last, name: loopOutputName(entry, program, name) } };
  });
  const replacedOutputs = new Set(carried.map(({ last }) => last));
  const returned = graph.outputs.filter((output) => !replacedOutputs.has(output));
  const carriedNames = new Set(carried.map(({ first }) => first.name));
  const fixed = new Set([...resident, ...entry.inputs.filter(({ kind }) => kind === 'data').map(({ name }) => name)]);
  for (const name of carriedNames) fixed.delete(name);
  const given = graph.inputs.filter((input) => !carriedNames.has(input.name) && !fixed.has(input.name));

  // ONNX wants names that differ inside and outside; what stays the same for all calls is read from outside.
  const inside = (name: string): string => (fixed.has(name) ? name : `${TURN}${name}`);
  const renamed = (tensor: OnnxTensor): OnnxTensor => ({ ...tensor, name: inside(tensor.name) });
  const nodes: OnnxNode[] = given.map((input) => simpleNode('Gather', [input.name, NUMBER], inside(input.name), { axis: 0 }));
  nodes.push(...graph.nodes.map((node) => renamedNode(node, inside)));
  nodes.push(simpleNode('Identity', [CONDITION.name], `${CONDITION.name}.next`));
  const read = new Set(graph.inputs.map(({ name }) => name));
  const body: OnnxGraph = {
    name: graph.name,
    inputs: [
      { name: NUMBER, element: 'int64', shape: [] },
      CONDITION,
      ...carried.map(({ first }) => (read.has(first.name) ? renamed(first) : { ...first, name: `${TURN}${first.name}.unread` })),
    ],
    outputs: [{ ...CONDITION, name: `${CONDITION.name}.next` }, ...carried.map(({ last }) => renamed(last)), ...returned.map(renamed)],
    initializers: graph.initializers.map(({ tensor, values }) => ({ tensor: renamed(tensor), values })),
    nodes,
  };
  const outputs = [...carried.map(({ next }) => next), ...returned.map(stacked)];
  return {
    name: `${graph.name}.${CALLS}`,
    inputs: [
      { name: CALLS, element: 'int64', shape: [] },
      ...graph.inputs.filter(({ name }) => fixed.has(name)),
      ...carried.map(({ first }) => first),
      ...given.map(stacked),
    ],
    outputs,
    initializers: [],
    nodes: [
      {
        op: 'Loop',
        inputs: [CALLS, '', ...carried.map(({ first }) => first.name)],
        outputs: outputs.map(({ name }) => name),
        attributes: { body: { graph: body } },
        source: undefined,
      },
    ],
  };
}

/** A resident tensor before the first call, and what replaces it: inside the loop and after it. */
interface Carried {
  readonly first: OnnxTensor;
  readonly last: OnnxTensor;
  readonly next: OnnxTensor;
}

const TURN = 'turn/';
const NUMBER = `${TURN}number`;
const CONDITION: OnnxTensor = { name: `${TURN}condition`, element: 'bool', shape: [] };

function residents(program: Program): ReadonlySet<string> {
  return new Set([...program.weights, ...program.state].map(({ name }) => name));
}

function stacked(tensor: OnnxTensor): OnnxTensor {
  return { ...tensor, stacked: CALLS };
}

function simpleNode(op: string, inputs: readonly string[], output: string, attributes: OnnxNode['attributes'] = {}): OnnxNode {
  return { op, inputs, outputs: [output], attributes, source: undefined };
}
