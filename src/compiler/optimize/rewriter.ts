/**
 * @file One forward walk over a function that replaces nodes by cheaper ones. Rules see operands that are already rewritten, so a
 * rewrite that moves downwards (a broadcast past ten elementwise nodes) is done in one walk. Nodes that nobody changed keep their identity.
 */
import { InternalError } from '../diagnostics/internal-error.ts';
import type { AnyNode, Func, Node, SourceRange, Value } from '../ir/ir.ts';
import type { Attributes, PrimitiveName, RuntimePrimitiveName } from '../ir/primitives.ts';
import { hasRegion, withRegion } from '../ir/region.ts';
import { type DType, printType, sameShape, sameType, type TensorType } from '../ir/tensor-type.ts';
import { inferTypes } from '../ir/type-rules.ts';
import { removeDeadNodes } from './dead-code.ts';
import type { Pass } from './pass.ts';

/** Returns a value that may stand for `op(operands)`, of the same type, or undefined to leave it. */
export type Rule<P extends PrimitiveName> = (
  operands: readonly Value[],
  attributes: Attributes[P],
  graph: Rewriter,
  type: TensorType,
) => Value | undefined;

/** Rules of one pass. Every rule must make the function smaller in some fixed sense, or rewriting would not end. */
export type RuleSet = { readonly [P in RuntimePrimitiveName]?: Rule<P> };

/** Rewrites of a rewrite are tried to this depth; deeper ones wait for the next round of the pipeline. */
const DEPTH_LIMIT = 12;

export class Rewriter {
  readonly #rules: RuleSet;
  readonly #definitions = new Map<Value, AnyNode>();
  readonly #uses = new Map<Value, number>();
  readonly #nodes: AnyNode[] = [];
  #source: SourceRange | undefined;
  #depth = 0;

  constructor(rules: RuleSet, f: Func) {
    this.#rules = rules;
    for (const node of f.nodes) for (const operand of node.operands) this.#count(operand, 1);
    for (const result of f.results) this.#count(result.value, 1);
  }

