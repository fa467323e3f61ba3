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
import { type FunctionFacts, PassMemory } from './pass-memory.ts';

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
  /** Of the function as it was; asked for when somebody looks. */
  readonly #known: FunctionFacts;
  /** Nodes that are not the function's own. */
  readonly #definitions = new Map<Value, AnyNode>();
  /** What was added to, or taken from, the uses that there were. */
  readonly #moreUses = new Map<Value, number>();
  readonly #nodes: AnyNode[] = [];
  #source: SourceRange | undefined;
  #depth = 0;

  constructor(rules: RuleSet, f: Func, memory: PassMemory = new PassMemory()) {
    this.#rules = rules;
    this.#function = f;
    this.#known = memory.factsOf(f);
  }

  /** The node that makes `value`; undefined for parameters. */
  definition(value: Value): AnyNode | undefined {
    return this.#definitions.get(value) ?? this.#known.makers.get(value);
  }

  /** The node that makes `value` if it is an `op`. */
  match<P extends PrimitiveName>(value: Value | undefined, op: P): Node<P> | undefined {
    if (value === undefined) return undefined;
    const node = this.definition(value);
    return node?.op === op ? (node as unknown as Node<P>) : undefined;
  }

  /** How many operands and results `value` is; never too few, and at least 1. */
  uses(value: Value): number {
    const before = this.#known.uses.get(value);
    const more = this.#moreUses.get(value);
    return before === undefined && more === undefined ? 1 : (before ?? 0) + (more ?? 0);
  }

  #use(value: Value, times: number): void {
    this.#moreUses.set(value, (this.#moreUses.get(value) ?? 0) + times);
  }

  /** Adds a node that is not the function's own. */
  #add(node: AnyNode): void {
    for (const result of node.results) this.#definitions.set(result, node);
    this.#nodes.push(node);
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
    for (const operand of operands) this.#use(operand, 1);
    this.#add({ op, operands, attributes, results: [result], source: this.#source } as unknown as AnyNode);
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
      const { operands, results } = this.#nodes.pop() as AnyNode;
      for (const operand of operands) this.#use(operand, -1);
      for (const result of results) this.#definitions.delete(result);
    }
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
        if (moved || inside !== node) this.#add(moved ? withOperands(inside, operands) : inside);
        else this.#nodes.push(node);
        continue;
      }
      const result = node.results[0] as Value;
      const simpler = this.#try(node.op as RuntimePrimitiveName, operands, node.attributes as never, result.type);
      if (simpler !== undefined && simpler !== result) {
        replaced.set(result, simpler);
        this.#use(simpler, this.uses(result));
        changed = true;
      } else if (moved) this.#add(withOperands(node, operands));
      else this.#nodes.push(node);
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
  return { ...recursivePass(name, summary, (f, inside, memory) => walk(rules, f, inside, memory)), rules };
}

/** Functions without a node that there is a rule for, or that has a region, need no walk. */
function walk(rules: RuleSet, f: Func, inside: (body: Func) => Func, memory: PassMemory | undefined): Func {
  return f.nodes.some((node) => node.op in rules || hasRegion(node)) ? new Rewriter(rules, f, memory).rewrite(inside) : f;
}

/** One walk that tries the rules of several passes on each node, in their order: the same fixpoint, sooner. */
export function inOneWalk(name: string, list: readonly RewritePass[]): RewritePass {
  const rules = joinedRules(list);
  const run = (f: Func, memory?: PassMemory): Func => {
    const waiting = memory === undefined ? list : list.filter((pass) => !memory.rests(pass.run, f));
    if (waiting.length === 0) return f;
    // Where others rest, those that do not must find something before all are worth a walk.
    if (waiting.length < list.length && memory !== undefined && restTogether(waiting, f, memory)) return f;
    const next = walk(rules, f, (body) => run(body, memory), memory);
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
  const rest = bodies.every((body) => restTogether(waiting, body, memory)) && !new Rewriter(joinedRules(waiting), f, memory).finds();
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
