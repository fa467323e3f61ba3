/** @file An ONNX graph as plain data, and the builder that lowerings add nodes to. `%n` are results of nodes, `$n` constants. */
import type { SourceRange } from '../../ir/ir.ts';
import { liesInOrder } from '../../ir/matrices.ts';
import { sizeOf } from '../../ir/tensor-type.ts';
import { namesRead, renamedNode } from './names.ts';

export type ElementType = 'float32' | 'int32' | 'int64' | 'bool' | 'uint8';

/** A named tensor of the graph with its concrete shape. */
export interface OnnxTensor {
  readonly name: string;
  readonly element: ElementType;
  readonly shape: readonly number[];
  /** Name of a further, leading dimension whose size is known only when the graph runs. */
  readonly stacked?: string;
}

/** A plain number or list of numbers is ONNX's INT or INTS; floats are marked. */
export type OnnxAttribute = number | readonly number[] | string | { readonly float: number } | { readonly graph: OnnxGraph };

export interface OnnxNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
  /** Where in the spec the node comes from. */
  readonly source: SourceRange | undefined;
}

/** A constant tensor; `values` has one element per tensor element. */
export interface OnnxInitializer {
  readonly tensor: OnnxTensor;
  readonly values: readonly number[];
}

export interface OnnxGraph {
  readonly name: string;
  readonly inputs: readonly OnnxTensor[];
  readonly outputs: readonly OnnxTensor[];
  readonly initializers: readonly OnnxInitializer[];
  readonly nodes: readonly OnnxNode[];
}

/** What a node's result is: its shape is stated, not inferred, so that lowerings say what they mean. */
export interface ResultType {
  readonly element: ElementType;
  readonly shape: readonly number[];
}

/** The default domain's version, and the file format that goes with it; both are older than what ONNX Runtime 1.30 reads. */
export const OPSET_VERSION = 20;
export const IR_VERSION = 9;

export interface Reversal {
  readonly input: OnnxTensor;
  readonly axes: readonly number[];
}

export class GraphBuilder {
  /** Stamped on every node that is added. */
  source: SourceRange | undefined;
  readonly #inputs: OnnxTensor[] = [];
  readonly #outputs: OnnxTensor[] = [];
  readonly #nodes: OnnxNode[] = [];
  readonly #initializers: OnnxInitializer[] = [];
  readonly #constants = new Map<string, OnnxTensor>();
  readonly #constantValues = new Map<string, readonly number[]>();
  /** Results of nodes by operator, operands and attributes: equal nodes are one. */
  readonly #known = new Map<string, readonly OnnxTensor[]>();
  /** Reshaped tensor -> what was reshaped. */
  readonly #origins = new Map<string, OnnxTensor>();
  /** Results of reductions, for `reshape`. */
  readonly #reductions = new Map<string, { readonly op: string; readonly input: OnnxTensor; readonly axes: readonly number[] }>();
  /** Results of `reverse`, for slices of them. */
  readonly #reversals = new Map<string, Reversal>();
  #count = 0;
  #regions = 0;
  /** Of all names that this graph makes: ONNX gives a name once in a graph and the graphs within it. */
  readonly #prefix: string;

  constructor(prefix = '') {
    this.#prefix = prefix;
  }

  /** A builder for a graph within a node of this one. */
  region(): GraphBuilder {
    return new GraphBuilder(`${this.#prefix}${this.#regions++}.`);
  }

  /** The path of a region: `0.1.` is the second in the first. */
  get name(): string {
    return `region ${this.#prefix}`;
  }

  /** A name that nothing has yet. */
  fresh(of: string): string {
    return `%${this.#prefix}${of}${this.#count++}`;
  }

  input(name: string, element: ElementType, shape: readonly number[]): OnnxTensor {
    const tensor = { name, element, shape };
    this.#inputs.push(tensor);
    return tensor;
  }

