/**
 * @file Replaces `map_tasks` by nodes that work on all tasks at once (vectorisation, as `vmap` in JAX). Comes after `differentiate`.
 * What does not depend on the task is computed once.
 */
import { FunctionBuilder, lookUp } from '../ir/build.ts';
import type { AnyNode, Func, Node, Value } from '../ir/ir.ts';
import type { Attributes, PrimitiveName } from '../ir/primitives.ts';
import { hasRegion, withRegion } from '../ir/region.ts';
import { type BatchingRule, batchingRules } from './batching-rules.ts';
import { broadcastToTasks, moveAxis } from './task-axis.ts';

function applyRule<P extends PrimitiveName>(
  builder: FunctionBuilder,
  node: Node<P>,
  operands: readonly Value[],
  batched: readonly boolean[],
  tasks: number,
): Value {
  const rule: BatchingRule<P> = batchingRules[node.op];
  return rule(builder, operands, { batched, tasks }, node.attributes);
}

/** One task needs no task dimension: the body runs as it is, between two reshapes. */
function runOnce(builder: FunctionBuilder, operands: readonly Value[], { body, mapped }: Attributes['map_tasks']): readonly Value[] {
  const single = operands.map((operand, index) => (mapped[index] ? builder.reshape(operand, operand.type.shape.slice(1)) : operand));
  return builder.inline(body, single).map((result) => builder.reshape(result, [1, ...result.type.shape]));
}

/** Results of all tasks, each with a leading task dimension. */
function expand(builder: FunctionBuilder, operands: readonly Value[], attributes: Attributes['map_tasks']): readonly Value[] {
  const { mapped, tasks } = attributes;
  const body = batch(attributes.body);
  if (tasks === 1) return runOnce(builder, operands, { ...attributes, body });
  const known = new Map<Value, Value>();
  const batchedValues = new Set<Value>();
  body.parameters.forEach((parameter, index) => {
    const operand = operands[index] as Value;
    known.set(parameter.value, operand);
    if (mapped[index]) batchedValues.add(operand);
  });
  // An operand that is passed twice, once mapped and once not, has two meanings: the unmapped one gets a value of its own.
  body.parameters.forEach((parameter, index) => {
    const operand = operands[index] as Value;
    if (!mapped[index] && batchedValues.has(operand))
      known.set(parameter.value, builder.emit('reshape', [operand], { shape: operand.type.shape }));
  });
  runForTasks(builder, body.nodes, { known, batched: batchedValues, tasks });
  return body.results.map(({ value }) => {
    const result = lookUp(known, value);
    return broadcastToTasks(builder, result, 0, { batched: [batchedValues.has(result)], tasks });
  });
}

/** What is known of the values of a function that runs for all tasks at once. */
interface TaskValues {
  /** Value of one task's function -> value for all tasks. */
  readonly known: Map<Value, Value>;
  /** Those for all tasks that have a leading task dimension. */
  readonly batched: Set<Value>;
  readonly tasks: number;
}

/** Adds nodes that do for all tasks what `nodes` do for one. What does not depend on the task is copied as it is. */
function runForTasks(builder: FunctionBuilder, nodes: readonly AnyNode[], values: TaskValues): void {
  const { known, batched, tasks } = values;
  const saved = builder.source;
  for (const node of nodes) {
    const operands = node.operands.map((operand) => lookUp(known, operand));
    const onOperands = operands.map((operand) => batched.has(operand));
    if (!onOperands.includes(true)) {
      builder.copy(node, known);
      continue;
    }
    builder.source = node.source ?? saved;
    if (node.op === 'scan') {
      scanForTasks(builder, node, operands, values);
      continue;
    }
    const result = applyRule(builder, node as Node, operands, onOperands, tasks);
    known.set(node.results[0] as Value, result);
    batched.add(result);
  }
  builder.source = saved;
}

/** A scan whose body runs for all tasks. Carries that do not depend on the task stay unbatched, as does what every step gets whole. */
function scanForTasks(
  builder: FunctionBuilder,
  node: Node<'scan'>,
  operands: readonly Value[],
  { known, batched, tasks }: TaskValues,
): void {
  const { carries, sequences } = node.attributes;
  const flags = operands.map((operand) => batched.has(operand));
  const { body, results } = bodyForTasks(node, flags, tasks);
  const args = operands.map((operand, index) => {
    if (index < carries) return flags[index] ? broadcastToTasks(builder, operand, 0, { batched: [batched.has(operand)], tasks }) : operand;
    // A step's slice has all tasks: the dimension of the steps comes first.
    return index < carries + sequences && batched.has(operand) ? moveAxis(builder, operand, 0, 1) : operand;
  });
  builder.apply('scan', args, { ...node.attributes, body }).forEach((result, index) => {
    const value = results[index] && index >= carries ? moveAxis(builder, result, 1, 0) : result;
    known.set(node.results[index] as Value, value);
    if (results[index]) batched.add(value);
  });
}

/** Marks in `flags` the carries that become dependent on the task, and says which results of the body do. */
function bodyForTasks(node: Node<'scan'>, flags: boolean[], tasks: number): { readonly body: Func; readonly results: readonly boolean[] } {
  const body = batch(node.attributes.body);
  const { carries } = node.attributes;
  for (;;) {
    const builder = new FunctionBuilder();
    const known = new Map<Value, Value>();
    const batched = new Set<Value>();
    body.parameters.forEach(({ name, value: { type }, value }, index) => {
      const parameter = builder.parameter(name, flags[index] ? { dtype: type.dtype, shape: [tasks, ...type.shape] } : type);
      known.set(value, parameter);
      if (flags[index]) batched.add(parameter);
    });
    runForTasks(builder, body.nodes, { known, batched, tasks });
    const found = body.results.map(({ name, value }) => ({ name, value: lookUp(known, value) }));
    const results = found.map(({ value }) => batched.has(value));
    const late = results.findIndex((isBatched, index) => isBatched && index < carries && !flags[index]);
    if (late < 0) {
      const whole = found.map(({ name, value }, index) => {
        const isTasks = flags[index] === true && index < carries;
        return { name, value: isTasks ? broadcastToTasks(builder, value, 0, { batched: [results[index] === true], tasks }) : value };
      });
      return {
        body: builder.finish(whole),
        results: results.map((isBatched, index) => isBatched || (index < carries && flags[index] === true)),
      };
    }
    for (let index = late; index < carries; index++) if (results[index]) flags[index] = true;
  }
}

/** `f` without `map_tasks`, inside or out; `f` itself when it has none. */
export function batch(f: Func): Func {
  if (!containsMapTasks(f)) return f;
  const builder = new FunctionBuilder();
  const known = new Map<Value, Value>();
  for (const parameter of f.parameters) known.set(parameter.value, builder.parameter(parameter.name, parameter.value.type));
  for (const node of f.nodes) {
    if (node.op !== 'map_tasks') {
      builder.copy(hasRegion(node) ? withRegion(node, batch(node.attributes.body)) : node, known);
      continue;
    }
    builder.source = node.source;
    const results = expand(
      builder,
      node.operands.map((operand) => lookUp(known, operand)),
      node.attributes,
    );
    node.results.forEach((result, index) => {
      known.set(result, results[index] as Value);
    });
  }
  return builder.finish(f.results.map(({ name, value }) => ({ name, value: lookUp(known, value) })));
}

function containsMapTasks(f: Func): boolean {
  return f.nodes.some((node) => node.op === 'map_tasks' || (hasRegion(node) && containsMapTasks(node.attributes.body)));
}
