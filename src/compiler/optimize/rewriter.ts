/**
 * @file One forward walk over a function that replaces nodes by cheaper ones. Rules see operands that are already rewritten, so a
 * rewrite that moves downwards (a broadcast past ten elementwise nodes) is done in one walk. Nodes that nobody changed keep their identity.
 */
import { InternalError } from '../diagnostics/internal-error.ts';
import type { AnyNode, Func, Node, SourceRange, Value } from '../ir/ir.ts';
import type { Attributes, PrimitiveName, RuntimePrimitiveName } from '../ir/primitives.ts';
import { hasRegion, regionOf, withRegion } from '../ir/region.ts';
import { type DType, printType, sameShape, sameType, type TensorType } from '../ir/tensor-type.ts';
import { inferTypes } from '../ir/type-rules.ts';
import { withOperands } from '../ir/with-operands.ts';
import { removeDeadNodes } from './dead-code.ts';
import { type Pass, recursivePass } from './pass.ts';
import type { PassMemory } from './pass-memory.ts';

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
  readonly #function: Func;
  /** Of the first `#defined` nodes: most rules look at few nodes, and many walks meet no rule at all. */
  readonly #definitions = new Map<Value, AnyNode>();
  #defined = 0;
  /** Counted when somebody asks. */
  #uses: Map<Value, number> | undefined;
  /** Operands of the nodes that were added before that. */
  readonly #added: Value[] = [];
  readonly #nodes: AnyNode[] = [];
  #source: SourceRange | undefined;
  #depth = 0;

  constructor(rules: RuleSet, f: Func) {
    this.#rules = rules;
    this.#function = f;
  }

  #allUses(): Map<Value, number> {
    if (this.#uses !== undefined) return this.#uses;
    const uses = new Map<Value, number>();
    this.#uses = uses;
    for (const { operands } of this.#function.nodes) for (const operand of operands) uses.set(operand, (uses.get(operand) ?? 0) + 1);
    for (const { value } of this.#function.results) uses.set(value, (uses.get(value) ?? 0) + 1);
    for (const operand of this.#added) uses.set(operand, (uses.get(operand) ?? 0) + 1);
    return uses;
  }

  /** The node that makes `value`; undefined for parameters. */
  definition(value: Value): AnyNode | undefined {
    for (; this.#defined < this.#nodes.length; this.#defined++) {
      const node = this.#nodes[this.#defined] as AnyNode;
      for (const result of node.results) this.#definitions.set(result, node);
    }
    return this.#definitions.get(value);
  }

  /** The node that makes `value` if it is an `op`. */
  match<P extends PrimitiveName>(value: Value | undefined, op: P): Node<P> | undefined {
    if (value === undefined) return undefined;
    const node = this.definition(value);
    return node?.op === op ? (node as unknown as Node<P>) : undefined;
  }

  /** How many operands and results `value` is; never too few, and at least 1. */
  uses(value: Value): number {
    return this.#allUses().get(value) ?? 1;
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
    if (this.#uses === undefined) this.#added.push(...operands);
    else for (const operand of operands) this.#uses.set(operand, (this.#uses.get(operand) ?? 0) + 1);
    this.#nodes.push({ op, operands, attributes, results: [result], source: this.#source } as unknown as AnyNode);
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

  /** Whether a rule applies to some node as it is. What rules add while they look is taken back: they see at most the uses that there are. */
  finds(): boolean {
    for (const node of this.#function.nodes) {
      if (!hasRegion(node)) {
        const length = this.#nodes.length;
        const result = node.results[0] as Value;
        const found = this.#try(node.op as RuntimePrimitiveName, node.operands, node.attributes as never, result.type);
        if (found !== undefined && found !== result) return true;
        this.#forget(length);
      }
      this.#nodes.push(node);
    }
    return false;
  }

  /** Takes back the nodes after the first `length`. */
  #forget(length: number): void {
    while (this.#nodes.length > length) {
      const { operands } = this.#nodes.pop() as AnyNode;
      if (this.#uses === undefined) this.#added.length -= operands.length;
      else for (const operand of operands) this.#uses.set(operand, (this.#uses.get(operand) ?? 0) - 1);
    }
    this.#defined = Math.min(this.#defined, length);
  }

  /** Rewrites the whole function; `nested` rewrites the bodies of structural nodes. */
  rewrite(nested: (body: Func) => Func): Func {
    const f = this.#function;
    const replaced = new Map<Value, Value>();
    let changed = false;
    for (const node of f.nodes) {
      const moved = replaced.size > 0 && node.operands.some((operand) => replaced.has(operand));
      const operands = moved ? node.operands.map((operand) => replaced.get(operand) ?? operand) : node.operands;
      this.#source = node.source;
      if (hasRegion(node)) {
        const inside = withRegion(node, nested(node.attributes.body));
        if (inside !== node) changed = true;
        this.#nodes.push(moved ? withOperands(inside, operands) : inside);
        continue;
      }
      const result = node.results[0] as Value;
      const simpler = this.#try(node.op as RuntimePrimitiveName, operands, node.attributes as never, result.type);
      if (simpler !== undefined && simpler !== result) {
        replaced.set(result, simpler);
        const uses = this.#allUses();
        uses.set(simpler, (uses.get(simpler) ?? 0) + this.uses(result));
        changed = true;
      } else this.#nodes.push(moved ? withOperands(node, operands) : node);
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
  return { ...recursivePass(name, summary, (f, inside) => walk(rules, f, inside)), rules };
}

/** Functions without a node that there is a rule for, or that has a region, need no walk. */
function walk(rules: RuleSet, f: Func, inside: (body: Func) => Func): Func {
  return f.nodes.some((node) => node.op in rules || hasRegion(node)) ? new Rewriter(rules, f).rewrite(inside) : f;
}

/** One walk that tries the rules of several passes on each node, in their order: the same fixpoint, sooner. */
export function inOneWalk(name: string, list: readonly RewritePass[]): RewritePass {
  const rules = joinedRules(list);
  const run = (f: Func, memory?: PassMemory): Func => {
    const waiting = memory === undefined ? list : list.filter((pass) => !memory.rests(pass.run, f));
    if (waiting.length === 0) return f;
    // Where others rest, those that do not must find something before all are worth a walk.
    if (waiting.length < list.length && memory !== undefined && restTogether(waiting, f, memory)) return f;
    const next = walk(rules, f, (body) => run(body, memory));
    if (next === f) for (const pass of list) memory?.rest(pass.run, f);
    return next;
  };
  return { name, summary: `${list.map((pass) => pass.name).join(', ')}, in one walk`, rules, run };
}

/** Finds out in one walk, up to the first thing to do, whether all of these passes leave `f` as it is, and notes it if they do. */
export function restTogether(list: readonly RewritePass[], f: Func, memory: PassMemory): boolean {
  const waiting = list.filter((pass) => !memory.rests(pass.run, f));
  if (waiting.length === 0) return true;
  const bodies = f.nodes.flatMap((node) => regionOf(node) ?? []);
  const rest = bodies.every((body) => restTogether(waiting, body, memory)) && !new Rewriter(joinedRules(waiting), f).finds();
  if (rest) for (const pass of waiting) memory.rest(pass.run, f);
  return rest;
}

function joinedRules(list: readonly RewritePass[]): RuleSet {
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
  return Object.fromEntries(joined) as RuleSet;
}