  /** A constant; equal constants are one initializer. */
  constant(element: ElementType, shape: readonly number[], values: readonly number[]): OnnxTensor {
    const key = `${element}[${shape.join(',')}]:${values.map((value) => (Object.is(value, -0) ? '-0' : String(value))).join(',')}`;
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    const tensor = { name: `$${this.#prefix}${this.#constants.size}`, element, shape };
    this.#constants.set(key, tensor);
    this.#constantValues.set(tensor.name, values);
    this.#initializers.push({ tensor, values });
    return tensor;
  }

  scalar(value: number, element: ElementType = 'float32'): OnnxTensor {
    return this.constant(element, [], [value]);
  }

  /** A list of sizes or axes, as ONNX takes them. */
  integers(values: readonly number[]): OnnxTensor {
    return this.constant('int64', [values.length], values);
  }

  /** The values of a constant, or undefined for any other tensor. */
  valuesOf(tensor: OnnxTensor): readonly number[] | undefined {
    return this.#constantValues.get(tensor.name);
  }

  /** Adds a node with one result. */
  node(op: string, inputs: readonly OnnxTensor[], result: ResultType, attributes: Record<string, OnnxAttribute> = {}): OnnxTensor {
    return this.nodes(op, inputs, [result], attributes)[0] as OnnxTensor;
  }

