/** @file What names and expressions mean to the checker. Tensors are already SSA values of the function that is being traced. */
import type { FunctionBuilder } from '../ir/build.ts';
import type { SourceRange, Value } from '../ir/ir.ts';
import type { LinearSolver } from '../ir/primitives.ts';
import type { Body, Expression } from '../parse/ast.ts';
import type { Builtin } from './builtin.ts';
import type { Scope } from './scope.ts';

/** A size with the text that explains it: `75` is `ways*queries`. Text equals the number when there is no better name. */
export interface Dim {
  readonly size: number;
  readonly text: string;
}

/** What a value depends on: nothing, weights only, an episode, or one example of it. */
export type Level = 'constant' | 'meta' | 'task' | 'example';

export interface TensorMeaning {
  readonly kind: 'tensor';
  readonly value: Value;
  readonly dims: readonly Dim[];
  readonly level: Level;
  /** Of a tensor of class labels: how many classes there are. */
  readonly classes?: Dim;
}

export interface NumberMeaning {
  readonly kind: 'number';
  readonly value: number;
}

export interface TextMeaning {
  readonly kind: 'text';
  readonly value: string;
}

export interface BooleanMeaning {
  readonly kind: 'boolean';
  readonly value: boolean;
}

/** A word from an argument's own list: `transductive`, `first_order`. */
export interface OptionMeaning {
  readonly kind: 'option';
  readonly name: string;
}

export interface ListMeaning {
  readonly kind: 'list';
  readonly items: readonly Meaning[];
  /** Of items that were made together: all of them as a sequence. */
  readonly together?: () => SequenceMeaning;
}

/** The items of a sequence, part by part. */
export interface SequenceMeaning {
  /** Each [items, ...]. */
  readonly parts: readonly TensorMeaning[];
  /** One item, from its slices of the parts. */
  item(slices: readonly TensorMeaning[]): Meaning;
}

export interface RecordMeaning {
  readonly kind: 'record';
  readonly fields: ReadonlyMap<string, Meaning>;
  /** `support` of tasks `omniglot`: lets layers and checks know an episode's parts. */
  readonly part?: { readonly tasks: string; readonly episode: string; readonly part: 'support' | 'query' };
}

export interface FunctionMeaning {
  readonly kind: 'function';
  readonly name: string;
  readonly parameters: readonly string[];
  readonly value: Expression | Body;
  readonly scope: Scope;
}

export interface BuiltinMeaning {
  readonly kind: 'builtin';
  readonly builtin: Builtin;
}

/** A function made by the checker: a model with certain weights, an adapted learner, a family of them. */
export interface CallableMeaning {
  readonly kind: 'callable';
  /** For messages: `a model`, `an adapted learner`. */
  readonly description: string;
  readonly name: string;
  readonly parameters: readonly string[];
  call(context: Context, values: readonly Meaning[], range: SourceRange): Meaning;
  /** `fast[k]`, when the callable has iterates. */
  index?(context: Context, index: number, range: SourceRange): Meaning;
  /** `fast[1..5]`, when the callable has iterates. */
  range?(context: Context, from: number, to: number, range: SourceRange): ListMeaning;
  /** Current values of its weights, path (relative to the model) -> tensor; for `half_squared_distance(net, fast)`. */
  weights?(context: Context, range: SourceRange): ReadonlyMap<string, TensorMeaning>;
  /** The same with other values for its weights, by the paths of `weights`. */
  withWeights?(weights: ReadonlyMap<string, TensorMeaning>): CallableMeaning;
}

