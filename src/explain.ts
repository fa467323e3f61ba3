/** @file What a spec means, as data: settings in force, weights, reach of the meta-gradient, work of the passes, cost of a step. */
import type { Model, ModelAdaptation, Setting } from './compiler/check/model.ts';
import type { Compilation, PassReport } from './compiler/compile.ts';
import { reach } from './compiler/differentiate/reach.ts';
import type { MemoryFit, Recompute } from './compiler/fit-memory.ts';
import type { EntryFunction, Program } from './compiler/ir/ir.ts';
import type { PrimitiveName } from './compiler/ir/primitives.ts';
import { sizeOf } from './compiler/ir/tensor-type.ts';
import { type Cost, costOf } from './compiler/optimize/cost.ts';

export interface WeightExplanation {
  readonly name: string;
  readonly shape: readonly number[];
  /** As the spec names the sizes: `ways`. */
  readonly dims: readonly string[];
  readonly count: number;
}

/** How the gradient of one train block's loss reaches one weight. */
export interface ReachExplanation {
  readonly block: string;
  readonly weight: string;
  /** Highest order of derivative on the way; 0 when it is not reached. */
  readonly order: number;
  readonly orders: readonly number[];
  /** Why it is not reached; empty when it is. */
  readonly reason: string;
  /** Whether the block's optimiser changes it. */
  readonly trained: boolean;
}

export interface PassExplanation {
  readonly entry: string;
  readonly pass: string;
  /** Nodes in all, and the primitives whose number changed. */
  readonly before: number;
  readonly after: number;
  readonly changes: readonly { readonly primitive: PrimitiveName; readonly before: number; readonly after: number }[];
}

export interface CostExplanation {
  /** A train block, `<block>.validate` or `evaluate`. */
  readonly what: string;
  /** Tasks in all, and in one call. */
  readonly tasks: number;
  readonly chunk: number;
  readonly calls: number;
  /** Arithmetic of all calls. */
  readonly flops: number;
  /** The most memory that one call needs on the engine, data sets included, at 4 bytes a float. */
  readonly peakBytes: number;
}

/** What `memory <= …` led to. */
export interface MemoryExplanation {
  /** Bytes that the process may need. */
  readonly limit: number;
  /** Bytes that it will need at most, by forecast. */
  readonly forecast: number;
  /** The same without the bound. */
  readonly usualForecast: number;
  /** Tasks of a call, with and without the bound. */
  readonly chunk: number;
  readonly usualChunk: number;
  readonly recompute: Recompute;
  /** Arithmetic of a training step (all blocks) over what it is without the bound; of the evaluation where nothing is trained. */
  readonly arithmetic: number;
}

export interface Explanation {
  readonly name: string;
  readonly settings: readonly Setting[];
  readonly weights: readonly WeightExplanation[];
  readonly adaptations: readonly ModelAdaptation[];
  readonly reach: readonly ReachExplanation[];
  readonly passes: readonly PassExplanation[];
  readonly costs: readonly CostExplanation[];
  /** Undefined without a bound. */
  readonly memory: MemoryExplanation | undefined;
  readonly protocol: Readonly<Record<string, string>>;
}

export function explain(compilation: Compilation, model: Model, program: Program): Explanation {
  return {
    name: model.name,
    settings: model.settings,
    weights: model.weights.map(({ name, type, dims }) => ({
      name,
      shape: type.shape,
      dims: dims.map((dim) => dim.text),
      count: sizeOf(type.shape),
    })),
    adaptations: model.adaptations,
    reach: model.train.flatMap((block) => {
      const found = new Map(reach(block.task.body).map((one) => [one.name, one]));
      return model.weights.map(({ name }) => {
        const { order = 0, orders = [], reason = 'the loss does not use it' } = found.get(name) ?? {};
        return { block: block.name, weight: name, order, orders, reason, trained: block.over.includes(name) };
      });
    }),
    passes: compilation.passes.map(explainPass),
    costs: costsOf(program),
    memory: compilation.memory === undefined ? undefined : explainMemory(compilation.memory, program),
    protocol: program.protocol,
  };
}

function explainMemory({ limit, forecast, chunk, recompute, usual }: MemoryFit, program: Program): MemoryExplanation {
  const trained = new Set(program.train.map(({ name }) => name));
  const work = (one: Program): number =>
    costsOf(one)
      .filter(({ what }) => trained.size === 0 || trained.has(what))
      .reduce((sum, { flops }) => sum + flops, 0);
  const arithmetic = work(program) / work(usual.program);
  return { limit, forecast, usualForecast: usual.forecast, chunk, usualChunk: usual.chunk, recompute, arithmetic };
}

function explainPass({ entry, pass, before, after }: PassReport): PassExplanation {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort() as PrimitiveName[];
  const changes = names
    .map((primitive) => ({ primitive, before: before[primitive] ?? 0, after: after[primitive] ?? 0 }))
    .filter((change) => change.before !== change.after);
  const total = (counts: PassReport['before']) => Object.values(counts).reduce((sum, count) => sum + count, 0);
  return { entry, pass, before: total(before), after: total(after), changes };
}

function costsOf(program: Program): CostExplanation[] {
  const entryOf = (name: string): EntryFunction | undefined => program.functions.find((entry) => entry.name === name);
  const repeated = (what: string, tasks: number, name: string): CostExplanation[] => {
    const entry = entryOf(name);
    if (entry === undefined) return [];
    const calls = Math.ceil(tasks / Math.max(1, entry.tasks));
    return [sumOf(what, tasks, entry.tasks, [{ cost: costOf(entry.body), calls }])];
  };
  const costs: CostExplanation[] = [];
  for (const plan of program.train) {
    const once = [plan.apply].flatMap((name) => (name === undefined ? [] : (entryOf(name) ?? [])));
    const main = entryOf(plan.step ?? plan.accumulate ?? '');
    if (main !== undefined) {
      const calls = Math.ceil(plan.batch / Math.max(1, main.tasks));
      const parts = [{ cost: costOf(main.body), calls }, ...once.map((entry) => ({ cost: costOf(entry.body), calls: 1 }))];
      costs.push(sumOf(plan.name, plan.batch, main.tasks, parts));
    }
    if (plan.validate !== undefined) costs.push(...repeated(`${plan.name}.validate`, plan.validate.episodes, plan.validate.entry));
  }
  if (program.evaluate !== undefined) costs.push(...repeated('evaluate', program.evaluate.episodes, program.evaluate.entry));
  return costs;
}

function sumOf(
  what: string,
  tasks: number,
  chunk: number,
  parts: readonly { readonly cost: Cost; readonly calls: number }[],
): CostExplanation {
  return {
    what,
    tasks,
    chunk,
    calls: parts.reduce((sum, part) => sum + part.calls, 0),
    flops: parts.reduce((sum, part) => sum + part.calls * part.cost.flops, 0),
    peakBytes: Math.max(...parts.map((part) => part.cost.peakBytes)),
  };
}
