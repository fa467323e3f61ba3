/**
 * @file Replaces `map_tasks` by nodes that work on all tasks at once (vectorisation, as `vmap` in JAX). Comes after `differentiate`.
 * What does not depend on the task is computed once.
 */
import { FunctionBuilder, lookUp } from '../ir/build.ts';
import type { AnyNode, Func, Node, Value } from '../ir/ir.ts';
import type { Attributes, PrimitiveName } from '../ir/primitives.ts';
import { type BatchingRule, batchingRules } from './batching-rules.ts';
import { broadcastToTasks } from './task-axis.ts';

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
  const saved = builder.source;
  for (const node of body.nodes) {
    const inputs = node.operands.map((operand) => lookUp(known, operand));
    const batched = inputs.map((operand) => batchedValues.has(operand));
    if (!batched.includes(true)) {
      builder.copy(node, known);
      continue;
    }
    builder.source = node.source ?? saved;
    const result = applyRule(builder, node as Node, inputs, batched, tasks);
    known.set(node.results[0] as Value, result);
    batchedValues.add(result);
  }
  builder.source = saved;
  return body.results.map(({ value }) => {
    const result = lookUp(known, value);
    return broadcastToTasks(builder, result, 0, { batched: [batchedValues.has(result)], tasks });
  });
}

/** `f` without `map_tasks`, inside or out; `f` itself when it has none. */
export function batch(f: Func): Func {
  if (!f.nodes.some((node: AnyNode) => node.op === 'map_tasks')) return f;
  const builder = new FunctionBuilder();
  const known = new Map<Value, Value>();
  for (const parameter of f.parameters) known.set(parameter.value, builder.parameter(parameter.name, parameter.value.type));
  for (const node of f.nodes) {
    if (node.op !== 'map_tasks') {
      builder.copy(node, known);
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
