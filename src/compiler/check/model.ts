/** @file What the checker hands on: the spec with every name resolved, every shape known and every expression traced to typed SSA. */
import type { EpisodeShape, Func, SourceRange, TaskSource } from '../ir/ir.ts';
import type { TensorType } from '../ir/tensor-type.ts';
import type { MemoryBound } from './bounds.ts';
import type { Dim, Initializer, OptimiserMeaning } from './meaning.ts';

/** One value in force, for `explain` and `result.json`. */
export interface Setting {
  /** `alpha`, or `block.clause` as in `omniglot.shots`. */
  readonly name: string;
  readonly value: string;
  readonly origin: 'spec' | 'default' | 'command line';
  readonly range: SourceRange | undefined;
}

export interface ModelWeight {
  /** `net.block2.conv.kernel`. */
  readonly name: string;
  /** The model, or the block of a learned scalar. */
  readonly owner: string;
  readonly type: TensorType;
  readonly dims: readonly Dim[];
  readonly initial: Initializer;
  /** `learned(…, in: [low, high])`: kept inside after every outer step. */
  readonly bounds: readonly [number, number] | undefined;
  readonly range: SourceRange;
}

export interface ModelState {
  readonly name: string;
  readonly type: TensorType;
  readonly initial: number;
}

/** How a parameter of a traced function is supplied. Types are those of one task. */
export type Binding =
  | { readonly kind: 'weight' }
  | { readonly kind: 'state' }
  /** The outer step of the train block at hand, float[]. */
  | { readonly kind: 'step' }
  | { readonly kind: 'draw'; readonly distribution: 'uniform' | 'normal'; readonly tasks: string | undefined }
  | { readonly kind: 'examples'; readonly tasks: string; readonly episode: string; readonly part: 'support' | 'query' }
  /** The data set: the same for every task. */
  | { readonly kind: 'data'; readonly tasks: string };

/** The work for one task: parameters by name (a weight's or state's own name), results in the order asked for. */
export interface TracedTask {
  readonly body: Func;
  readonly bindings: ReadonlyMap<string, Binding>;
  readonly episodes: readonly EpisodeShape[];
  /** Results after the asked-for ones: new values of these states, to be averaged over tasks. */
  readonly updatedStates: readonly string[];
}

export interface ModelTrain {
  /** `train`, or `train.<name>`. */
  readonly name: string;
  /** First result: the loss. Further ones: reports. */
  readonly task: TracedTask;
  readonly maximize: boolean;
  readonly reports: readonly string[];
  readonly optimiser: OptimiserMeaning;
  /** Names of the weights it trains. */
  readonly over: readonly string[];
  readonly batch: number;
  readonly steps: number;
  readonly range: SourceRange;
  readonly validate: ModelValidate | undefined;
}

export interface ModelValidate {
  readonly task: TracedTask;
  readonly every: number;
  readonly episodes: number;
  readonly reports: readonly string[];
  readonly keep: { readonly metric: string; readonly best: 'highest' | 'lowest' } | undefined;
}

export interface ModelEvaluate {
  readonly task: TracedTask;
  readonly episodes: number;
  readonly reports: readonly string[];
}

/** One use of `adapt`, for `explain`. */
export interface ModelAdaptation {
  readonly name: string;
  readonly from: string;
  readonly steps: number;
  readonly order: string;
  /** Of an implicit gradient: how its equations are solved, as it would be written. */
  readonly solver: string | undefined;
  readonly optimiser: string;
  readonly adapts: readonly string[];
}

export interface Model {
  readonly name: string;
  readonly settings: readonly Setting[];
  readonly weights: readonly ModelWeight[];
  readonly states: readonly ModelState[];
  readonly sources: readonly TaskSource[];
  readonly adaptations: readonly ModelAdaptation[];
  readonly train: readonly ModelTrain[];
  readonly evaluate: ModelEvaluate | undefined;
  readonly protocol: ReadonlyMap<string, string>;
  /** `memory <= 2GB`. */
  readonly memory: MemoryBound | undefined;
}
