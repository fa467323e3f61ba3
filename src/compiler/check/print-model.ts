/** @file The checked model as text: settings, weights, states, tasks, adaptations, and the traced work for one task of each block. */
import { printFunction } from '../ir/print.ts';
import { printType } from '../ir/tensor-type.ts';
import type { Initializer } from './meaning.ts';
import type { Model, TracedTask } from './model.ts';

/** Ends with a newline. */
export function printModel(model: Model): string {
  const lines = [
    `model ${model.name}`,
    ...model.settings.map(({ name, value, origin }) => `setting ${name} = ${value} (${origin})`),
    ...(model.memory === undefined ? [] : [`memory <= ${model.memory.bytes}`]),
    ...model.weights.map(({ name, type, dims, initial, bounds }) => {
      const names = dims.map((dim) => dim.text).join(', ');
      const inside = bounds === undefined ? '' : ` in [${bounds.join(', ')}]`;
      return `weight ${name}: ${printType(type)} (${names}) = ${printInitializer(initial)}${inside}`;
    }),
    ...model.states.map(({ name, type, initial }) => `state ${name}: ${printType(type)} = ${initial}`),
    ...model.sources.map((source) => `tasks ${JSON.stringify(source)}`),
    ...model.adaptations.map(({ name, from, steps, order, optimiser, adapts }) => {
      return `adapt ${name} from ${from}: ${steps} steps of ${optimiser}, ${order}, over ${adapts.join(', ')}`;
    }),
    ...[...model.protocol].map(([key, value]) => `protocol ${key}: ${value}`),
  ];
  for (const block of model.train) {
    const goal = block.maximize ? 'maximize' : 'minimize';
    const over = block.over.join(', ');
    lines.push('', `${block.name}: ${goal}, ${block.steps} steps of ${block.batch} tasks, ${block.optimiser.name}, over ${over}`);
    lines.push(printTask(block.task, block.name));
    if (block.validate !== undefined) {
      const { every, episodes, keep, task } = block.validate;
      const best = keep === undefined ? '' : `, keep ${keep.best} ${keep.metric}`;
      lines.push(`${block.name}.validate: every ${every} steps, ${episodes} episodes${best}`, printTask(task, `${block.name}.validate`));
    }
  }
  if (model.evaluate !== undefined) {
    lines.push('', `evaluate: ${model.evaluate.episodes} episodes`, printTask(model.evaluate.task, 'evaluate'));
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

function printTask(task: TracedTask, name: string): string {
  const bindings = [...task.bindings].map(([parameter, binding]) => `  ${parameter} is ${JSON.stringify(binding)}`);
  const episodes = task.episodes.map((shape) => `  episode ${JSON.stringify(shape)}`);
  return [...episodes, ...bindings, printFunction(task.body, name)].join('\n');
}

function printInitializer({ distribution, offset, scale }: Initializer): string {
  return distribution === 'constant' ? String(offset) : `${distribution} * ${scale} + ${offset}`;
}