  /** Adds a node with several results. */
  nodes(
    op: string,
    inputs: readonly OnnxTensor[],
    results: readonly ResultType[],
    attributes: Record<string, OnnxAttribute> = {},
  ): readonly OnnxTensor[] {
    const key = `${op} ${inputs.map((input) => input.name).join(' ')} ${JSON.stringify(attributes)}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const outputs = results.map(({ element, shape }): OnnxTensor => ({ name: this.fresh(''), element, shape }));
    this.#known.set(key, outputs);
    this.#nodes.push({
      op,
      inputs: inputs.map((input) => input.name),
      outputs: outputs.map((output) => output.name),
      attributes,
      source: this.source,
    });
    return outputs;
  }

  /** A view with another shape of the same size; adds nothing when the shape is the same. Constants are reshaped at once. */
  reshape(tensor: OnnxTensor, shape: readonly number[]): OnnxTensor {
    if (tensor.shape.length === shape.length && tensor.shape.every((size, axis) => size === shape[axis])) return tensor;
    const values = this.valuesOf(tensor);
    if (values !== undefined && sizeOf(shape) <= 4096) return this.constant(tensor.element, shape, values);
    const origin = this.#origins.get(tensor.name);
    if (origin !== undefined) return this.reshape(origin, shape);
    const kept = this.#keptDimensions(tensor, shape);
    if (kept !== undefined) return kept;
    const attributes: Record<string, OnnxAttribute> = shape.includes(0) ? { allowzero: 1 } : {};
    const result = this.node('Reshape', [tensor, this.integers(shape)], { element: tensor.element, shape }, attributes);
    this.#origins.set(result.name, tensor);
    return result;
  }

  /** A reduction that keeps its dimensions with size 1, if `shape` asks for just those. */
  #keptDimensions(tensor: OnnxTensor, shape: readonly number[]): OnnxTensor | undefined {
    const reduction = this.#reductions.get(tensor.name);
    if (reduction === undefined) return undefined;
    const { op, input, axes } = reduction;
    const kept = input.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
    if (kept.length !== shape.length || kept.some((size, axis) => size !== shape[axis])) return undefined;
    return this.node(op, [input, this.integers(axes)], { element: tensor.element, shape }, { keepdims: 1 });
  }

  /** ReduceSum, ReduceMax: the dimensions `axes` are removed. */
  reduce(op: string, input: OnnxTensor, axes: readonly number[]): OnnxTensor {
    const shape = input.shape.filter((_, axis) => !axes.includes(axis));
    const result = this.node(op, [input, this.integers(axes)], { element: input.element, shape }, { keepdims: 0 });
    this.#reductions.set(result.name, { op, input, axes });
    return result;
  }

  transpose(tensor: OnnxTensor, permutation: readonly number[]): OnnxTensor {
    const shape = permutation.map((axis) => tensor.shape[axis] as number);
    if (liesInOrder(tensor.shape, permutation)) return this.reshape(tensor, shape);
    return this.node('Transpose', [tensor], { element: tensor.element, shape }, { perm: permutation });
  }

  /** The elements along `axes` in the opposite order. */
  reverse(tensor: OnnxTensor, axes: readonly number[]): OnnxTensor {
    const all = (value: number) => this.integers(axes.map(() => value));
    const limits = this.integers(axes.map((axis) => beforeFirst(tensor.shape[axis] as number)));
    const inputs = [tensor, all(-1), limits, this.integers(axes), all(-1)];
    const result = this.node('Slice', inputs, { element: tensor.element, shape: tensor.shape });
    this.#reversals.set(result.name, { input: tensor, axes });
    return result;
  }

  /** What was reversed to get `tensor`, perhaps with dimensions of 1 put behind since; undefined where nothing was. */
  reversalOf(tensor: OnnxTensor): Reversal | undefined {
    const reversal = this.#reversals.get((this.#origins.get(tensor.name) ?? tensor).name);
    if (reversal === undefined) return undefined;
    const { shape } = reversal.input;
    return tensor.shape.every((size, axis) => size === (shape[axis] ?? 1)) && tensor.shape.length >= shape.length ? reversal : undefined;
  }

  cast(tensor: OnnxTensor, element: ElementType): OnnxTensor {
    if (tensor.element === element) return tensor;
    return this.node('Cast', [tensor], { element, shape: tensor.shape }, { to: ELEMENT_CODES[element] });
  }

  /** Gives `tensor` a name of its own as a result of the graph. */
  output(name: string, tensor: OnnxTensor): void {
    this.#nodes.push({ op: 'Identity', inputs: [tensor.name], outputs: [name], attributes: {}, source: undefined });
    this.#outputs.push({ ...tensor, name });
  }

  finish(name: string): OnnxGraph {
    return withDirectOutputs({
      name,
      inputs: this.#inputs,
      outputs: this.#outputs,
      initializers: this.#initializers,
      nodes: usedNodes(this.#nodes, this.#outputs),
    });
  }
}

/** A limit of ONNX's Slice with a negative step: through element 0. The lowest int64 means the same, but is no safe integer. */
export function beforeFirst(size: number): number {
  return -size - 1;
}

/** ONNX's numbers of the element types (TensorProto.DataType). */
export const ELEMENT_CODES: Readonly<Record<ElementType, number>> = { float32: 1, uint8: 2, int32: 6, int64: 7, bool: 9 };

/** Nodes that some output depends on. Lowerings may make a form of a tensor that turns out not to be needed. */
function usedNodes(nodes: readonly OnnxNode[], outputs: readonly OnnxTensor[]): OnnxNode[] {
  const needed = new Set(outputs.map((output) => output.name));
  const kept: OnnxNode[] = [];
  for (const node of [...nodes].reverse()) {
    if (!node.outputs.some((output) => needed.has(output))) continue;
    for (const name of namesRead(node)) needed.add(name);
    kept.push(node);
  }
  return kept.reverse();
}

/** Lets the node that makes a result write it under the result's name, where that node's output is a result once only. */
function withDirectOutputs(graph: OnnxGraph): OnnxGraph {
  const made = new Set(graph.nodes.flatMap((node) => (node.op === 'Identity' ? [] : node.outputs)));
  const outputNames = new Set(graph.outputs.map((output) => output.name));
  const renamed = new Map<string, string>();
  for (const node of graph.nodes) {
    const [from, to] = [node.inputs[0] as string, node.outputs[0] as string];
    if (node.op === 'Identity' && outputNames.has(to) && made.has(from) && !renamed.has(from)) renamed.set(from, to);
  }
  const rename = (name: string) => renamed.get(name) ?? name;
  const nodes = graph.nodes
    .filter((node) => !(node.op === 'Identity' && renamed.get(node.inputs[0] as string) === node.outputs[0]))
    .map((node) => renamedNode(node, rename));
  const used = new Set(nodes.flatMap(namesRead));
  return { ...graph, nodes, initializers: graph.initializers.filter(({ tensor }) => used.has(tensor.name)) };
}