  #count(value: Value, uses: number): void {
    this.#uses.set(value, (this.#uses.get(value) ?? 0) + uses);
  }

  /** The node that makes `value`; undefined for parameters. */
  definition(value: Value): AnyNode | undefined {
    return this.#definitions.get(value);
  }

  /** The node that makes `value` if it is an `op`. */
  match<P extends PrimitiveName>(value: Value | undefined, op: P): Node<P> | undefined {
    if (value === undefined) return undefined;
    const node = this.#definitions.get(value);
    return node?.op === op ? (node as unknown as Node<P>) : undefined;
  }

  /** How many operands and results `value` is; never too few, and at least 1. */
  uses(value: Value): number {
    return this.#uses.get(value) ?? 1;
  }

  /** Adds a node, itself subject to the rules. */
  emit<P extends RuntimePrimitiveName>(op: P, operands: readonly Value[], attributes: Attributes[P]): Value {
    const type = inferTypes(
      op,
      operands.map((operand) => operand.type),
      attributes,
    )[0] as TensorType;
    const simpler = this.#try(op, operands, attributes, type);
    if (simpler !== undefined) return simpler;
    const result: Value = { type };
    for (const operand of operands) this.#count(operand, 1);
    this.#push({ op, operands, attributes, results: [result], source: this.#source } as unknown as AnyNode);
    return result;
  }

  constant(value: number, shape: readonly number[] = [], dtype: DType = 'float'): Value {
    return this.emit('constant', [], { dtype, shape, values: [value] });
  }

  reshape(operand: Value, shape: readonly number[]): Value {
    return sameShape(operand.type.shape, shape) ? operand : this.emit('reshape', [operand], { shape });
  }

  transpose(operand: Value, permutation: readonly number[]): Value {
    return permutation.every((axis, index) => axis === index) ? operand : this.emit('transpose', [operand], { permutation });
  }

  broadcast(operand: Value, shape: readonly number[], dimensions: readonly number[]): Value {
    return sameShape(operand.type.shape, shape) ? operand : this.emit('broadcast_in_dim', [operand], { shape, dimensions });
  }

  sum(operand: Value, dimensions: readonly number[]): Value {
    return dimensions.length === 0 ? operand : this.emit('reduce_sum', [operand], { dimensions });
  }

  #try<P extends PrimitiveName>(op: P, operands: readonly Value[], attributes: Attributes[P], type: TensorType): Value | undefined {
    const rule = (this.#rules as { readonly [name in PrimitiveName]?: unknown })[op] as Rule<P> | undefined;
    if (rule === undefined || this.#depth >= DEPTH_LIMIT) return undefined;
    this.#depth++;
    const found = rule(operands, attributes, this, type);
    this.#depth--;
    if (found !== undefined && !sameType(found.type, type))
      throw new InternalError(`a rewrite of ${op} turned ${printType(type)} into ${printType(found.type)}`);
    return found;
  }

  #push(node: AnyNode): void {
    this.#nodes.push(node);
    for (const result of node.results) this.#definitions.set(result, node);
  }

  /** Rewrites all of `f`; `nested` rewrites the bodies of structural nodes. */
  rewrite(f: Func, nested: (body: Func) => Func): Func {
    const replaced = new Map<Value, Value>();
    let changed = false;
    for (const node of f.nodes) {
      const moved = replaced.size > 0 && node.operands.some((operand) => replaced.has(operand));
      const operands = moved ? node.operands.map((operand) => replaced.get(operand) ?? operand) : node.operands;
      this.#source = node.source;
      if (hasRegion(node)) {
        const inside = withRegion(node, nested(node.attributes.body));
        if (inside !== node) changed = true;
        this.#push(moved ? ({ ...inside, operands } as AnyNode) : inside);
        continue;
      }
      const result = node.results[0] as Value;
      const simpler = this.#try(node.op as RuntimePrimitiveName, operands, node.attributes as never, result.type);
      if (simpler !== undefined && simpler !== result) {
        replaced.set(result, simpler);
        this.#count(simpler, this.uses(result));
        changed = true;
      } else this.#push(moved ? ({ ...node, operands } as AnyNode) : node);
    }
    if (!changed) return f;
    const results = f.results.map(({ name, value }) => ({ name, value: replaced.get(value) ?? value }));
    return removeDeadNodes({ parameters: f.parameters, nodes: this.#nodes, results });
  }
}

/** A pass made of rules. */
export interface RewritePass extends Pass {
  readonly rules: RuleSet;
}

export function isRewritePass(pass: Pass): pass is RewritePass {
  return 'rules' in pass;
}

/** A pass made of rules, run on `f` and on every body inside it. */
export function rewritePass(name: string, summary: string, rules: RuleSet): RewritePass {
  const run = (f: Func): Func => new Rewriter(rules, f).rewrite(f, run);
  return { name, summary, rules, run };
}

/** One walk that tries the rules of several passes on each node, in their order: the same fixpoint, sooner. */
export function inOneWalk(name: string, list: readonly RewritePass[]): RewritePass {
  const byName = new Map<string, Rule<PrimitiveName>[]>();
  for (const { rules } of list) {
    for (const [op, rule] of Object.entries(rules)) byName.set(op, [...(byName.get(op) ?? []), rule as unknown as Rule<PrimitiveName>]);
  }
  const joined = [...byName].map(([op, choices]) => {
    const rule: Rule<PrimitiveName> = (operands, attributes, graph, type) => {
      for (const choice of choices) {
        const found = choice(operands, attributes, graph, type);
        if (found !== undefined) return found;
      }
      return undefined;
    };
    return [op, rule] as const;
  });
  const names = list.map((pass) => pass.name).join(', ');
  return rewritePass(name, `${names}, in one walk`, Object.fromEntries(joined) as RuleSet);
}
