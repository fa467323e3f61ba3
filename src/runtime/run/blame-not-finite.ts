/**
 * @file After a loss or a weight stopped being finite: repeats the last steps from a snapshot, finds the call that did it and, with
 * the reference evaluator, the first node whose result is not finite. The node knows its place in the spec.
 */
import { InternalError } from '../../compiler/diagnostics/internal-error.ts';
import { evaluateFunction, type Observer } from '../../compiler/ir/evaluate/evaluate.ts';
import { type HostArray, hostArray } from '../../compiler/ir/host-array.ts';
import type { AnyNode, Func, Program, Value } from '../../compiler/ir/ir.ts';
import { firstNotFinite } from '../checkpoint/checkpoint.ts';
import type { Session, Tensors } from '../engine.ts';
import type { Call } from './calls.ts';
import { entryOf } from './initialize.ts';

export interface Snapshot {
  /** Outer steps completed. */
  readonly step: number;
  /** Finite weights and state. */
  readonly tensors: Tensors;
}

export interface BlameRequest {
  readonly program: Program;
  readonly session: Session;
  readonly snapshot: Snapshot;
  /** Data sets by input name. */
  readonly data: Tensors;
  /** The calls of training from the snapshot's step on. */
  readonly calls: Iterable<Call>;
  readonly floatBytes: 4 | 8;
  /** The search gives up after this many seconds: the reference evaluator is slow. */
  readonly seconds: number;
}

export interface Blame {
  readonly node: AnyNode;
  /** The outer step, from 1. */
  readonly step: number;
}

/** Largest number that rounds to a finite float32. */
const LARGEST_FLOAT32 = 3.4028235677973366e38;

/**
 * Undefined when time runs out, or when float64 stays finite where the engine's arithmetic did not. Leaves the session with other
 * weights than it had.
 */
export async function blameNotFinite(request: BlameRequest): Promise<Blame | undefined> {
  const { program, session, snapshot } = request;
  const deadline = performance.now() + request.seconds * 1000;
  const names = [...program.weights, ...program.state].map(({ name }) => name);
  await session.write(snapshot.tensors);
  let before = snapshot.tensors;
  for (const call of request.calls) {
    if (performance.now() > deadline) return undefined;
    const results = await session.run(call.entry, call.inputs);
    const after = await session.read(names);
    if (firstNotFinite(after) !== undefined || (call.completes && !isFiniteLoss(call, results))) {
      const { body } = entryOf(program, call.entry);
      const known = new Map([...request.data, ...before, ...call.inputs]);
      const limit = request.floatBytes === 4 ? LARGEST_FLOAT32 : Number.MAX_VALUE;
      const node = firstNotFiniteNode(body, argumentsOf(body, known), limit, deadline);
      return node === undefined ? undefined : { node, step: call.step + 1 };
    }
    before = after;
  }
  return undefined;
}

function isFiniteLoss({ plan }: Call, results: Tensors): boolean {
  const loss = plan.metrics[0];
  return loss === undefined || Number.isFinite(results.get(loss)?.data[0] ?? 0);
}

function argumentsOf(body: Func, known: Tensors): readonly HostArray[] {
  return body.parameters.map(({ name, value }) => {
    const tensor = known.get(name);
    if (tensor === undefined) throw new InternalError(`nothing is known of the parameter ${name}`);
    return hostArray(value.type.dtype, value.type.shape, tensor.data);
  });
}

/** Ends the evaluation early; nothing else can stop it. */
class SearchEnded extends Error {
  readonly node: AnyNode | undefined;
  constructor(node: AnyNode | undefined) {
    super('the search ended');
    this.node = node;
  }
}

/**
 * The first node, in execution order, that makes NaN, or an infinity from finite operands. Infinities that a constant brought in
 * (a mask of -infinity) are no fault until they make NaN.
 */
export function firstNotFiniteNode(body: Func, args: readonly HostArray[], limit: number, deadline: number): AnyNode | undefined {
  const infinite = new Set<Value>();
  const observe: Observer = (node, results) => {
    if (performance.now() > deadline) throw new SearchEnded(undefined);
    const worst = results.map((result) => worstOf(result, limit));
    if (worst.includes('nan')) throw new SearchEnded(node);
    if (!worst.includes('infinite')) return;
    const inherited = node.op === 'constant' || node.operands.some((operand) => infinite.has(operand));
    if (!inherited) throw new SearchEnded(node);
    node.results.forEach((value, index) => {
      if (worst[index] === 'infinite') infinite.add(value);
    });
  };
  try {
    evaluateFunction(body, args, observe);
  } catch (error) {
    if (error instanceof SearchEnded) return error.node;
    throw error;
  }
  return undefined;
}

function worstOf({ type, data }: HostArray, limit: number): 'finite' | 'infinite' | 'nan' {
  if (type.dtype !== 'float') return 'finite';
  let worst: 'finite' | 'infinite' = 'finite';
  for (const value of data) {
    if (Number.isNaN(value)) return 'nan';
    if (value > limit || value < -limit) worst = 'infinite';
  }
  return worst;
}