/** A distribution as a value; `~` draws from it. Drawn by transforming standard draws. */
export interface DistributionMeaning {
  readonly kind: 'distribution';
  readonly name: string;
  /** One draw of the distribution's own shape, prefixed by `dims` (the example axis, or nothing). */
  sample(context: Context, prefix: readonly Dim[], range: SourceRange): Meaning;
  /** Natural parameters by name (`mean`, `deviation`), for `kl` and initialisers. */
  readonly parameters: ReadonlyMap<string, Meaning>;
  /** Logarithm of the density, or of the probability where values are counted, element by element; of distributions of numbers. */
  logDensity?(context: Context, value: TensorMeaning, range: SourceRange): TensorMeaning;
  /** Probability of a draw that is not above the value, element by element; likewise. */
  cumulative?(context: Context, value: TensorMeaning, range: SourceRange): TensorMeaning;
}

/** `linear(1, 0, over: 1000)`: a scalar that depends on the outer step. */
export interface ScheduleMeaning {
  readonly kind: 'schedule';
  readonly description: string;
  /** `step`: the outer step, float[]; `steps`: of the train block (the default of `over`). Returns float[]. */
  at(builder: FunctionBuilder, step: Value, steps: number): Value;
}

/** `learned(0.4, per: element, in: [0, 1])`: becomes one or several meta-level weights where it is used. */
export interface LearnedMeaning {
  readonly kind: 'learned';
  readonly initial: number;
  readonly per: 'scalar' | 'element' | 'weight' | 'step';
  readonly bounds: readonly [number, number] | undefined;
  /** A learner: one for each element of its weights. Becomes a learner where it is used. */
  readonly like?: CallableMeaning;
  readonly range: SourceRange;
}

/** A scalar hyperparameter: what `sgd(rate: …)` accepts. */
export type Hyperparameter = NumberMeaning | ScheduleMeaning | LearnedMeaning | TensorMeaning;

/** One optimiser as a pure update of tensors; used for inner and outer loops alike, and differentiable. */
export interface OptimiserMeaning {
  readonly kind: 'optimiser';
  readonly name: string;
  /** Printed by `explain`: every hyperparameter in force. */
  readonly settings: ReadonlyMap<string, string>;
  /** Hyperparameters to resolve to values before `update`. */
  readonly hyperparameters: ReadonlyMap<string, Hyperparameter>;
  /** Names of the tensors it keeps per weight, all starting at 0: `momentum`; `first_moment`, `second_moment`. */
  readonly slots: readonly string[];
  /** First value of a slot for a weight of this shape, for optimisers whose slots are not zeros of the weight's shape; only `adapt` takes those. */
  start?(builder: FunctionBuilder, slot: number, shape: readonly number[]): Value;
  /**
   * One step. All lists are parallel to the weights. `hyper(name, i)` gives the value for weight i, broadcast to its shape;
   * `step` counts from 1, float[] (bias correction). Returns new weights and slots (`slots[s][i]`).
   */
  update(input: OptimiserInput): { readonly weights: readonly Value[]; readonly slots: readonly (readonly Value[])[] };
}

export interface OptimiserInput {
  readonly builder: FunctionBuilder;
  readonly weights: readonly Value[];
  readonly gradients: readonly Value[];
  readonly slots: readonly (readonly Value[])[];
  readonly step: Value;
  hyper(name: string, weight: number): Value;
}

/** `conjugate_gradient(steps: 5)`: how the linear equations of an implicit gradient are solved. */
export interface SolverMeaning {
  readonly kind: 'solver';
  /** As it would be written. */
  readonly description: string;
  readonly solver: LinearSolver;
}

/** The value of something that was already reported; silences what follows from it. */
export interface PoisonMeaning {
  readonly kind: 'poison';
}

export type Meaning =
  | TensorMeaning
  | NumberMeaning
  | TextMeaning
  | BooleanMeaning
  | OptionMeaning
  | ListMeaning
  | RecordMeaning
  | FunctionMeaning
  | BuiltinMeaning
  | CallableMeaning
  | DistributionMeaning
  | ScheduleMeaning
  | LearnedMeaning
  | OptimiserMeaning
  | SolverMeaning
  | PoisonMeaning;

export type Phase = 'train' | 'validate' | 'evaluate';

