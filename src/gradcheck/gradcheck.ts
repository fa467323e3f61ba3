/** @file Compares compiled meta-gradients with finite differences in float64. */
import type { Model } from '../compiler/check/model.ts';
import { checkSource } from '../compiler/compile.ts';
import type { Diagnostic } from '../compiler/diagnostics/diagnostic.ts';
import { InternalError, LimitationError } from '../compiler/diagnostics/internal-error.ts';
import type { SourceFile } from '../compiler/diagnostics/source-file.ts';
import { evaluateFunction } from '../compiler/ir/evaluate/evaluate.ts';
import { allocate, type HostArray } from '../compiler/ir/host-array.ts';
import type { EntryFunction, Func, Program, TrainPlan } from '../compiler/ir/ir.ts';
import { sizeOf } from '../compiler/ir/tensor-type.ts';
import { optimize } from '../compiler/optimize/pipeline.ts';
import { StageRecorder } from '../compiler/print-stage.ts';
import { type PrepareOptions, prepare } from '../prepare.ts';
import type { ResidentImages } from '../runtime/data/resident.ts';
import { InputSampler } from '../runtime/episodes/sampler.ts';
import { fillNormal, fillUniform, SHARED_TASK, streamKey } from '../runtime/random/stream.ts';
import { dataTensors, initialState, initialWeights } from '../runtime/run/initialize.ts';
import type { Tensor } from '../runtime/tensor.ts';
import { bestDifference } from './finite-differences.ts';
import { freezeStops } from './freeze-stops.ts';
import { VaryingPart } from './varying-part.ts';

export interface GradcheckOptions extends PrepareOptions {
  readonly seed?: number;
  /** Entries of each weight; the entry with the largest gradient is always one of them. Infinity for all. Default 3. */
  readonly entries?: number;
  /** Tasks; default 2. */
  readonly batch?: number;
  readonly progress?: (weight: string, done: number, total: number) => void;
}

export interface WeightCheck {
  readonly block: string;
  readonly weight: string;
  readonly entries: number;
  readonly of: number;
  /** Over the entries that were checked. */
  readonly largestError: number;
  /** Of the entry with the largest error. */
  readonly compiled: number;
  readonly differences: number;
  readonly passed: boolean;
  /** False where differences disagree with the gradient and, at any two distances, with each other too: they cannot tell whether it is right. */
  readonly settled: boolean;
}

export interface Gradcheck {
  readonly diagnostics: readonly Diagnostic[];
  /** Sizes that were made smaller for the check, as settings. */
  readonly reduced: ReadonlyMap<string, string>;
  /** How each `adapt` with an implicit gradient solves its equations. The check goes on until they are solved. */
  readonly solvers: ReadonlyMap<string, string>;
  readonly tolerance: number;
  readonly checks: readonly WeightCheck[];
}

/** Central differences in float64 reach 1e-8 where the loss is smooth; a wrong rule is off by far more than this. */
export const GRADCHECK_TOLERANCE = 1e-5;

/** Enough for every term of a loss (two classes make batch norm of one place degenerate), few enough for plain TypeScript. */
const MOST_WAYS = 3;
/** Images a class. */
const MOST_SHOTS = 1;

/** A spec with errors gives diagnostics and no checks. Throws LimitationError when nothing is trained. */
export async function gradcheck(source: SourceFile, options: GradcheckOptions = {}): Promise<Gradcheck> {
  const { model, diagnostics } = checkSource(source, options);
  const empty = new Map<string, string>();
  const none = { diagnostics, reduced: empty, solvers: empty, tolerance: GRADCHECK_TOLERANCE, checks: [] };
  if (model === undefined) return none;
  if (model.train.length === 0) throw new LimitationError(`${model.name} has no \`train\` block: there is no meta-gradient to check`);
  const reduced = reductions(source, model, options);
  const recorder = new StageRecorder('batched');
  const settings = new Map([...reduced, ...(options.settings ?? [])]);
  const tasks = options.batch ?? 2;
  // A batch of two chunks makes the compiler write the gradient itself into accumulators, before any optimiser sees it.
  for (const block of model.train) settings.set(`${block.name}.batch`, String(2 * tasks));
  const { compilation, images } = await prepare(source, {
    ...options,
    settings,
    chunk: tasks,
    exactRoots: true,
    observe: recorder.observe,
  });
  const batched = recorder.programAfter(compilation.program);
  if (compilation.program === undefined || compilation.model === undefined || batched === undefined) {
    return { ...none, diagnostics: compilation.diagnostics };
  }
  const bounds = new Map(compilation.model.weights.map((weight) => [weight.name, weight.bounds]));
  const checks: WeightCheck[] = [];
  for (const plan of compilation.program.train) {
    const maximize = compilation.model.train.find((block) => block.name === plan.name)?.maximize === true;
    checks.push(...checkPlan({ program: compilation.program, batched, plan, images, bounds, maximize, options }));
  }
  const solvers = new Map(model.adaptations.flatMap(({ name, solver }) => (solver === undefined ? [] : [[name, solver] as const])));
  return { diagnostics: compilation.diagnostics, reduced, solvers, tolerance: GRADCHECK_TOLERANCE, checks };
}

