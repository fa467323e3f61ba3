/** @file The shape of a serialised program, as the JSON Schema describes it. Absent members stand for undefined ones. */
import type { EvaluatePlan, InputDeclaration, StateDeclaration, TaskSource, TrainPlan, ValidatePlan, WeightDeclaration } from './ir.ts';
import type { PrimitiveName } from './primitives.ts';
import type { TensorType } from './tensor-type.ts';

/** Members that may be undefined may be absent. */
type Sparse<T> = T extends unknown
  ? { readonly [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
      readonly [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
    }
  : never;

export type AnyNumber = number | 'NaN' | 'Infinity' | '-Infinity';

export interface SerializedNode {
  readonly op: PrimitiveName;
  readonly operands: readonly number[];
  /** As in the IR, but for numbers that JSON lacks and for regions. */
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly results: readonly TensorType[];
  readonly source?: readonly [number, number];
}

export interface SerializedFunction {
  readonly parameters: readonly { readonly name: string; readonly type: TensorType }[];
  readonly nodes: readonly SerializedNode[];
  readonly results: readonly { readonly name: string; readonly value: number }[];
}

export type SerializedInput = Sparse<InputDeclaration>;

export interface SerializedEntry {
  readonly name: string;
  readonly body: SerializedFunction;
  readonly tasks: number;
  readonly inputs: readonly SerializedInput[];
}

type SerializedValidate = Sparse<ValidatePlan>;
export type SerializedTrain = Omit<Sparse<TrainPlan>, 'validate'> & { readonly validate?: SerializedValidate };

export interface SerializedProgram {
  readonly format: 'metac-ir';
  readonly version: 1;
  readonly name: string;
  readonly weights: readonly WeightDeclaration[];
  readonly state: readonly (Omit<StateDeclaration, 'initial'> & { readonly initial: AnyNumber })[];
  readonly sources: readonly TaskSource[];
  readonly functions: readonly SerializedEntry[];
  readonly train: readonly SerializedTrain[];
  readonly evaluate?: EvaluatePlan;
  readonly protocol: Readonly<Record<string, string>>;
}
