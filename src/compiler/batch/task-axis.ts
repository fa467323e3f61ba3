/** @file The task dimension: which operands have it, how to give it to others, how to bring it to the front. */
import type { FunctionBuilder } from '../ir/build.ts';
import type { Value } from '../ir/ir.ts';

export interface Batching {
  /** For each operand, whether it has a leading task dimension. */
  readonly batched: readonly boolean[];
  readonly tasks: number;
}

/** The operand with a leading task dimension: itself, or repeated for every task. */
export function broadcastToTasks(builder: FunctionBuilder, operand: Value, index: number, batching: Batching): Value {
  if (batching.batched[index]) return operand;
  const { shape } = operand.type;
  return builder.broadcast(
    operand,
    [batching.tasks, ...shape],
    shape.map((_, axis) => axis + 1),
  );
}

/** Moves dimension `from` of `operand` to position `to`; the others keep their order. */
export function moveAxis(builder: FunctionBuilder, operand: Value, from: number, to: number): Value {
  const order = operand.type.shape.map((_, axis) => axis).filter((axis) => axis !== from);
  order.splice(to, 0, from);
  return builder.transpose(operand, order);
}