/** Smaller episodes of images, unless the caller set them, or the spec is wrong with them: it may cut a set into so many parts. */
function reductions(source: SourceFile, model: Model, options: GradcheckOptions): ReadonlyMap<string, string> {
  const { settings } = options;
  if (!model.sources.some((source) => source.kind === 'images')) return new Map();
  const most: Readonly<Record<string, number>> = { ways: MOST_WAYS, shots: MOST_SHOTS, queries: MOST_SHOTS };
  const reduced = new Map<string, string>();
  for (const { name, value } of model.settings) {
    const limit = most[name.split('.').at(-1) ?? ''];
    if (limit !== undefined && name.includes('.') && Number(value) > limit && settings?.has(name) !== true)
      reduced.set(name, String(limit));
  }
  const fits = (some: ReadonlyMap<string, string>): boolean =>
    checkSource(source, { ...options, settings: new Map([...some, ...(settings ?? [])]) }).model !== undefined;
  if (fits(reduced)) return reduced;
  const kept = new Map<string, string>();
  for (const [name, value] of reduced) {
    kept.set(name, value);
    if (!fits(kept)) kept.delete(name);
  }
  return kept;
}

interface PlanCheck {
  readonly program: Program;
  /** The program before the optimiser, which still says where gradients are stopped. */
  readonly batched: Program;
  readonly plan: TrainPlan;
  readonly images: ReadonlyMap<string, ResidentImages>;
  /** Of learned values that have some, by weight. */
  readonly bounds: ReadonlyMap<string, readonly [number, number] | undefined>;
  readonly maximize: boolean;
  readonly options: GradcheckOptions;
}

function checkPlan(check: PlanCheck): WeightCheck[] {
  const { program, batched, plan, maximize, options } = check;
  const compiled = entryNamed(program, plan.accumulate);
  const plain = entryNamed(batched, plan.accumulate);
  const values = valuesFor(check, plain);
  const prefix = `accumulator.${plan.name}.`;
  const gradients = namedResults(compiled.body, values);
  const losses = freezeStops(plain.body, `${prefix}metric.loss`);
  const stops = evaluateFunction(losses.stops, argumentsOf(losses.stops, values));
  losses.stops.results.forEach(({ name }, index) => {
    const stop = stops[index];
    if (stop !== undefined) values.set(name, stop);
  });
  const loss = optimize(losses.frozen, { verify: false });
  const varying = new VaryingPart(loss, argumentsOf(loss, values));
  const sign = maximize ? -1 : 1;
  return [...gradients].flatMap(([name, gradient]) => {
    if (!name.startsWith(`${prefix}gradient.`)) return [];
    const weight = name.slice(`${prefix}gradient.`.length);
    const evaluate = varying.of(weight);
    const lossAt = (operand: HostArray) => sign * (evaluate(operand).data[0] ?? Number.NaN);
    return [checkWeight(plan.name, weight, gradient, valueNamed(values, weight), lossAt, options)];
  });
}

