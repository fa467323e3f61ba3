/** @file Builds functions node by node. A region's builder turns values of the enclosing function into parameters (captures). */
import { InternalError } from '../diagnostics/internal-error.ts';
import type { AnyNode, Func, Node, Parameter, Result, SourceRange, Value } from './ir.ts';
import type { Attributes, Direction, PrimitiveName } from './primitives.ts';
import { type DType, sameShape, type TensorType } from './tensor-type.ts';
import { inferTypes } from './type-rules.ts';

export class FunctionBuilder {
  /** Stamped on every node that is added; set by whoever knows the place in the spec. */
  source: SourceRange | undefined;
  readonly #parent: FunctionBuilder | undefined;
  readonly #parameters: Parameter[] = [];
  readonly #nodes: AnyNode[] = [];
  readonly #own = new Set<Value>();
  /** Outer value -> the parameter that stands for it here, in order of first use. */
  readonly #captures = new Map<Value, Value>();

  constructor(parent?: FunctionBuilder) {
    this.#parent = parent;
    this.source = parent?.source;
  }

  parameter(name: string, type: TensorType): Value {
    const value: Value = { type };
    this.#parameters.push({ name, value });
    this.#own.add(value);
    return value;
  }

  /** Values of enclosing functions that the nodes used, in the order of the parameters that were added for them. */
  get captures(): readonly Value[] {
    return [...this.#captures.keys()];
  }

  /** The nodes so far, in execution order. */
  get nodes(): readonly AnyNode[] {
    return this.#nodes;
  }

  /** Whether the value is this function's own. */
  knows(value: Value): boolean {
    return this.#own.has(value);
  }

  /** The value as it is known here: itself, or a parameter that captures it from an enclosing function. */
  use(value: Value): Value {
    if (this.#own.has(value)) return value;
    const known = this.#captures.get(value);
    if (known !== undefined) return known;
    if (this.#parent === undefined) throw new InternalError('a value is used outside the function that defines it');
    this.#parent.use(value);
    const parameter = this.parameter(`capture${this.#captures.size}`, value.type);
    this.#captures.set(value, parameter);
    return parameter;
  }

  /** Adds a node and returns all its results. */
  apply<P extends PrimitiveName>(op: P, operands: readonly Value[], attributes: Attributes[P]): readonly Value[] {
    const used = operands.map((operand) => this.use(operand));
    const types = inferTypes(
      op,
      used.map((operand) => operand.type),
      attributes,
    );
    const results = types.map((type): Value => ({ type }));
    const node: Node<P> = { op, operands: used, attributes, results, source: this.source };
    this.#nodes.push(node as unknown as AnyNode);
    for (const result of results) this.#own.add(result);
    return results;
  }

  /** Adds a node of a primitive with one result. */
  emit<P extends PrimitiveName>(op: P, operands: readonly Value[], attributes: Attributes[P]): Value {
    const results = this.apply(op, operands, attributes);
    if (results.length !== 1) throw new InternalError(`${op} has ${results.length} results`);
    return results[0] as Value;
  }

  finish(results: readonly Result[]): Func {
    return {
      parameters: [...this.#parameters],
      nodes: [...this.#nodes],
      results: results.map(({ name, value }) => ({ name, value: this.use(value) })),
    };
  }

  // --- short forms, one per shape of use; each adds exactly the nodes it names

  constant(value: number, shape: readonly number[] = [], dtype: DType = 'float'): Value {
    return this.emit('constant', [], { dtype, shape, values: [value] });
  }

  zerosLike(value: Value): Value {
    return this.constant(0, value.type.shape, value.type.dtype);
  }

  unary(
    op:
      | 'negate'
      | 'abs'
      | 'sign'
      | 'floor'
      | 'exponential'
      | 'exponential_minus_one'
      | 'log'
      | 'log_plus_one'
      | 'sqrt'
      | 'rsqrt'
      | 'tanh'
      | 'logistic'
      | 'sine'
      | 'cosine'
      | 'erf'
      | 'not'
      | 'stop_gradient',
    operand: Value,
  ): Value {
    return this.emit(op, [operand], {});
  }

  binary(
    op: 'add' | 'subtract' | 'multiply' | 'divide' | 'power' | 'maximum' | 'minimum' | 'and' | 'or',
    left: Value,
    right: Value,
  ): Value {
    return this.emit(op, [left, right], {});
  }

  /** Like `binary`, with a number splatted to the other operand's type. */
  scale(op: 'add' | 'subtract' | 'multiply' | 'divide' | 'power' | 'maximum' | 'minimum', left: Value, right: number): Value {
    return this.emit(op, [left, this.constant(right, left.type.shape, left.type.dtype)], {});
  }

  compare(direction: Direction, left: Value, right: Value): Value {
    return this.emit('compare', [left, right], { direction });
  }

  select(predicate: Value, onTrue: Value, onFalse: Value): Value {
    return this.emit('select', [predicate, onTrue, onFalse], {});
  }

  reshape(operand: Value, shape: readonly number[]): Value {
    return sameShape(operand.type.shape, shape) ? this.use(operand) : this.emit('reshape', [operand], { shape });
  }

  transpose(operand: Value, permutation: readonly number[]): Value {
    return permutation.every((axis, index) => axis === index) ? this.use(operand) : this.emit('transpose', [operand], { permutation });
  }

  broadcast(operand: Value, shape: readonly number[], dimensions: readonly number[]): Value {
    if (sameShape(operand.type.shape, shape)) return this.use(operand);
    return this.emit('broadcast_in_dim', [operand], { shape, dimensions });
  }

  sum(operand: Value, dimensions: readonly number[]): Value {
    return dimensions.length === 0 ? this.use(operand) : this.emit('reduce_sum', [operand], { dimensions });
  }

  /** Copies `body` into this function with its parameters bound to `operands`; returns its results. */
  inline(body: Func, operands: readonly Value[]): readonly Value[] {
    if (operands.length !== body.parameters.length)
      throw new InternalError(`inline: ${operands.length} operands for ${body.parameters.length} parameters`);
    const known = new Map<Value, Value>();
    body.parameters.forEach((parameter, index) => {
      known.set(parameter.value, this.use(operands[index] as Value));
    });
    for (const node of body.nodes) this.copy(node, known);
    return body.results.map((result) => lookUp(known, result.value));
  }

  /** Copies one node, with operands looked up in `known`, where its results are entered. */
  copy(node: AnyNode, known: Map<Value, Value>): void {
    const saved = this.source;
    this.source = node.source ?? saved;
    const results = this.apply(
      node.op,
      node.operands.map((operand) => lookUp(known, operand)),
      node.attributes as Attributes[typeof node.op],
    );
    this.source = saved;
    node.results.forEach((result, index) => {
      known.set(result, results[index] as Value);
    });
  }
}

export function lookUp(known: ReadonlyMap<Value, Value>, value: Value): Value {
  const found = known.get(value);
  if (found === undefined) throw new InternalError('a value is used before it is defined');
  return found;
}
