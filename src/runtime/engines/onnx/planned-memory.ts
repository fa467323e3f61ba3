/**
 * @file What ONNX Runtime allocates for one call of a function. It plans before it runs: nodes in the order of a depth-first walk back from
 * the results, and for each value a buffer of its own, or one of the very same shape that nothing needs any more. A buffer is given back
 * after the last value that it was planned for, so it is held in between too (allocation planner and reverse depth-first order of ONNX Runtime 1.30,
 * checked against allocations that were counted: bench/NOTES.md).
 */
import type { AnyNode, Func, Value } from '../../../compiler/ir/ir.ts';
import { bytesOf, type TensorType } from '../../../compiler/ir/tensor-type.ts';

interface Buffer {
  readonly key: string;
  readonly bytes: number;
  readonly first: number;
  last: number;
  /** Uses that are to come of the values in it. */
  uses: number;
}

/** Bytes of all buffers that are held at once, at most; parameters are not counted. */
export function plannedBytes(f: Func): number {
  const order = executionOrder(f);
  const uses = new Map<Value, number>();
  for (const node of order) for (const operand of node.operands) uses.set(operand, (uses.get(operand) ?? 0) + 1);
  // What the caller gets is never free.
  for (const { value } of f.results) uses.set(value, Number.POSITIVE_INFINITY);
  const places = new Map<Value, Buffer>();
  const buffers: Buffer[] = [];
  const free: Buffer[] = [];
  const inside = order.map(bytesInside);
  order.forEach((node, at) => {
    for (const result of node.results) {
      const shared = sharesOperand(node) ? places.get(node.operands[0] as Value) : undefined;
      if (sharesOperand(node) && shared === undefined) continue;
      if (node.op === 'constant') continue;
      const buffer = shared ?? taken(free, buffers, result.type, at);
      buffer.uses += uses.get(result) ?? 0;
      buffer.last = at;
      places.set(result, buffer);
    }
    for (const operand of node.operands) {
      const buffer = places.get(operand);
      if (buffer === undefined) continue;
      buffer.uses--;
      buffer.last = at;
      if (buffer.uses === 0) free.unshift(buffer);
    }
  });
  return mostAtOnce(buffers, inside);
}

/** A buffer of this very shape that is free, or a new one. */
function taken(free: Buffer[], buffers: Buffer[], type: TensorType, at: number): Buffer {
  const key = `${type.dtype} ${type.shape.join(' ')}`;
  const found = free.findIndex((buffer) => buffer.key === key);
  if (found >= 0) return free.splice(found, 1)[0] as Buffer;
  const buffer: Buffer = { key, bytes: bytesOf(type), first: at, last: at, uses: 0 };
  buffers.push(buffer);
  return buffer;
}

function mostAtOnce(buffers: readonly Buffer[], inside: readonly number[]): number {
  const changes = new Float64Array(inside.length + 1);
  for (const { bytes, first, last } of buffers) {
    changes[first] = (changes[first] as number) + bytes;
    changes[last + 1] = (changes[last + 1] as number) - bytes;
  }
  let held = 0;
  let most = 0;
  inside.forEach((during, at) => {
    held += changes[at] as number;
    most = Math.max(most, held + during);
  });
  return most;
}

/** Views, and what engines repeat on the fly. */
function sharesOperand({ op }: AnyNode): boolean {
  return op === 'reshape' || op === 'broadcast_in_dim' || op === 'stop_gradient';
}

/** What a step of a recurrence needs besides what it is given. */
function bytesInside(node: AnyNode): number {
  if (node.op !== 'scan') return 0;
  const { body, carries } = node.attributes;
  const carried = body.results.slice(0, carries).reduce((sum, { value }) => sum + bytesOf(value.type), 0);
  return plannedBytes(body) + carried;
}

/** Depth first from the results back, what comes later in the function first. */
function executionOrder(f: Func): readonly AnyNode[] {
  const maker = new Map<Value, number>();
  f.nodes.forEach((node, index) => {
    for (const result of node.results) maker.set(result, index);
  });
  const needs = f.nodes.map((node) => {
    const before = node.operands.flatMap((operand) => maker.get(operand) ?? []);
    return [...new Set(before)].toSorted((left, right) => left - right);
  });
  const used = new Set(needs.flat());
  const waiting = f.nodes.flatMap((_, index) => (used.has(index) ? [] : [{ index, left: false }]));
  const seen = new Set<number>();
  const order: AnyNode[] = [];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { index, left } = next;
    if (left) order.push(f.nodes[index] as AnyNode);
    else if (!seen.has(index)) {
      seen.add(index);
      waiting.push({ index, left: true });
      for (const before of needs[index] as readonly number[]) if (!seen.has(before)) waiting.push({ index: before, left: false });
    }
  }
  return order;
}
