/** @file Checks a text, for tests: the model, or what was said instead. */
import type { Model } from '../../src/compiler/check/model.ts';
import { checkSource } from '../../src/compiler/compile.ts';
import { printFunction } from '../../src/compiler/ir/print.ts';

/** The model; throws with all messages when the spec has errors. */
export function modelOf(text: string, settings: Readonly<Record<string, string>> = {}): Model {
  const { model, diagnostics } = checkSource({ name: 'spec.meta', text }, { settings: new Map(Object.entries(settings)) });
  if (model === undefined) throw new Error(diagnostics.map(({ code, title }) => `${code} ${title}`).join('\n'));
  return model;
}

export function codesOf(text: string, settings: Readonly<Record<string, string>> = {}): string[] {
  const { diagnostics } = checkSource({ name: 'spec.meta', text }, { settings: new Map(Object.entries(settings)) });
  return diagnostics.map((diagnostic) => diagnostic.code);
}

/** All that a run depends on, without places in the text and without the order of declarations. */
export function meaningOf(model: Model): string {
  const tasks = [...model.train.flatMap((block) => [block.task, ...(block.validate === undefined ? [] : [block.validate.task])])];
  if (model.evaluate !== undefined) tasks.push(model.evaluate.task);
  const weights = model.weights.map(({ name, type, initial, bounds }) => JSON.stringify({ name, type, initial, bounds })).sort();
  const plans = model.train.map(({ name, over, batch, steps, optimiser }) =>
    JSON.stringify([name, [...over].sort(), batch, steps, [...optimiser.settings]]),
  );
  return [...weights, ...plans, ...tasks.map((task) => printFunction(task.body))].join('\n');
}

export const regression = `
tasks sinusoids { amplitude ~ uniform(0.1, 5)  example { x ~ uniform(-5, 5)  y = amplitude * sin(x) }  shots 10  queries 7 }
model net(x) { return x |> dense(20) |> relu |> dense(1) }
adapt fast from net { minimize mse(fast(support.x), support.y)  using sgd(rate: 0.01)  steps 2 }
`;

/** The regression tasks with this loss, in one train block. */
export function withLoss(loss: string, more = ''): string {
  return `${regression}\n${more}\ntrain { minimize ${loss}  using adam(rate: 1e-3)  batch 4  steps 10 }\n`;
}
