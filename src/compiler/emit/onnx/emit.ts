/** @file An entry function as an ONNX model. */
import type { EntryFunction, Func, Program, SourceRange, Value } from '../../ir/ir.ts';
import { encodeModel, nodeName } from './encode.ts';
import { finiteValues } from './finite-values.ts';
import { GraphBuilder, type OnnxGraph } from './graph.ts';
import { ELEMENT_OF, LoweringContext } from './lowering-context.ts';
import { lowerNode } from './lowerings.ts';

export interface EmitOnnxOptions {
  /** Written into the model's metadata. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** The type of data sets of bytes: `float32` for devices that have no bytes. */
  readonly images?: 'uint8' | 'float32';
}

/** The bytes of a model that does what `entry` does. Inputs and outputs are named as in `onnxGraph`. */
export function emitOnnx(entry: EntryFunction, program: Pick<Program, 'name'>, options: EmitOnnxOptions = {}): Uint8Array<ArrayBuffer> {
  return encodeModel(onnxGraph(entry, options), { program: program.name, entry: entry.name, ...options.metadata });
}

/** Name of the output for a result. ONNX names each tensor once, so a result that replaces a weight or state is `<name>.next`. */
export function outputName(entry: EntryFunction, result: string): string {
  return entry.body.parameters.some((parameter) => parameter.name === result) ? `${result}.next` : result;
}

/** The model as plain data: for printing, and for who reads it node by node. Parameters that nothing uses are left out. */
export function onnxGraph(entry: EntryFunction, { images = 'uint8' }: EmitOnnxOptions = {}): OnnxGraph {
  const { body } = entry;
  const graph = new GraphBuilder();
  const context = new LoweringContext(graph, finiteValues(body));
  const used = usedValues(body);
  for (const { name, value } of body.parameters) {
    if (!used.has(value)) continue;
    const { dtype, shape } = value.type;
    context.define(value, graph.input(name, dtype === 'uint8' ? images : ELEMENT_OF[dtype], shape));
  }
  for (const node of body.nodes) {
    graph.source = node.source;
    lowerNode(context, node);
  }
  graph.source = undefined;
  for (const { name, value } of body.results) graph.output(outputName(entry, name), context.full(value));
  return graph.finish(entry.name);
}

function usedValues(body: Func): Set<Value> {
  const used = new Set<Value>(body.results.map((result) => result.value));
  for (const node of body.nodes) for (const operand of node.operands) used.add(operand);
  return used;
}

/** Where each node of a graph comes from, for messages: `Conv12` as the encoder names it -> range. */
export function nodeSources(graph: OnnxGraph): ReadonlyMap<string, SourceRange> {
  const sources = new Map<string, SourceRange>();
  graph.nodes.forEach((node, index) => {
    if (node.source !== undefined) sources.set(nodeName(node.op, index), node.source);
  });
  return sources;
}
