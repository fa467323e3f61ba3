/**
 * @file Products with a table that all tasks share and each has updated: `X (W - A B) = X W - (X A) B`. After one step of gradient descent an adapted
 * weight is such a table (Finn et al. 2017, equation 1: the gradient is a product over the few examples), so `X W` becomes one large product for all
 * tasks, and the tables of the tasks are never made.
 */
import type { AnyNode, Func, Node, Value } from '../ir/ir.ts';
import { sizeOf } from '../ir/tensor-type.ts';
import { splatIn } from './operands.ts';
import { recursivePass } from './pass.ts';
import { PassMemory } from './pass-memory.ts';
import { type Chain, cheaperOrder, multiplied } from './product-chains.ts';
import { Rewriter, type Rule } from './rewriter.ts';

type Dot = Node<'dot_general'>;

/** `shared + update`, `shared - update` or `update - shared`; the update may be multiplied by a number. */
interface Table {
  readonly op: 'add' | 'subtract';
  readonly shared: Value;
  readonly update: Dot;
  readonly factor: number | undefined;
  /** Place of the update among the operands. */
  readonly updateIndex: 0 | 1;
}

/** Multiplications that take as long as to write an element of a table, and to read it again. */
const ELEMENT = 16;

/** The tables of which every use is a product, and which cost more than they save. */
function tablesOf(f: Func, memory: PassMemory): ReadonlyMap<Value, Table> {
  const { makers, uses } = memory.factsOf(f);
  const tables = new Map<Value, Table>();
  for (const node of f.nodes) {
    const table = tableOf(node, makers, uses);
    if (table !== undefined) tables.set(node.results[0] as Value, table);
  }
  if (tables.size === 0) return tables;
  const products = new Map<Value, Dot[]>();
  for (const node of f.nodes) {
    if (node.op !== 'dot_general') continue;
    for (const operand of node.operands) if (tables.has(operand)) products.set(operand, [...(products.get(operand) ?? []), node]);
  }
  return new Map([...tables].filter(([value, table]) => isWorthwhile(value, table, products.get(value) ?? [], uses.get(value) ?? 0)));
}

function tableOf(node: AnyNode, makers: ReadonlyMap<Value, AnyNode>, uses: ReadonlyMap<Value, number>): Table | undefined {
  if (node.op !== 'add' && node.op !== 'subtract') return undefined;
  for (const updateIndex of [0, 1] as const) {
    const { update, factor } = updateOf(node.operands[updateIndex] as Value, makers, uses);
    const shared = node.operands[1 - updateIndex] as Value;
    const repeated = makers.get(shared);
    if (update === undefined || repeated?.op !== 'broadcast_in_dim') continue;
    // Repeated for each task: along what the update has for each.
    const { dimensions } = repeated.attributes;
    const batch = update.attributes.lhsBatch.length;
    if (batch > 0 && dimensions.every((axis) => axis >= batch)) return { op: node.op, shared, update, factor, updateIndex };
  }
  return undefined;
}

/** The product that nobody else uses, as it is or times a number. */
function updateOf(
  value: Value,
  makers: ReadonlyMap<Value, AnyNode>,
  uses: ReadonlyMap<Value, number>,
): { readonly update?: Dot; readonly factor?: number } {
  const node = uses.get(value) === 1 ? makers.get(value) : undefined;
  if (node?.op === 'dot_general') return { update: node };
  if (node?.op !== 'multiply') return {};
  for (const side of [0, 1] as const) {
    const product = node.operands[side] as Value;
    const update = uses.get(product) === 1 ? makers.get(product) : undefined;
    const factor = splatIn(makers.get(node.operands[1 - side] as Value));
    if (update?.op === 'dot_general' && factor !== undefined) return { update, factor };
  }
  return {};
}

function isWorthwhile(value: Value, { update }: Table, products: readonly Dot[], uses: number): boolean {
  if (products.length !== uses || value.type.shape.includes(0)) return false;
  const chains = products.map((dot) => chainOf(dot, value, update));
  if (!chains.every((chain) => chain !== undefined)) return false;
  const [lhs] = update.operands as readonly [Value, Value];
  const inner = sizeOf(update.attributes.lhsContract.map((axis) => lhs.type.shape[axis] as number));
  const saved = sizeOf(value.type.shape) * (inner + ELEMENT);
  return chains.reduce((sum, { arithmetic }) => sum + arithmetic, 0) <= saved;
}

function chainOf(dot: Dot, table: Value, update: Dot): Chain | undefined {
  return dot.operands[0] === dot.operands[1] ? undefined : cheaperOrder(dot, dot.operands[0] === table ? 0 : 1, update);
}

function dotWith(tables: ReadonlyMap<Value, Table>): Rule<'dot_general'> {
  return (operands, attributes, graph, { shape }) => {
    const side = tables.has(operands[0] as Value) ? 0 : 1;
    const value = operands[side] as Value;
    const table = tables.get(value);
    if (table === undefined) return undefined;
    const chain = chainOf({ op: 'dot_general', operands, attributes, results: [], source: undefined }, value, table.update);
    if (chain === undefined) return undefined;
    const shared = graph.emit(
      'dot_general',
      side === 0 ? [table.shared, operands[1] as Value] : [operands[0] as Value, table.shared],
      attributes,
    );
    const product = multiplied(graph, chain, shape);
    const updates = table.factor === undefined ? product : graph.emit('multiply', [product, graph.constant(table.factor, shape)], {});
    return graph.emit(table.op, table.updateIndex === 0 ? [updates, shared] : [shared, updates], {});
  };
}

export const updatedTables = recursivePass(
  'updated-tables',
  'multiplies by a shared table and by its update for each task, not by a table for each task',
  (f, inside, memory = new PassMemory()) => {
    const tables = tablesOf(f, memory);
    return new Rewriter(tables.size === 0 ? {} : { dot_general: dotWith(tables) }, f, memory).rewrite(inside);
  },
);
