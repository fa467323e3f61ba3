/** @file Resident data sets with the rows that they really have: the checker traces them with one, since no data is read for a spec with errors. */
import type { Model, TracedTask } from '../check/model.ts';
import { InternalError } from '../diagnostics/internal-error.ts';
import type { Value } from '../ir/ir.ts';
import { tensorType } from '../ir/tensor-type.ts';

/** @param rows of the resident data set of each tasks block, where they are known. */
export function withDataRows(model: Model, rows: ReadonlyMap<string, number>): Model {
  if (rows.size === 0) return model;
  const train = model.train.map((block) => ({
    ...block,
    task: withRows(block.task, rows),
    validate: block.validate === undefined ? undefined : { ...block.validate, task: withRows(block.validate.task, rows) },
  }));
  const evaluate = model.evaluate === undefined ? undefined : { ...model.evaluate, task: withRows(model.evaluate.task, rows) };
  return { ...model, train, evaluate };
}

function withRows(task: TracedTask, rows: ReadonlyMap<string, number>): TracedTask {
  const sized = new Map<Value, Value>();
  const parameters = task.body.parameters.map((parameter) => {
    const binding = task.bindings.get(parameter.name);
    const count = binding?.kind === 'data' ? rows.get(binding.tasks) : undefined;
    if (count === undefined) return parameter;
    const { dtype, shape } = parameter.value.type;
    const value: Value = { type: tensorType(dtype, [count, ...shape.slice(1)]) };
    sized.set(parameter.value, value);
    return { ...parameter, value };
  });
  const nodes = task.body.nodes.map((node) => {
    if (!node.operands.some((operand) => sized.has(operand))) return node;
    // Of all others, the type of the result would follow.
    if (node.op !== 'gather') throw new InternalError(`a data set is an operand of ${node.op}`);
    return { ...node, operands: node.operands.map((operand) => sized.get(operand) ?? operand) };
  });
  return { ...task, body: { ...task.body, parameters, nodes } };
}
