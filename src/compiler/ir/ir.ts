/**
 * @file The intermediate representation. A program has named weights, state and inputs, and functions of typed SSA nodes.
 * Values are objects, compared by identity; they are numbered only when printed or serialised. Everything is immutable.
 */
import type { Attributes, PrimitiveName } from './primitives.ts';
import type { DType, TensorType } from './tensor-type.ts';

/** Where in the spec something comes from: UTF-16 offsets into the source text. */
export interface SourceRange {
  readonly start: number;
  readonly end: number;
}

/** One SSA value. */
export interface Value {
  readonly type: TensorType;
}

/** One application of a primitive. */
export interface Node<P extends PrimitiveName = PrimitiveName> {
  readonly op: P;
  readonly operands: readonly Value[];
  readonly attributes: Attributes[P];
  readonly results: readonly Value[];
  readonly source: SourceRange | undefined;
}

/** A node whose `op` discriminates its attributes: `switch (node.op)` narrows. */
export type AnyNode = { [P in PrimitiveName]: Node<P> }[PrimitiveName];

export interface Parameter {
  /** Unique within its function. In an entry function it names a weight, a state or an input of the program. */
  readonly name: string;
  readonly value: Value;
}

export interface Result {
  /** Unique within its function. In an entry function: the weight or state it replaces, or a metric. */
  readonly name: string;
  readonly value: Value;
}

/** A closed function: nodes in execution order use only parameters and earlier results. */
export interface Func {
  readonly parameters: readonly Parameter[];
  readonly nodes: readonly AnyNode[];
  readonly results: readonly Result[];
}

/** A trained tensor. Its path is stable and readable: `net.block2.conv.kernel`. */
export interface WeightDeclaration {
  readonly name: string;
  readonly type: TensorType;
}

/** Anything else that is kept between steps: optimiser moments, running statistics, the step counter, gradient accumulators. */
export interface StateDeclaration {
  readonly name: string;
  readonly type: TensorType;
  /** Every element's first value. */
  readonly initial: number;
}

/** Standard draws that the runtime makes: uniform on [0, 1), or normal with mean 0 and deviation 1. */
export type StandardDistribution = 'uniform' | 'normal';

/** What the runtime supplies to a call. Shapes are whole: with the leading task dimension where `perTask`. */
export type InputDeclaration =
  | {
      /** Random numbers from the counter-based generator, keyed by seed, phase, `stream`, step and task (or pool index). */
      readonly kind: 'draw';
      readonly name: string;
      readonly type: TensorType;
      readonly distribution: StandardDistribution;
      readonly stream: string;
      readonly perTask: boolean;
      /** The tasks block whose finite `pool`, if any, fixes the draw; undefined for draws that are not part of a task. */
      readonly tasks: string | undefined;
    }
  | {
      /** int: rows of the resident data set `data` that make up a part of an N-way K-shot episode, [tasks, ways * count], class-major. */
      readonly kind: 'examples';
      readonly name: string;
      readonly type: TensorType;
      /** The tasks block. */
      readonly tasks: string;
      /** Episodes drawn under different names are independent: `first ~ omniglot`. */
      readonly episode: string;
      readonly part: 'support' | 'query';
    }
  | {
      /** float [tasks]: 1 for a task of the step; 0 for the places of its last call that are left over, whose tasks are repetitions. */
      readonly kind: 'live';
      readonly name: string;
      readonly type: TensorType;
    }
  | {
      /** A resident data set: [rows, ...], uint8 for images. The same tensor for every call. */
      readonly kind: 'data';
      readonly name: string;
      readonly type: TensorType;
      readonly tasks: string;
    };

/** Everything an entry function may take. Its parameters are named after weights, state and inputs. */
export interface EntryFunction {
  readonly name: string;
  readonly body: Func;
  /** How many tasks one call handles; 0 when it handles none. */
  readonly tasks: number;
  readonly inputs: readonly InputDeclaration[];
}

/** How the runtime finds its episodes: printed with the program, so that a result names its protocol. */
export interface TaskSource {
  readonly name: string;
  readonly kind: 'generated' | 'images';
  /** Finite set of tasks, 0 for unlimited. */
  readonly pool: number;
  /** Images only. */
  readonly images?: {
    /** Data set name (`omniglot`) or path, as in `images("omniglot")`. */
    readonly dataset: string;
    /** `vinyals`, `lake`, or a path to a split file. */
    readonly split: string;
    /** [height, width]. */
    readonly resize: readonly [number, number];
    readonly rotations: readonly number[];
    /** Rows of the resident tensor must be [height, width, 1]. */
    readonly channels: number;
  };
}

/** Sizes of an episode of one tasks block in one phase. */
export interface EpisodeShape {
  readonly tasks: string;
  /** 0 for generated tasks without classes. */
  readonly ways: number;
  readonly shots: number;
  readonly queries: number;
}

export interface ValidatePlan {
  readonly every: number;
  readonly episodes: number;
  readonly entry: string;
  readonly episodeShapes: readonly EpisodeShape[];
  /** The result that picks the best checkpoint, and whether more is better. */
  readonly keep: { readonly metric: string; readonly best: 'highest' | 'lowest' } | undefined;
}

/** One `train` block. */
export interface TrainPlan {
  /** `train`, or `train.<name>`. */
  readonly name: string;
  /** Tasks per outer step. */
  readonly batch: number;
  readonly steps: number;
  /** Whole step in one call (batch == chunk), else undefined. */
  readonly step: string | undefined;
  /** With chunks: `accumulate` once per chunk (adds to the accumulator states), then `apply` once. */
  readonly accumulate: string | undefined;
  readonly apply: string | undefined;
  readonly episodeShapes: readonly EpisodeShape[];
  /** Scalar results that progress and `metrics.jsonl` show, the loss first. */
  readonly metrics: readonly string[];
  readonly validate: ValidatePlan | undefined;
}

export interface EvaluatePlan {
  readonly episodes: number;
  readonly entry: string;
  readonly episodeShapes: readonly EpisodeShape[];
  /** [tasks]-shaped results, in the order of the spec, with the labels to print. */
  readonly reports: readonly { readonly label: string; readonly result: string }[];
}

export interface Program {
  readonly format: 'metac-ir';
  readonly version: 1;
  readonly name: string;
  readonly weights: readonly WeightDeclaration[];
  readonly state: readonly StateDeclaration[];
  readonly sources: readonly TaskSource[];
  /** `initialize` makes every weight from draws; the others are named in the plans. */
  readonly functions: readonly EntryFunction[];
  readonly train: readonly TrainPlan[];
  readonly evaluate: EvaluatePlan | undefined;
  /** Facts that a result depends on and that no other field says (batch-norm modes, order of differentiation, …). */
  readonly protocol: Readonly<Record<string, string>>;
}

export type { Attributes, DType, PrimitiveName, TensorType };