function checkWeight(
  block: string,
  weight: string,
  gradient: HostArray,
  at: HostArray,
  loss: (weight: HostArray) => number,
  options: GradcheckOptions,
): WeightCheck {
  const { entries = 3, seed = 0, progress } = options;
  const chosen = chooseEntries(gradient, entries, seed, `${block}.${weight}`);
  let scale = 0;
  for (const value of gradient.data) scale = Math.max(scale, Math.abs(value));
  let worst = { error: Number.NEGATIVE_INFINITY, compiled: 0, differences: 0 };
  let [failing, settledFailing] = [0, 0];
  chosen.forEach((entry, index) => {
    const compiled = gradient.data[entry] ?? Number.NaN;
    const along = (value: number): number => {
      const changed: HostArray = { type: at.type, data: at.data.slice() };
      changed.data[entry] = value;
      return loss(changed);
    };
    const { error, quotient, spread } = bestDifference(along, at.data[entry] ?? Number.NaN, compiled, scale, GRADCHECK_TOLERANCE / 10);
    // Written so that an error that is not a number counts as the worst.
    if (!(error <= worst.error)) worst = { error, compiled, differences: quotient };
    if (!(error <= GRADCHECK_TOLERANCE)) {
      failing++;
      if (spread <= GRADCHECK_TOLERANCE) settledFailing++;
    }
    progress?.(weight, index + 1, chosen.length);
  });
  const { error, compiled, differences } = worst;
  const passed = error <= GRADCHECK_TOLERANCE;
  const settled = failing === 0 || settledFailing > 0;
  return { block, weight, entries: chosen.length, of: gradient.data.length, largestError: error, compiled, differences, passed, settled };
}

/** The entry with the largest gradient, and others by the seed. */
function chooseEntries(gradient: HostArray, entries: number, seed: number, stream: string): readonly number[] {
  const size = gradient.data.length;
  if (entries >= size) return Array.from({ length: size }, (_, index) => index);
  let largest = 0;
  gradient.data.forEach((value, index) => {
    if (Math.abs(value) > Math.abs(gradient.data[largest] ?? 0)) largest = index;
  });
  const chosen = new Set([largest]);
  const draws = new Float32Array(4 * entries + 16);
  fillUniform(draws, 0, draws.length, streamKey(seed, 'gradcheck', stream), 0, SHARED_TASK);
  for (const draw of draws) if (chosen.size < entries) chosen.add(Math.min(size - 1, Math.floor(draw * size)));
  return [...chosen];
}

/** Every parameter's value by name: weights off their initial values, so that nothing is zero by luck; one step's tasks; empty accumulators. */
function valuesFor({ program, batched, plan, images, bounds, options }: PlanCheck, entry: EntryFunction): Map<string, HostArray> {
  const { seed = 0 } = options;
  const values = new Map<string, HostArray>();
  const { episodeShapes, batch } = plan;
  const sampler = new InputSampler(entry, { seed, phase: 'train', sources: program.sources, episodeShapes, resident: images, batch });
  const all = [initialState(batched), dataTensors(batched, images), sampler.inputs(0, 0)];
  for (const tensors of all) for (const [name, tensor] of tensors) values.set(name, hostOf(tensor));
  for (const [name, tensor] of initialWeights(batched, seed)) {
    const noise = new Float32Array(sizeOf(tensor.shape));
    fillNormal(noise, 0, noise.length, streamKey(seed, 'gradcheck', 'weights', name), 0, SHARED_TASK);
    const moved = hostOf(tensor);
    moved.data.forEach((value, index) => {
      moved.data[index] = within(bounds.get(name), value, 0.05 * (noise[index] ?? 0));
    });
    values.set(name, moved);
  }
  return values;
}

/** A value moved by some distance, well within its bounds: what lies beyond need not have a loss. */
function within(bounds: readonly [number, number] | undefined, value: number, distance: number): number {
  if (bounds === undefined) return value + distance;
  const [low, high] = bounds;
  const margin = Math.min(0.1, (high - low) / 4);
  return Math.min(high - margin, Math.max(low + margin, value + distance));
}

function hostOf({ dtype, shape, data }: Tensor): HostArray {
  const copy = allocate(dtype, data.length);
  copy.set(data);
  return { type: { dtype, shape }, data: copy };
}

function entryNamed(program: Program, name: string | undefined): EntryFunction {
  const entry = program.functions.find((candidate) => candidate.name === name);
  if (entry === undefined) throw new InternalError(`the program has no function ${name}`);
  return entry;
}

function valueNamed(values: ReadonlyMap<string, HostArray>, name: string): HostArray {
  const value = values.get(name);
  if (value === undefined) throw new InternalError(`gradcheck has no value for ${name}`);
  return value;
}

function argumentsOf(f: Func, values: ReadonlyMap<string, HostArray>): HostArray[] {
  return f.parameters.map(({ name }) => valueNamed(values, name));
}

function namedResults(f: Func, values: ReadonlyMap<string, HostArray>): ReadonlyMap<string, HostArray> {
  const results = evaluateFunction(f, argumentsOf(f, values));
  return new Map(f.results.flatMap(({ name }, index) => (results[index] === undefined ? [] : [[name, results[index]] as const])));
}
