/**
 * @file What lowerings work with: the graph being built, and the ONNX tensor that stands for each IR value.
 *
 * A tensor may be smaller than its value's type: dimensions along which all elements are equal may be 1 or, in front,
 * missing. ONNX broadcasts operands of elementwise nodes, so `broadcast_in_dim` costs nothing until `full` is asked for.
 */
import { InternalError } from '../../diagnostics/internal-error.ts';
import { broadcastShapes, rankedShape } from '../../ir/broadcast-shapes.ts';
import type { AnyNode, Node, Value } from '../../ir/ir.ts';
import { type DType, sizeOf } from '../../ir/tensor-type.ts';
import type { ElementType, GraphBuilder, OnnxTensor } from './graph.ts';

/** The winners of windows, made when somebody asks for them. */
export interface WindowChoice {
  /** The tensor whose windows they are. */
  readonly operand: Value;
  /** The winning elements. */
  readonly maximum: () => OnnxTensor;
  /** For each element of the window, where it wins. */
  readonly masks: () => readonly OnnxTensor[];
}

export const ELEMENT_OF: Readonly<Record<DType, ElementType>> = { float: 'float32', int: 'int32', bool: 'bool', uint8: 'uint8' };

export class LoweringContext {
  readonly graph: GraphBuilder;
  readonly #finite: ReadonlySet<Value>;
  readonly #tensors = new Map<Value, OnnxTensor>();
  readonly #comparisons = new Map<Value, Node<'compare'>>();
  readonly #choices = new Map<Value, WindowChoice>();
  readonly #full = new Map<Value, OnnxTensor>();
  readonly #pending = new Map<Value, () => OnnxTensor>();

  /** `finite`: values that are finite unless arithmetic overflows. */
  constructor(graph: GraphBuilder, finite: ReadonlySet<Value> = new Set()) {
    this.graph = graph;
    this.#finite = finite;
  }

  isFinite(value: Value): boolean {
    return this.#finite.has(value);
  }

  define(value: Value, tensor: OnnxTensor): void {
    this.#tensors.set(value, tensor);
  }

  /** Defines a value that costs nothing unless somebody asks for it. */
  defineLazily(value: Value, make: () => OnnxTensor): void {
    this.#pending.set(value, make);
  }

  /** Remembers what a truth value says: a lowering that reads it may have a better form for both together. */
  defineComparison(value: Value, node: Node<'compare'>): void {
    this.#comparisons.set(value, node);
  }

  /** Undefined: no comparison of this graph. */
  comparisonOf(value: Value): Node<'compare'> | undefined {
    return this.#comparisons.get(value);
  }

  defineChoice(value: Value, choice: WindowChoice): void {
    this.#choices.set(value, choice);
  }

  choiceOf(value: Value): WindowChoice | undefined {
    return this.#choices.get(value);
  }

  /** The tensor of a value, perhaps smaller than its type (see above). */
  small(value: Value): OnnxTensor {
    const found = this.#tensors.get(value);
    if (found !== undefined) return found;
    const make = this.#pending.get(value);
    if (make === undefined) throw new InternalError('a value is used before it is lowered');
    const made = make();
    this.#tensors.set(value, made);
    return made;
  }

  /** Like `small`, with the rank of the type: missing dimensions in front are put there as 1. */
  ranked(value: Value): OnnxTensor {
    const tensor = this.small(value);
    return this.graph.reshape(tensor, rankedShape(tensor.shape, value.type.shape.length));
  }

  /** The tensor of a value in the whole shape of its type. */
  full(value: Value): OnnxTensor {
    const known = this.#full.get(value);
    if (known !== undefined) return known;
    const tensor = this.expand(this.small(value), value.type.shape);
    this.#full.set(value, tensor);
    return tensor;
  }

  expand(tensor: OnnxTensor, shape: readonly number[]): OnnxTensor {
    const ranked = rankedShape(tensor.shape, shape.length);
    if (ranked.every((size, axis) => size === shape[axis])) return this.graph.reshape(tensor, shape);
    return this.graph.node('Expand', [tensor, this.graph.integers(shape)], { element: tensor.element, shape });
  }

  operand(node: AnyNode, index: number): Value {
    const operand = node.operands[index];
    if (operand === undefined) throw new InternalError(`${node.op} has no operand ${index}`);
    return operand;
  }

  /** An elementwise ONNX node; the result's shape is that of the operands broadcast together, its type that of the last operand. */
  elementwise(op: string, operands: readonly OnnxTensor[], element?: ElementType): OnnxTensor {
    const shape = operands.map((operand) => operand.shape).reduce(broadcastShapes);
    const aligned = operands.map((operand) => this.#aligned(operand, shape));
    return this.graph.node(op, aligned, { element: element ?? (operands.at(-1) as OnnxTensor).element, shape });
  }

  /**
   * Where the result's last dimension is 1, ONNX Runtime goes element by element if an operand has fewer dimensions, ten times slower. A
   * constant gets them for nothing, another tensor by a Reshape, which a large result is worth.
   */
  #aligned(operand: OnnxTensor, shape: readonly number[]): OnnxTensor {
    if (operand.shape.length === shape.length || shape.at(-1) !== 1) return operand;
    if (this.graph.valuesOf(operand) === undefined && sizeOf(shape) < 4096) return operand;
    return this.graph.reshape(operand, rankedShape(operand.shape, shape.length));
  }
}