/** First value of a weight: `offset + scale * draw`, where the draw is standard normal, uniform on [0, 1), or absent. */
export interface Initializer {
  readonly distribution: 'normal' | 'uniform' | 'constant';
  readonly offset: number;
  readonly scale: number;
}

export interface Moments {
  readonly mean: TensorMeaning;
  readonly variance: TensorMeaning;
}

/** A recurrence over the leading axis of `sequences`. */
export interface Recurrence {
  /** How many steps: the leading axis of every sequence. */
  readonly length: Dim;
  /** From the last step to the first. */
  readonly reverse: boolean;
  /** What the first step starts from; `path` names the part of the state in messages. */
  readonly carries: readonly { readonly path: string; readonly tensor: TensorMeaning; readonly range: SourceRange }[];
  readonly sequences: readonly TensorMeaning[];
  /** Of the step, for messages. */
  readonly range: SourceRange;
  /** Traced once, for all steps: the carries for the next step, in their order, and what the step puts out. */
  step(
    carries: readonly TensorMeaning[],
    slices: readonly TensorMeaning[],
  ): { readonly next: readonly TensorMeaning[]; readonly outputs: readonly TensorMeaning[] };
}

export interface Recurred {
  /** The carries after the last step. */
  readonly last: readonly TensorMeaning[];
  /** Stacked along a leading axis of steps. */
  readonly outputs: readonly TensorMeaning[];
}

/** What a builtin may ask of the checker while a call of it is traced. */
export interface Context {
  /** Builder of the innermost function being traced; add nodes here. */
  readonly builder: FunctionBuilder;
  readonly phase: Phase;
  /** Whether dropout and other noise is on: in training, off in evaluation. */
  readonly noise: boolean;
  /**
   * The meaning as a tensor: numbers become constants, lists of equal-shaped items are stacked, schedules and learned scalars are
   * read. Throws a DiagnosticError that names `range` when it is anything else; a poison throws PoisonError.
   */
  tensor(meaning: Meaning, range: SourceRange): TensorMeaning;
  /** A computed value; its level is the highest of `from`. `dims` must agree with the value's shape. */
  wrap(value: Value, dims: readonly Dim[], from: readonly TensorMeaning[]): TensorMeaning;
  /** A weight of the layer being applied: created at its first application, found again at later ones. Outside a model: a DiagnosticError. */
  weight(parameter: string, dims: readonly Dim[], initial: Initializer): TensorMeaning;
  /** A standard draw per task; its shape must not contain the task axis. `part` tells several draws under one name apart. */
  draw(distribution: 'uniform' | 'normal', dims: readonly Dim[], range: SourceRange, part?: string): TensorMeaning;
  /** Values for all samples that the phase draws, stacked along a leading axis; of what draws nothing, copies. */
  samples(of: TensorMeaning, range: SourceRange): TensorMeaning;
  /** For `batch_norm(mode: support)`: moments of the same layer when the model is applied to the support set; `compute` gives those of the set at hand. */
  supportMoments(compute: () => Moments): Moments;
  /** State of the layer being applied (per inner step), such as running statistics. `update` is undefined outside training. */
  running(
    parameter: string,
    dims: readonly Dim[],
    initial: number,
  ): { readonly current: TensorMeaning; readonly update: ((value: TensorMeaning) => void) | undefined };
  /** Notes a fact for `result.json` and `explain`: `batch norm` -> `transductive`. */
  protocol(key: string, value: string): void;
  /** Applies a function, builtin or callable to positional values. */
  call(callee: Meaning, values: readonly Meaning[], range: SourceRange): Meaning;
  /** Adds a recurrence. Weights that its step makes are shared by all steps, draws are made anew for each. Throws E0471. */
  recur(recurrence: Recurrence): Recurred;
  /** Names a part of the model: weights created by `body` stand under `name` (numbered when it occurs more than once). */
  within<Result>(name: string, body: () => Result): Result;
}
