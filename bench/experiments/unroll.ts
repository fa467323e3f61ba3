/** @file Tasks side by side in one graph instead of batched, for inter-op parallelism. */
import { FunctionBuilder } from '../../src/compiler/ir/build.ts';
import type { Func, Value } from '../../src/compiler/ir/ir.ts';

export function unroll(f: Func): Func {
  const builder = new FunctionBuilder();
  const known = new Map<Value, Value>();
  for (const { name, value } of f.parameters) known.set(value, builder.parameter(name, value.type));
  for (const node of f.nodes) {
    if (node.op !== 'map_tasks') {
      builder.copy(node, known);
      continue;
    }
    const { body, mapped, tasks } = node.attributes;
    const operands = node.operands.map((operand) => known.get(operand) as Value);
    const perTask: (readonly Value[])[] = [];
    for (let task = 0; task < tasks; task++) {
      perTask.push(
        builder.inline(
          body,
          operands.map((operand, index) => {
            if (!mapped[index]) return operand;
            const { shape } = operand.type;
            const start = shape.map((_, axis) => (axis === 0 ? task : 0));
            const limit = shape.map((size, axis) => (axis === 0 ? task + 1 : size));
            const row = builder.emit('slice', [operand], { start, limit, strides: shape.map(() => 1) });
            return builder.reshape(row, shape.slice(1));
          }),
        ),
      );
    }
    node.results.forEach((result, index) => {
      const rows = perTask.map((results) => builder.reshape(results[index] as Value, [1, ...(results[index] as Value).type.shape]));
      known.set(result, builder.emit('concatenate', rows, { dimension: 0 }));
    });
  }
  return builder.finish(f.results.map(({ name, value }) => ({ name, value: known.get(value) as Value })));
}
