/** @file Turns a finished trace into a closed function: readable parameter names, nothing that no result needs. */
import type { AnyNode, Func, Result, Value } from '../ir/ir.ts';
import type { Binding, TracedTask } from './model.ts';
import type { Trace } from './trace.ts';

/** `names`: final names of weights and states by key. Episode sizes are those of the tasks blocks that the results use. */
export function finishTrace(
  trace: Trace,
  results: readonly Result[],
  names: ReadonlyMap<string, string>,
  tasks: readonly string[],
): TracedTask {
  const updates = [...trace.updates].map(([key, value]): Result => ({ name: names.get(key) ?? key, value }));
  const whole = trace.root.finish([...results, ...updates]);
  const live = new Set<Value>(whole.results.map((result) => result.value));
  const nodes: AnyNode[] = [];
  for (const node of [...whole.nodes].reverse()) {
    if (!node.results.some((result) => live.has(result))) continue;
    for (const operand of node.operands) live.add(operand);
    nodes.push(node);
  }
  const bindings = new Map<string, Binding>();
  const parameters = whole.parameters
    .filter((parameter) => live.has(parameter.value))
    .map(({ name, value }) => {
      const final = names.get(name) ?? name;
      bindings.set(final, trace.bindings.get(name) as Binding);
      return { name: final, value };
    });
  const body: Func = { parameters, nodes: nodes.reverse(), results: whole.results };
  return { body, bindings, episodes: tasks.map((name) => trace.episode(name)), updatedStates: updates.map((update) => update.name) };
}
