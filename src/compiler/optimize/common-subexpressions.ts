/** @file Computes equal things once: nodes with the same primitive, operands and attributes, and products that are transposes of one another. */
import type { AnyNode, Node, Value } from '../ir/ir.ts';
import { hasRegion, withRegion } from '../ir/region.ts';
import { withOperands } from '../ir/with-operands.ts';
import { removeDeadNodes } from './dead-code.ts';
import { type Change, recursivePass } from './pass.ts';
import type { PassMemory } from './pass-memory.ts';

const commutative: ReadonlySet<string> = new Set(['add', 'multiply', 'and', 'or']);

/** Nodes by what can be compared without a look at attributes, which are long to write out. */
class Seen {
  readonly #memory: PassMemory | undefined;
  readonly #byOperand = new Map<Value, AnyNode[]>();
  readonly #withoutOperands = new Map<string, AnyNode>();

  constructor(memory: PassMemory | undefined) {
    this.#memory = memory;
  }

  /** The first node that was added and computes the same, if there is one; else adds `node`. */
  earlier(node: AnyNode): AnyNode | undefined {
    const [first, second] = node.operands;
    if (first === undefined) {
      const key = `${node.op} ${this.#textOf(node.attributes)}`;
      const known = this.#withoutOperands.get(key);
      if (known === undefined) this.#withoutOperands.set(key, node);
      return known;
    }
    const known = this.#byOperand.get(first)?.find((other) => this.#same(other, node));
    if (known !== undefined) return known;
    this.#add(first, node);
    // The other way round it is found by its other operand.
    if (second !== undefined && second !== first && commutative.has(node.op)) this.#add(second, node);
    return undefined;
  }

  /** A product that was added, of the same operands in the other order. */
  turned(node: Node<'dot_general'>): Node<'dot_general'> | undefined {
    const [lhs, rhs] = node.operands as readonly [Value, Value];
    const { lhsBatch, rhsBatch, lhsContract, rhsContract } = node.attributes;
    const isTurned = (other: AnyNode): other is Node<'dot_general'> =>
      other.op === 'dot_general' &&
      other.operands[1] === lhs &&
      other.attributes.lhsBatch.join() === rhsBatch.join() &&
      other.attributes.rhsBatch.join() === lhsBatch.join() &&
      other.attributes.lhsContract.join() === rhsContract.join() &&
      other.attributes.rhsContract.join() === lhsContract.join();
    return lhs === rhs ? undefined : this.#byOperand.get(rhs)?.find(isTurned);
  }

  #add(operand: Value, node: AnyNode): void {
    const known = this.#byOperand.get(operand);
    if (known === undefined) this.#byOperand.set(operand, [node]);
    else known.push(node);
  }

  #same(one: AnyNode, other: AnyNode): boolean {
    if (one.op !== other.op || one.operands.length !== other.operands.length) return false;
    const straight = one.operands.every((operand, index) => operand === other.operands[index]);
    const turned = !straight && commutative.has(one.op) && one.operands[0] === other.operands[1] && one.operands[1] === other.operands[0];
    if (!straight && !turned) return false;
    return one.attributes === other.attributes || this.#textOf(one.attributes) === this.#textOf(other.attributes);
  }

  #textOf(attributes: object): string {
    return this.#memory === undefined ? JSON.stringify(attributes) : this.#memory.textOf(attributes);
  }
}

/** Sums of fewer products are as soon made again as transposed. */
const SHORTEST_SUM = 8;

/** The product `node` from one of its operands in the other order; undefined where that is not known, or not worth it. */
function transposeOf(node: Node<'dot_general'>, seen: Seen): AnyNode | undefined {
  const { lhsBatch, rhsContract } = node.attributes;
  const [lhs, rhs] = node.operands as readonly [Value, Value];
  const summed = rhsContract.reduce((size, axis) => size * (rhs.type.shape[axis] as number), 1);
  const other = summed < SHORTEST_SUM ? undefined : seen.turned(node);
  if (other === undefined) return undefined;
  const free = (operand: Value): number => operand.type.shape.length - lhsBatch.length - rhsContract.length;
  const axes = (from: number, count: number): number[] => Array.from({ length: count }, (_, index) => from + index);
  const batch = lhsBatch.length;
  const permutation = [...axes(0, batch), ...axes(batch + free(rhs), free(lhs)), ...axes(batch, free(rhs))];
  const { results, source } = node;
  return { op: 'transpose', operands: [other.results[0] as Value], attributes: { permutation }, results, source };
}

const change: Change = (f, inside, memory) => {
  const seen = new Seen(memory);
  const replaced = new Map<Value, Value>();
  const nodes: AnyNode[] = [];
  let changed = false;
  for (const node of f.nodes) {
    const moved = replaced.size > 0 && node.operands.some((operand) => replaced.has(operand));
    const operands = moved ? node.operands.map((operand) => replaced.get(operand) ?? operand) : node.operands;
    if (hasRegion(node)) {
      const smaller = withRegion(node, inside(node.attributes.body));
      if (smaller !== node) changed = true;
      nodes.push(moved ? withOperands(smaller, operands) : smaller);
      continue;
    }
    const same = moved ? withOperands(node, operands) : node;
    const transpose = same.op === 'dot_general' ? transposeOf(same, seen) : undefined;
    if (transpose !== undefined) changed = true;
    const kept = transpose ?? same;
    const earlier = seen.earlier(kept);
    if (earlier === undefined) {
      nodes.push(kept);
      continue;
    }
    node.results.forEach((result, index) => {
      replaced.set(result, earlier.results[index] as Value);
    });
    changed = true;
  }
  if (!changed) return f;
  const results = f.results.map(({ name, value }) => ({ name, value: replaced.get(value) ?? value }));
  return removeDeadNodes({ parameters: f.parameters, nodes, results });
};

export const commonSubexpressions = recursivePass(
  'common-subexpressions',
  'computes nodes with the same primitive, operands and attributes once',
  change,
);
