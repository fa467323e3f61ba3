/** @file `validate` and `evaluate`: reports per task, nothing is updated. */
import type { Model, TracedTask } from '../check/model.ts';
import type { EntryFunction, Value } from '../ir/ir.ts';
import { EntryBuilder } from './entry.ts';
import { reportResult } from './train-names.ts';

/** Results are [tasks], one per report. */
export function evaluateEntry(
  model: Model,
  task: TracedTask,
  reports: readonly string[],
  name: string,
  tasks: number,
  stepState: string | undefined,
): EntryFunction {
  const entry = new EntryBuilder(tasks, stepState);
  const { operands, mapped } = entry.arguments(model, task);
  const values = entry.builder.apply('map_tasks', operands, { body: task.body, mapped, tasks });
  return entry.finish(
    name,
    reports.map((report, index) => ({ name: reportResult(model, report), value: values[index] as Value })),
  );
}
