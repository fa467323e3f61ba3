/** @file Runs plans on the active backend of TensorFlow.js. */
import { InternalError } from '../../../compiler/diagnostics/internal-error.ts';
import { sizeOf } from '../../../compiler/ir/tensor-type.ts';
import type { Tensors } from '../../engine.ts';
import type { Tensor, TensorData } from '../../tensor.ts';
import type { LoopStep, Plan, PlanConstant, Ref, RowsStep, Step } from './plan.ts';
import { runKernel, type TensorFlow, type TfDType, type TfTensor } from './tensorflow.ts';

export const TF_DTYPE = { float: 'float32', int: 'int32', bool: 'bool', uint8: 'int32' } as const satisfies Record<string, TfDType>;

export class PlanRunner {
  readonly #tf: TensorFlow;
  readonly #constants = new Map<PlanConstant, TfTensor>();

  constructor(tf: TensorFlow) {
    this.#tf = tf;
  }

  /** Uploads the constants of a plan and of its loops. Not within `tidy`, which would take them away again. */
  prepare(plan: Plan): void {
    for (const constant of plan.constants) {
      const { ref, values } = constant;
      if (!this.#constants.has(constant)) this.#constants.set(constant, toTf(this.#tf, { ...ref, data: arrayOf(ref, values) }));
    }
    for (const step of plan.steps) if (step.kind === 'loop') this.prepare(step.body);
  }

  /**
   * Results in order, each a tensor of its own that the caller disposes of; `parameters` stay. `host` holds data sets and row numbers.
   */
  run(plan: Plan, parameters: readonly TfTensor[], host: Tensors): readonly TfTensor[] {
    return this.#tf.tidy(() => this.#run(plan, parameters, host));
  }

  dispose(): void {
    for (const tensor of this.#constants.values()) tensor.dispose();
    this.#constants.clear();
  }

  #run(plan: Plan, parameters: readonly TfTensor[], host: Tensors): readonly TfTensor[] {
    const known = new Map<Ref, TfTensor>();
    plan.parameters.forEach(({ ref }, index) => {
      known.set(ref, parameters[index] as TfTensor);
    });
    for (const constant of plan.constants) known.set(constant.ref, this.#constants.get(constant) as TfTensor);
    const borrowed = new Set(known.values());
    plan.steps.forEach((step, index) => {
      const operands = step.operands.map((operand) => tensorOf(known, operand));
      const results = this.#step(step, operands, host);
      step.results.forEach((ref, position) => {
        known.set(ref, results[position] as TfTensor);
      });
      for (const ref of plan.dead[index] as readonly Ref[]) {
        known.get(ref)?.dispose();
        known.delete(ref);
      }
    });
    const given = new Set<TfTensor>();
    return plan.results.map(({ ref }) => {
      const tensor = tensorOf(known, ref);
      const own = borrowed.has(tensor) || given.has(tensor) ? runKernel(this.#tf, 'Identity', { x: tensor }, {}) : tensor;
      given.add(own);
      return own;
    });
  }

  #step(step: Step, operands: readonly TfTensor[], host: Tensors): readonly TfTensor[] {
    switch (step.kind) {
      case 'kernel': {
        const { names } = step;
        const inputs = names === undefined ? operands : Object.fromEntries(names.map((name, index) => [name, operands[index] as TfTensor]));
        return [runKernel(this.#tf, step.kernel, inputs, step.attributes)];
      }
      case 'rows':
        return [this.#rows(step, host)];
      case 'loop':
        return this.#loop(step, operands, host);
    }
  }

  #rows({ data, indices, results: [{ shape }] }: RowsStep, host: Tensors): TfTensor {
    const [set, rows] = [host.get(data), host.get(indices)];
    if (set === undefined || rows === undefined) throw new InternalError(`'${set === undefined ? data : indices}' was not written`);
    const size = sizeOf(set.shape.slice(1));
    const picked = new Int32Array(sizeOf(shape));
    rows.data.forEach((row, position) => {
      picked.set(set.data.subarray(row * size, (row + 1) * size), position * size);
    });
    return this.#tf.tensor(picked, [...shape], 'int32');
  }

  #loop(
    { body, length, carries, sequences, reverse, results }: LoopStep,
    operands: readonly TfTensor[],
    host: Tensors,
  ): readonly TfTensor[] {
    let carried = operands.slice(0, carries);
    const whole = operands.slice(carries + sequences);
    const put: TfTensor[][] = results.slice(carries).map(() => []);
    for (let turn = 0; turn < length; turn++) {
      const at = reverse ? length - 1 - turn : turn;
      const slices = operands.slice(carries, carries + sequences).map((operand) => this.#slice(operand, at));
      const all = [...carried, ...slices, ...whole];
      const next = this.#run(
        body,
        body.parameters.map(({ name }) => all[Number(name)] as TfTensor),
        host,
      );
      for (const tensor of turn === 0 ? slices : [...slices, ...carried]) tensor.dispose();
      carried = next.slice(0, carries);
      next.slice(carries).forEach((tensor, index) => {
        put[index]?.push(tensor);
      });
    }
    const stacked = put.map((tensors, index) =>
      this.#stack(reverse ? tensors.reverse() : tensors, (results[carries + index] as Ref).shape),
    );
    return [...carried, ...stacked];
  }

  /** Part `at` of the leading dimension, which it loses. */
  #slice(tensor: TfTensor, at: number): TfTensor {
    const index = this.#tf.tensor(Int32Array.of(at), [], 'int32');
    const part = runKernel(this.#tf, 'GatherV2', { x: tensor, indices: index }, { axis: 0, batchDims: 0 });
    index.dispose();
    return part;
  }

  #stack(tensors: readonly TfTensor[], shape: readonly number[]): TfTensor {
    const ranked = tensors.map((tensor) => runKernel(this.#tf, 'Reshape', { x: tensor }, { shape: [1, ...shape.slice(1)] }));
    for (const tensor of tensors) tensor.dispose();
    const [only, ...others] = ranked as [TfTensor, ...TfTensor[]];
    // TensorFlow refuses to join one tensor.
    if (others.length === 0) return only;
    const result = runKernel(this.#tf, 'Concat', ranked, { axis: 0 });
    for (const tensor of ranked) tensor.dispose();
    return result;
  }
}

function tensorOf(known: ReadonlyMap<Ref, TfTensor>, ref: Ref): TfTensor {
  const tensor = known.get(ref);
  if (tensor === undefined) throw new InternalError('a plan uses a tensor that it does not have');
  return tensor;
}

function arrayOf({ dtype }: Ref, values: readonly number[]): TensorData {
  if (dtype === 'float') return Float32Array.from(values);
  return dtype === 'bool' ? Uint8Array.from(values) : Int32Array.from(values);
}

/** A copy on the backend: later changes of the array do not reach it. */
export function toTf(tf: TensorFlow, { dtype, shape, data }: Tensor): TfTensor {
  const values = dtype === 'float' ? new Float32Array(data) : dtype === 'bool' ? new Uint8Array(data) : new Int32Array(data);
  return tf.tensor(values, [...shape], TF_DTYPE[dtype]);
}
