/** @file What the primitives with a region mean: their body run in a loop. */
import { InternalError } from '../../diagnostics/internal-error.ts';
import { allocate, type HostArray, type HostData } from '../host-array.ts';
import type { RegionName } from '../region.ts';
import { sizeOf, type TensorType } from '../tensor-type.ts';
import type { Meaning, MeaningTable } from './meaning.ts';

/** One slice of an operand along its leading dimension; shares its elements. */
function row(array: HostArray, index: number): HostArray {
  const type: TensorType = { dtype: array.type.dtype, shape: array.type.shape.slice(1) };
  const size = sizeOf(type.shape);
  return { type, data: array.data.subarray(index * size, (index + 1) * size) as HostData };
}

/** Zeros of the given types, to be filled slice by slice. */
function stacks(types: readonly TensorType[]): readonly HostArray[] {
  return types.map((type) => ({ type, data: allocate(type.dtype, sizeOf(type.shape)) }));
}

function putRows(into: readonly HostArray[], rows: readonly HostArray[], index: number): void {
  rows.forEach(({ data }, position) => {
    (into[position] as HostArray).data.set(data, index * data.length);
  });
}

/** Its body once per task. */
const mapTasks: Meaning<'map_tasks'> = (operands, { body, mapped, tasks }, types, run) => {
  const results = stacks(types);
  for (let task = 0; task < tasks; task++) {
    const own = operands.map((operand, index) => (mapped[index] ? row(operand, task) : operand));
    putRows(results, run(body, own), task);
  }
  return results;
};

/** Its body step by step, each on the carries of the one before. */
const scan: Meaning<'scan'> = (operands, { body, length, carries, sequences, reverse }, types, run) => {
  let state = operands.slice(0, carries);
  const over = operands.slice(carries, carries + sequences);
  const whole = operands.slice(carries + sequences);
  const outputs = stacks(types.slice(carries));
  for (let step = 0; step < length; step++) {
    const place = reverse ? length - 1 - step : step;
    const results = run(body, [...state, ...over.map((operand) => row(operand, place)), ...whole]);
    state = results.slice(0, carries);
    putRows(outputs, results.slice(carries), place);
  }
  return [...state, ...outputs];
};

export const structureMeanings: MeaningTable<RegionName> = {
  gradient: () => {
    throw new InternalError('gradient has no meaning of its own: differentiate first');
  },
  map_tasks: mapTasks,
  scan,
  // What made the unknowns solved the equations; only derivatives look at them.
  implicit_root: (operands, { unknowns }) => operands.slice(0, unknowns),
};
